//! Fields to type into.

use super::{Choice, described_by, notes};
use maud::{Markup, Render, html};

/// One field with its label. Its id is its name, unless `id` says otherwise (names with brackets stay as they are).
///
/// `(Field::number("length", "Length").unit("in").value(&typed).hint("Whole inches, 48 to 120").error(&problem))`
#[derive(Debug, Clone, Default)]
pub struct Field<'a> {
    name: &'a str,
    label: &'a str,
    id: Option<&'a str>,
    value: &'a str,
    hint: &'a str,
    error: &'a str,
    warning: &'a str,
    unit: &'a str,
    kind: Kind<'a>,
    autocomplete: Option<&'a str>,
    placeholder: Option<&'a str>,
    maxlength: Option<u32>,
    range: Option<(&'a str, &'a str)>,
    is_optional: bool,
    is_short: bool,
    is_read_only: bool,
    is_focused: bool,
}

#[derive(Debug, Clone, Copy, Default)]
enum Kind<'a> {
    #[default]
    Text,
    /// Digits and a point: `inputmode=decimal` on a text field keeps what was typed, also when it is no number.
    Number,
    Other(&'a str),
    Long(u8),
    File(&'a str),
    Select(&'a [Choice<'a>]),
}

impl<'a> Field<'a> {
    fn new(name: &'a str, label: &'a str, kind: Kind<'a>) -> Field<'a> {
        Field { name, label, kind, ..Field::default() }
    }

    pub fn text(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Text)
    }

    /// For quantities and sizes; short, with a numeric keyboard.
    pub fn number(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Number).short()
    }

    /// The value is `2026-11-24`.
    pub fn date(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Other("date")).short()
    }

    /// The value is `2026-11-24T06:00`.
    pub fn moment(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Other("datetime-local"))
    }

    pub fn search(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Other("search"))
    }

    pub fn email(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Other("email"))
    }

    pub fn password(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Other("password"))
    }

    /// Several lines of text.
    pub fn long(name: &'a str, label: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::Long(4))
    }

    /// `accept` as in HTML: `.json,application/json`. The form needs `enctype="multipart/form-data"`.
    pub fn file(name: &'a str, label: &'a str, accept: &'a str) -> Field<'a> {
        Field::new(name, label, Kind::File(accept))
    }

    /// A list to choose one from; `value` is the chosen one.
    pub fn select(name: &'a str, label: &'a str, choices: &'a [Choice<'a>]) -> Field<'a> {
        Field::new(name, label, Kind::Select(choices))
    }

    pub fn id(self, id: &'a str) -> Field<'a> {
        Field { id: Some(id), ..self }
    }

    /// What was typed, right or wrong.
    pub fn value(self, value: &'a str) -> Field<'a> {
        Field { value, ..self }
    }

    /// Format and limits, said before the mistake.
    pub fn hint(self, hint: &'a str) -> Field<'a> {
        Field { hint, ..self }
    }

    /// What is wrong and what to do; empty when nothing is.
    pub fn error(self, error: &'a str) -> Field<'a> {
        Field { error, ..self }
    }

    /// Worth a second look, but allowed.
    pub fn warning(self, warning: &'a str) -> Field<'a> {
        Field { warning, ..self }
    }

    pub fn unit(self, unit: &'a str) -> Field<'a> {
        Field { unit, ..self }
    }

    pub fn autocomplete(self, autocomplete: &'a str) -> Field<'a> {
        Field { autocomplete: Some(autocomplete), ..self }
    }

    pub fn placeholder(self, placeholder: &'a str) -> Field<'a> {
        Field { placeholder: Some(placeholder), ..self }
    }

    pub fn maxlength(self, characters: u32) -> Field<'a> {
        Field { maxlength: Some(characters), ..self }
    }

    /// Earliest and latest of a date.
    pub fn between(self, min: &'a str, max: &'a str) -> Field<'a> {
        Field { range: Some((min, max)), ..self }
    }

    /// Says "(optional)"; required fields say nothing.
    pub fn optional(self) -> Field<'a> {
        Field { is_optional: true, ..self }
    }

    /// No wider than nine rem.
    pub fn short(self) -> Field<'a> {
        Field { is_short: true, ..self }
    }

    /// Plain text that goes along with the form.
    pub fn read_only(self) -> Field<'a> {
        Field { is_read_only: true, ..self }
    }

    /// Takes the cursor when the page opens; one per page.
    pub fn focused(self, is_focused: bool) -> Field<'a> {
        Field { is_focused, ..self }
    }

    fn control(&self, id: &str) -> Markup {
        let invalid = (!self.error.is_empty()).then_some("true");
        let about = described_by(id, self.hint, self.error, self.warning);
        match self.kind {
            Kind::Select(choices) => html! {
                select id=(id) name=(self.name) aria-invalid=[invalid] aria-describedby=[about] {
                    @for choice in choices {
                        option value=(choice.value) selected[choice.value == self.value] disabled[choice.blocked.is_some()] { (choice.label) }
                    }
                }
            },
            Kind::Long(rows) => html! {
                textarea id=(id) name=(self.name) rows=(rows) maxlength=[self.maxlength] placeholder=[self.placeholder]
                    autofocus[self.is_focused] readonly[self.is_read_only] aria-invalid=[invalid] aria-describedby=[about] { "\n" (self.value) }
            },
            Kind::File(accept) => html! {
                input id=(id) name=(self.name) type="file" accept=(accept) aria-invalid=[invalid] aria-describedby=[about];
            },
            Kind::Text | Kind::Number | Kind::Other(_) => html! {
                input id=(id) name=(self.name) value=(self.value) type=(self.input_type()) inputmode=[self.inputmode()]
                    autocomplete=[self.autocomplete] placeholder=[self.placeholder] maxlength=[self.maxlength]
                    min=[self.range.map(|range| range.0)] max=[self.range.map(|range| range.1)]
                    autofocus[self.is_focused] readonly[self.is_read_only] aria-invalid=[invalid] aria-describedby=[about];
            },
        }
    }

    fn input_type(&self) -> &str {
        if let Kind::Other(kind) = self.kind { kind } else { "text" }
    }

    fn inputmode(&self) -> Option<&str> {
        matches!(self.kind, Kind::Number).then_some("decimal")
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let id = self.id.unwrap_or(self.name);
        let control = self.control(id);
        html! {
            div .field data-error[!self.error.is_empty()] data-size=[self.is_short.then_some("short")] {
                label for=(id) { (self.label) @if self.is_optional { " " small { "(optional)" } } }
                @if !self.unit.is_empty() {
                    span .unit { (control) span { (self.unit) } }
                } @else if matches!(self.kind, Kind::Other("password")) {
                    span .secret { (control) button .btn type="button" data-reveals=(id) data-script { "Show" } }
                } @else {
                    (control)
                }
                (notes(id, self.hint, self.error, self.warning))
            }
        }
    }
}
