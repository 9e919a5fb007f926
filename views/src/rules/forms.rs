//! The forms of a draft: one line, one table, one choice. Each keeps what was typed, right or wrong.

use super::Shown;
use crate::components::{Tone, button, buttons::Kind, headers::Header, link_button, notice};
use crate::forms::{Choice, Field, csrf, error_summary, hidden};
use crate::layout;
use maud::{Markup, html};
use models::rules::environment::REPEATS;
use models::rules::templates::forms::{ChoiceForm, FieldProblem, LineForm, RowForm, TableForm};

fn problem<'a>(problems: &'a [FieldProblem], field: &str) -> &'a str {
    problems.iter().find(|problem| problem.field == field).map_or("", |problem| problem.message.as_str())
}

/// What is wrong, each with the way to its field. A problem of no field is about the draft: somebody else was quicker.
fn summary(problems: &[FieldProblem]) -> Markup {
    let (about_all, of_fields): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.field.is_empty());
    let pairs: Vec<_> = of_fields.iter().map(|problem| (problem.field.as_str(), problem.message.as_str())).collect();
    html! {
        @for problem in about_all {
            (notice(Tone::Held, html! { p { (problem.message) " What you typed is below; saving it again replaces theirs." } }))
        }
        (error_summary(&pairs))
    }
}

/// What a form is about and where it leads.
struct Frame<'a> {
    title: &'a str,
    action: &'a str,
    back: &'a str,
    save: &'a str,
    lock: i32,
    problems: &'a [FieldProblem],
}

/// Heading, problems, fields, ends; `below` is a second form, if any.
fn frame(shown: &Shown<'_>, frame: &Frame<'_>, fields: Markup, below: Option<Markup>) -> Markup {
    layout::main(html! {
        (Header::new(frame.title))
        (summary(frame.problems))
        form method="post" action=(frame.action) {
            (csrf(shown.csrf))
            (hidden("lock_version", &frame.lock.to_string()))
            (fields)
            div .actions { (button(Kind::Primary, frame.save)) (link_button(Kind::Quiet, frame.back, "Leave it as it was")) }
        }
        @if let Some(below) = below { (below) }
    })
}

/// `old` is the line number being changed; none for a new line.
pub fn line(shown: &Shown<'_>, old: Option<i32>, lock: i32, form: &LineForm, problems: &[FieldProblem]) -> Markup {
    let text =
        |name, label, value, hint| Field::text(name, label).value(value).hint(hint).error(problem(problems, name));
    let long = |name, label, value, hint| {
        Field::long(name, label).value(value).hint(hint).error(problem(problems, name)).maxlength(2_000).optional()
    };
    let repeats: Vec<Choice<'_>> = std::iter::once(Choice::new("", "once"))
        .chain(REPEATS.iter().map(|repeat| Choice::new(repeat.name, repeat.name)))
        .collect();
    let base = shown.href();
    let title = old.map_or("New line".to_string(), |number| format!("Line {number}"));
    let action = old.map_or(format!("{base}/lines/new"), |number| format!("{base}/lines/{number}"));
    let fields = html! {
        (Field::number("line_number", "Line number").value(&form.line_number).error(problem(problems, "line_number")))
        (Field::number("parent", "Stands under line").value(&form.parent).error(problem(problems, "parent")).optional())
        (text("role", "Role", &form.role, "What the line is for: body, legs, basin-kit"))
        (Field::select("repeat_for", "Repeats for each", &repeats).value(&form.repeat_for).error(problem(problems, "repeat_for")))
        (text("item", "Item", &form.item, "A number of the catalogue, or an expression below").optional())
        (long("item_expression", "Item expression", &form.item_expression, "Yields a number: pick(\"legs\", legs)"))
        (long("condition", "Condition", &form.condition, "Yes or no; empty means always"))
        (Field::number("base_quantity", "Base quantity").value(&form.base_quantity).error(problem(problems, "base_quantity")))
        (long("quantity_formula", "Quantity formula", &form.quantity_formula, "Multiplied with the base quantity"))
        (long("reason", "Reason", &form.reason, "The sentence beside the line: \"Legs: \" + title(legs)"))
        (long("note", "Note", &form.note, "A colour or a place"))
        (text("omits", "Goes without", &form.omits, "One component of the item that is left out").optional())
        (text("source", "Where the rule comes from", &form.source, "").optional())
    };
    let below = old.map(|number| removal(shown, &format!("{base}/lines/{number}/removal"), lock, "Remove line"));
    let about = Frame { title: &title, action: &action, back: &base, save: "Save line", lock, problems };
    frame(shown, &about, fields, below)
}

/// `old` is the table's name; none for a new table. Three empty rows wait for more.
pub fn table(shown: &Shown<'_>, old: Option<&str>, lock: i32, form: &TableForm, problems: &[FieldProblem]) -> Markup {
    let base = shown.href();
    let title = old.map_or("New table".to_string(), |name| format!("Table {name}"));
    let action = format!("{base}/tables/{}", old.unwrap_or("new"));
    let kinds = [
        Choice::new("range", "range: from, to, value"),
        Choice::new("match", "match: key, value"),
        Choice::new("pattern", "pattern: group, number"),
    ];
    let blank = RowForm::default();
    let rows = form.rows.iter().chain(std::iter::repeat_n(&blank, 3));
    let cell = |name: &str, label: &str, number: usize, value: &str| {
        let id = format!("{name}-{number}");
        let error = problem(problems, &id);
        html! {
            td {
                input id=(id) name=(name) value=(value) aria-label={ (label) ", row " (number) } aria-invalid=[(!error.is_empty()).then_some("true")];
            }
        }
    };
    let fields = html! {
        (Field::text("name", "Name").value(&form.name).hint("Small letters, figures and _").error(problem(problems, "name")))
        (Field::select("kind", "Kind", &kinds).value(&form.kind).error(problem(problems, "kind")))
        (Field::text("description", "Description").value(&form.description).error(problem(problems, "description")).optional())
        div #rows .table data-keep {
            table {
                caption { "Rows" }
                thead { tr { th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Key or group" } th scope="col" { "Value" } } }
                tbody {
                    @for (number, row) in (1..).zip(rows) {
                        tr {
                            (cell("low", "From", number, &row.low)) (cell("high", "To", number, &row.high))
                            (cell("key", "Key", number, &row.key)) (cell("value", "Value", number, &row.value))
                        }
                    }
                }
            }
        }
        p .hint { "From and to are for range tables, keys for the others. A row left empty is removed; saving gives three more." }
    };
    let back = format!("{base}/tables");
    let about = Frame { title: &title, action: &action, back: &back, save: "Save table", lock, problems };
    frame(shown, &about, fields, None)
}

/// `old` is the choice's position; none for a new one.
pub fn choice(shown: &Shown<'_>, old: Option<i32>, lock: i32, form: &ChoiceForm, problems: &[FieldProblem]) -> Markup {
    let base = shown.href();
    let text =
        |name, label, value, hint| Field::text(name, label).value(value).hint(hint).error(problem(problems, name));
    let title = old.map_or("New choice".to_string(), |_| format!("Choice {}", form.item));
    let action = old.map_or(format!("{base}/choices/new"), |position| format!("{base}/choices/{position}"));
    let severities = [Choice::new("warning", "warn and allow"), Choice::new("error", "refuse")];
    let fields = html! {
        (Field::number("position", "Position").value(&form.position).error(problem(problems, "position")))
        (text("item", "Item", &form.item, "A number of the catalogue"))
        (text("group_code", "Group", &form.group_code, "Subcategory of the catalogue, such as 720.702"))
        (Field::long("requirement", "Requirement", ).value(&form.requirement).hint("Must hold for the rest of the configuration: has_pegboard").error(problem(problems, "requirement")).maxlength(2_000).optional())
        (Field::select("severity", "When it does not hold", &severities).value(&form.severity))
        (text("message", "Sentence when it does not hold", &form.message, "").optional())
    };
    let back = format!("{base}/choices");
    let below = old.map(|position| removal(shown, &format!("{back}/{position}/removal"), lock, "Remove choice"));
    let about = Frame { title: &title, action: &action, back: &back, save: "Save choice", lock, problems };
    frame(shown, &about, fields, below)
}

/// A second form, under the first, that takes the thing away.
fn removal(shown: &Shown<'_>, action: &str, lock: i32, label: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (csrf(shown.csrf)) (hidden("lock_version", &lock.to_string()))
            (button(Kind::Danger, label))
        }
    }
}
