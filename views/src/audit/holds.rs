//! Records on hold: nothing that belongs to them ages.

use super::record_link;
use crate::{
    components::{
        Header, Tone, badge,
        buttons::{Kind, button},
        empty, moment,
    },
    forms::{self, Field},
    layout,
    table::{Column, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::holds::{Hold, LONGEST_REASON};

/// What was typed to put a record on hold, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub noun: String,
    pub record: String,
    pub reason: String,
    pub problem: String,
}

/// The whole page. `csrf` is the token of its forms; none for those who only read.
pub fn page(holds: &[Hold], typed: &Typed, csrf: &str, now: DateTime<Utc>) -> Markup {
    let in_force = holds.iter().filter(|hold| hold.lifted_at.is_none()).count();
    let facts = match in_force {
        0 => "No record is on hold".into(),
        1 => "1 record is on hold".to_owned(),
        count => format!("{count} records are on hold"),
    };
    let columns = [
        Column::key("Record", |hold: &Hold| record_link(&hold.noun, &hold.object_id)),
        Column::new(
            "Because",
            |hold: &Hold| html! { (hold.reason) @if !hold.lift_reason.is_empty() { small { "Lifted: " (hold.lift_reason) } } },
        ),
        Column::new("By", |hold: &Hold| html! { (hold.placed_by) small { (moment(&hold.placed_at, &now)) } }),
        Column::new("State", |hold: &Hold| state(hold, now)),
        Column::unnamed("Lift", |hold: &Hold| html! { @if hold.lifted_at.is_none() { (lift(hold, csrf)) } }),
    ];
    let none = empty("Nothing is on hold. Old records age as usual.", html! {});
    layout::main(html! {
        (Header::new("Holds").facts(&facts))
        div .stack {
            (Table::new("Records on hold, then those that were", &columns, holds).two_lines().empty(none))
            h2 { "Put a record on hold" }
            form .stack method="post" action="/audit/holds" {
                (forms::csrf(csrf))
                (Field::text("noun", "Kind").value(&typed.noun).hint("As the trail says it: orders, boms, jobs, users").maxlength(40))
                (Field::text("record", "Number").value(&typed.record).hint("As the trail says it: TOR-2026-0042").maxlength(100))
                (Field::long("reason", "Reason").value(&typed.reason).hint("Kept with the record").error(&typed.problem).maxlength(LONGEST_REASON as u32))
                p .actions { (button(Kind::Primary, "Put on hold")) }
            }
        }
    })
}

fn state(hold: &Hold, now: DateTime<Utc>) -> Markup {
    match (&hold.lifted_by, &hold.lifted_at) {
        (Some(by), Some(at)) => html! { (badge(Tone::Idle, "Lifted")) small { "by " (by) ", " (moment(at, &now)) } },
        _ => badge(Tone::Held, "On hold"),
    }
}

fn lift(hold: &Hold, csrf: &str) -> Markup {
    let id = format!("lift-{}", hold.id);
    html! {
        details {
            summary .btn data-kind="quiet" { "Lift hold" }
            form .stack method="post" action={ "/audit/holds/" (hold.id) "/lifted" } {
                (forms::csrf(csrf))
                (Field::text("reason", "Why it may age again").id(&id).maxlength(LONGEST_REASON as u32))
                (button(Kind::Danger, "Lift hold"))
            }
        }
    }
}
