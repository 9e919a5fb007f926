//! The form for running a job again with other arguments.

use super::{actions, frame, names};
use crate::{
    components::{Header, buttons, empty},
    forms::{self, Field},
    layout,
};
use maud::{Markup, Render, html};
use models::jobs::{Run, actions::Action};

/// One argument in its field. `kind` says what it takes: "Number", "Text", "JSON".
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub name: String,
    pub typed: String,
    pub kind: &'static str,
    pub problem: String,
}

/// The whole form as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub key: String,
    pub arguments: Vec<Typed>,
    pub reason: String,
    pub reason_problem: String,
}

pub fn page(run: &Run, form: &Form, csrf: &str) -> Markup {
    let title = format!("Run {} {} with other arguments", names::title(&run.kind), names::short(run.id));
    let ids: Vec<String> = form.arguments.iter().map(|field| id(&field.name)).collect();
    let wrong = form.arguments.iter().zip(&ids).filter(|(field, _)| !field.problem.is_empty());
    let mut problems: Vec<(&str, &str)> = wrong.map(|(field, id)| (id.as_str(), field.problem.as_str())).collect();
    if !form.reason_problem.is_empty() {
        problems.push(("reason", &form.reason_problem));
    }
    let body = html! {
        div .reading.stack {
            (forms::error_summary(&problems))
            p { (actions::explained(Action::Copy)) }
            form .stack method="post" action=(actions::path(run.id, Action::Copy)) {
                (forms::csrf(csrf))
                (forms::hidden("key", &form.key))
                @if form.arguments.is_empty() { (empty("This job has no arguments that can be changed.", html! {})) }
                @for (field, id) in form.arguments.iter().zip(&ids) { (argument(field, id)) }
                (Field::text("reason", "Reason").value(&form.reason).error(&form.reason_problem).maxlength(500).hint("One line. It is kept with the job and in the audit trail."))
                div .actions {
                    (buttons::button(buttons::Kind::Primary, actions::verb(Action::Copy)))
                    (buttons::link_button(buttons::Kind::Plain, &names::path(&run.id), "Back to the job"))
                }
            }
        }
    };
    layout::main(frame(None, Header::new(&title).render(), body))
}

fn id(name: &str) -> String {
    format!("argument-{name}")
}

fn argument(field: &Typed, id: &str) -> Markup {
    let shown = match field.kind {
        "Number" => Field::number(id, &field.name),
        "JSON" => Field::long(id, &field.name),
        _ => Field::text(id, &field.name),
    };
    shown.value(&field.typed).hint(field.kind).error(&field.problem).render()
}
