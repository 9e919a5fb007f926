//! Before many jobs are changed: exactly which, how many, what can't be done and why, and what has to be typed.

use super::{
    actions::{self, Typed},
    frame, names,
};
use crate::{
    components::{Header, Tone, buttons, notice},
    forms::{self, Field},
    layout,
};
use maud::{Markup, Render, html};
use models::jobs::{
    actions::{Action, TYPED_ABOVE},
    selections::{Preview, Selection},
};

/// The question. `zone` names the site's clock.
pub fn page(selection: &Selection, preview: &Preview, typed: &Typed, zone: &str, csrf: &str) -> Markup {
    let question = format!("{}?", actions::verb_many(selection.action, preview.able_count));
    let body = html! {
        div .reading.stack {
            (typed.summary())
            @if preview.able_count == 0 { (nothing(selection)) } @else { (which(preview)) }
            (unable(preview))
            @if preview.able_count > 0 {
                p { (explained(selection.action)) }
                (form(selection, preview, typed, zone, csrf))
            }
        }
    };
    layout::main(frame(None, Header::new(&question).render(), body))
}

fn explained(action: Action) -> String {
    format!(
        "{} Jobs that change before you confirm are left alone and named.",
        actions::explained(action).replace("It ", "Each ")
    )
}

fn nothing(selection: &Selection) -> Markup {
    notice(
        Tone::Held,
        html! {
            p { "This can't be done to any of the " (actions::jobs(selection.job_ids.len())) " that you chose." }
            a href=(selection.address) { "Back to the jobs" }
        },
    )
}

/// By kind and state, and the first of them by name.
fn which(preview: &Preview) -> Markup {
    html! {
        ul .counts {
            @for ((kind, state), count) in &preview.able { li { b { (count) } " × " (names::title(kind)) ", " (state) } }
        }
        details .more #first open[preview.able_count <= 10] {
            summary { @if preview.able_count <= preview.first.len() { "The jobs" } @else { "The first " (preview.first.len()) } }
            ul { @for run in &preview.first { li { (names::link(&run.id, &run.kind)) @if let Some(error) = &run.error_text { small { " " (error) } } } } }
        }
    }
}

/// Those it can't be done to stay as they are.
fn unable(preview: &Preview) -> Markup {
    let count: usize = preview.unable.values().map(|(count, _)| count).sum();
    html! {
        @if count > 0 {
            section aria-labelledby="left" {
                h2 #left { (actions::jobs(count)) @if count == 1 { " stays as it is" } @else { " stay as they are" } }
                ul { @for (why, (count, first)) in &preview.unable { li {
                    (count) ": " (why) " "
                    a href=(names::path(first)) { @if *count == 1 { "Show it" } @else { "Show the first" } }
                } } }
            }
        }
    }
}

fn form(selection: &Selection, preview: &Preview, typed: &Typed, zone: &str, csrf: &str) -> Markup {
    let chosen = selection.job_ids.len();
    let kind = match selection.action {
        Action::Cancel | Action::Discard => buttons::Kind::Danger,
        _ => buttons::Kind::Primary,
    };
    html! {
        form .stack method="post" action={ "/jobs/selections/" (selection.id) } {
            (forms::csrf(csrf))
            (actions::fields(selection.action, typed, zone, true))
            @if chosen > TYPED_ABOVE {
                (Field::number("count", "How many did you choose").value(&typed.count).error(typed.problem("count")).hint(&format!("Type {chosen}, so that nobody acts on more than they think")))
            }
            div .actions {
                (buttons::busy_button(kind, &actions::verb_many(selection.action, preview.able_count), "Working…"))
                (buttons::link_button(buttons::Kind::Plain, &selection.address, "Keep them as they are"))
            }
        }
    }
}
