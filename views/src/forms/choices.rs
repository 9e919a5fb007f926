//! Things to choose from: cards, ticks.

use super::{described_by, notes};
use crate::components::icon;
use maud::{Markup, Render, html};

/// One thing that can be chosen, in a list or as a card.
#[derive(Debug, Clone, Default)]
pub struct Choice<'a> {
    pub value: &'a str,
    pub label: &'a str,
    /// One fact, under the label of a card.
    pub fact: &'a str,
    /// Why it can't be chosen and the way out, a link included. It stays visible.
    pub blocked: Option<Markup>,
}

impl<'a> Choice<'a> {
    pub fn new(value: &'a str, label: &'a str) -> Choice<'a> {
        Choice { value, label, ..Choice::default() }
    }

    pub fn fact(self, fact: &'a str) -> Choice<'a> {
        Choice { fact, ..self }
    }

    pub fn blocked(self, reason: Option<Markup>) -> Choice<'a> {
        Choice { blocked: reason, ..self }
    }
}

/// Option cards: one of several, or any of several with `many`.
///
/// `(Options::new("sink", "Sink", &choices).chosen(&[typed]).error(&problem))`
#[derive(Debug, Clone, Default)]
pub struct Options<'a> {
    name: &'a str,
    legend: &'a str,
    id: Option<&'a str>,
    choices: &'a [Choice<'a>],
    chosen: &'a [&'a str],
    hint: &'a str,
    error: &'a str,
    warning: &'a str,
    is_many: bool,
    is_optional: bool,
    is_list: bool,
}

impl<'a> Options<'a> {
    pub fn new(name: &'a str, legend: &'a str, choices: &'a [Choice<'a>]) -> Options<'a> {
        Options { name, legend, choices, ..Options::default() }
    }

    pub fn id(self, id: &'a str) -> Options<'a> {
        Options { id: Some(id), ..self }
    }

    pub fn chosen(self, chosen: &'a [&'a str]) -> Options<'a> {
        Options { chosen, ..self }
    }

    pub fn hint(self, hint: &'a str) -> Options<'a> {
        Options { hint, ..self }
    }

    pub fn error(self, error: &'a str) -> Options<'a> {
        Options { error, ..self }
    }

    pub fn warning(self, warning: &'a str) -> Options<'a> {
        Options { warning, ..self }
    }

    /// Ticks instead of one choice.
    pub fn many(self) -> Options<'a> {
        Options { is_many: true, ..self }
    }

    pub fn optional(self) -> Options<'a> {
        Options { is_optional: true, ..self }
    }

    /// One under the other, over the whole width.
    pub fn list(self) -> Options<'a> {
        Options { is_list: true, ..self }
    }

    fn card(&self, id: &str, number: usize, choice: &Choice<'_>) -> Markup {
        let kind = if self.is_many { "checkbox" } else { "radio" };
        let is_chosen = self.chosen.contains(&choice.value);
        // The first card carries the field's own id, so that the error summary leads to it.
        let own = if number == 0 { id.to_string() } else { format!("{id}-{}", number + 1) };
        let why = format!("{own}-why");
        html! {
            @if let Some(reason) = &choice.blocked {
                // What was chosen before it was blocked stays in the form: the server refuses it with the same reason.
                // The way out stands beside what can be focused: links inside a radio are lost to screen readers.
                div .option data-blocked {
                    (icon("bar"))
                    b id=(own) role=(kind) aria-checked=(is_chosen) aria-disabled="true" aria-describedby=(why) tabindex="0" { (choice.label) }
                    small id=(why) { (reason) }
                    @if is_chosen { input type="hidden" name=(self.name) value=(choice.value); }
                }
            } @else {
                label .option {
                    input id=(own) type=(kind) name=(self.name) value=(choice.value) checked[is_chosen];
                    b { (choice.label) }
                    @if !choice.fact.is_empty() { small { (choice.fact) } }
                }
            }
        }
    }
}

impl Render for Options<'_> {
    fn render(&self) -> Markup {
        let id = self.id.unwrap_or(self.name);
        html! {
            fieldset .field data-error[!self.error.is_empty()] aria-describedby=[described_by(id, self.hint, self.error, self.warning)] {
                legend { (self.legend) @if self.is_optional { " " small { "(optional)" } } }
                (notes(id, "", self.error, self.warning))
                div .options data-list[self.is_list] {
                    @for (number, choice) in self.choices.iter().enumerate() { (self.card(id, number, choice)) }
                }
                (notes(id, self.hint, "", ""))
            }
        }
    }
}

/// One tick with its sentence.
#[derive(Debug, Clone, Default)]
pub struct Check<'a> {
    name: &'a str,
    label: &'a str,
    value: Option<&'a str>,
    id: Option<&'a str>,
    fact: &'a str,
    is_checked: bool,
}

impl<'a> Check<'a> {
    pub fn new(name: &'a str, label: &'a str) -> Check<'a> {
        Check { name, label, ..Check::default() }
    }

    /// For an error summary that leads here.
    pub fn id(self, id: &'a str) -> Check<'a> {
        Check { id: Some(id), ..self }
    }

    /// What is sent when it is ticked; `on` unless said.
    pub fn value(self, value: &'a str) -> Check<'a> {
        Check { value: Some(value), ..self }
    }

    pub fn fact(self, fact: &'a str) -> Check<'a> {
        Check { fact, ..self }
    }

    pub fn checked(self, is_checked: bool) -> Check<'a> {
        Check { is_checked, ..self }
    }
}

impl Render for Check<'_> {
    fn render(&self) -> Markup {
        html! {
            label .check {
                input type="checkbox" id=[self.id] name=(self.name) value=[self.value] checked[self.is_checked];
                span { (self.label) }
                @if !self.fact.is_empty() { small { (self.fact) } }
            }
        }
    }
}
