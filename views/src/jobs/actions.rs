//! Acting on one job: the words of every action, its question, and the sentence that follows with its way back.

use super::{frame, names, short};
use crate::{
    components::{Dialog, Header, buttons, dialogs},
    forms::{self, Choice, Field},
    layout,
};
use maud::{Markup, Render, html};
use models::jobs::{
    Run,
    actions::{Action, PRIORITIES, priority_word},
};
use uuid::Uuid;

/// What was just done: for the toast of the next page. It travels in a cookie, so it is words and numbers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Did {
    pub action: Action,
    pub done: usize,
    pub left: usize,
    pub id: Uuid,
    /// It was taken back, so there is nothing to undo.
    pub is_undo: bool,
}

impl Did {
    pub fn to_text(self) -> String {
        let way = if self.is_undo { "undid" } else { "did" };
        format!("{way}.{}.{}.{}.{}", self.action.word(), self.done, self.left, self.id.simple())
    }

    /// None for whatever we did not write.
    pub fn from_text(text: &str) -> Option<Did> {
        let mut parts = text.split('.');
        let is_undo = match parts.next()? {
            "did" => false,
            "undid" => true,
            _ => return None,
        };
        let did = Did {
            action: Action::from_word(parts.next()?)?,
            done: parts.next()?.parse().ok()?,
            left: parts.next()?.parse().ok()?,
            id: Uuid::try_parse(parts.next()?).ok()?,
            is_undo,
        };
        parts.next().is_none().then_some(did)
    }

    /// "12 jobs discarded. 3 were left alone."
    pub fn sentence(&self) -> String {
        let what = if self.is_undo { back(self.done) } else { done(self.action, self.done) };
        match self.left {
            0 => format!("{what}."),
            1 => format!("{what}. 1 was left alone."),
            left => format!("{what}. {left} were left alone."),
        }
    }

    /// The toast, with the way back.
    pub fn toast(&self, csrf: &str) -> Markup {
        let (undo, details) = (format!("/jobs/actions/{}/undo", self.id), format!("/jobs/actions/{}", self.id));
        let way = (!self.is_undo && self.done > 0).then_some(("Undo", undo.as_str()));
        dialogs::toast_with(&self.sentence(), html! { a href=(details) { "Details" } }, csrf, way)
    }
}

/// "12 jobs".
pub fn jobs(count: usize) -> String {
    if count == 1 { "1 job".into() } else { format!("{count} jobs") }
}

/// "12 jobs discarded".
pub fn done(action: Action, count: usize) -> String {
    let jobs = jobs(count);
    match action {
        Action::Retry => format!("{jobs} retried"),
        Action::Cancel => format!("{jobs} cancelled"),
        Action::Discard => format!("{jobs} discarded"),
        Action::RunNow => format!("{jobs} made due now"),
        Action::Reschedule => format!("{jobs} rescheduled"),
        Action::Prioritise => format!("Priority of {jobs} changed"),
        Action::Copy => format!("{jobs} run as new"),
        Action::PutBack => format!("{jobs} put back"),
    }
}

fn back(count: usize) -> String {
    if count == 1 { "1 job is as it was".into() } else { format!("{count} jobs are as they were") }
}

/// The verb with its thing; dots when a question follows.
pub fn verb(action: Action) -> &'static str {
    match action {
        Action::Retry => "Retry job",
        Action::Cancel => "Cancel job",
        Action::Discard => "Discard job",
        Action::RunNow => "Run job now",
        Action::Reschedule => "Reschedule job",
        Action::Prioritise => "Change priority",
        Action::Copy => "Run as new job",
        Action::PutBack => "Put job back",
    }
}

/// The same for so many.
pub fn verb_many(action: Action, count: usize) -> String {
    let jobs = jobs(count);
    match action {
        Action::Retry => format!("Retry {jobs}"),
        Action::Cancel => format!("Cancel {jobs}"),
        Action::Discard => format!("Discard {jobs}"),
        Action::RunNow => format!("Run {jobs} now"),
        Action::Reschedule => format!("Reschedule {jobs}"),
        Action::Prioritise => format!("Change priority of {jobs}"),
        Action::Copy => format!("Run {jobs} as new"),
        Action::PutBack => format!("Put {jobs} back"),
    }
}

/// What will happen and what will not.
pub fn explained(action: Action) -> &'static str {
    match action {
        Action::Retry => {
            "It waits again with all its tries before it. What it is about is looked at first: a BOM of a cancelled build is not made again."
        }
        Action::Cancel => {
            "A waiting job stops at once. A running one is asked to stop and keeps nothing of what it was doing."
        }
        Action::Discard => "It goes into the bin and does not run. It can be put back for 90 days, in the same state.",
        Action::RunNow => "It starts as soon as a worker is free, instead of at its time.",
        Action::Reschedule => "It does not start before this time.",
        Action::Prioritise => "Urgent jobs go before all others of their queue, later ones after them.",
        Action::Copy => {
            "The same work is asked for once more as a new job with these arguments. This job stays as it is."
        }
        Action::PutBack => "It is again what it was before it was discarded; if it was waiting, it runs.",
    }
}

/// What was typed into an action's form, and what is wrong with it: (field, sentence).
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub key: String,
    pub reason: String,
    pub at: String,
    pub priority: String,
    pub count: String,
    pub problems: Vec<(&'static str, String)>,
}

impl Typed {
    pub fn problem(&self, field: &str) -> &str {
        self.problems.iter().find(|(name, _)| *name == field).map_or("", |(_, sentence)| sentence)
    }

    pub fn summary(&self) -> Markup {
        let problems: Vec<(&str, &str)> =
            self.problems.iter().map(|(field, sentence)| (*field, sentence.as_str())).collect();
        forms::error_summary(&problems)
    }
}

/// The fields that an action needs, the reason last. `is_reason_asked` as the policy says; else it is optional.
pub fn fields(action: Action, typed: &Typed, zone: &str, is_reason_asked: bool) -> Markup {
    html! {
        (forms::hidden("key", &typed.key))
        @match action {
            Action::Reschedule => (Field::moment("at", "Not before").value(&typed.at).error(typed.problem("at")).hint(&format!("Between now and a year from now, by the clock of {zone}"))),
            Action::Prioritise => (priority(typed)),
            _ => {}
        }
        (reason(typed, "reason", is_reason_asked))
    }
}

fn priority(typed: &Typed) -> Markup {
    let other = typed.priority.parse::<i16>().ok().filter(|other| PRIORITIES.contains(other) && other % 10 != 0);
    let label = other.map(priority_word).unwrap_or_default();
    let mut choices = vec![Choice::new("-10", "Urgent"), Choice::new("0", "Normal"), Choice::new("10", "Later")];
    if other.is_some() {
        choices.push(Choice::new(&typed.priority, &label));
    }
    Field::select("priority", "Priority", &choices).value(&typed.priority).error(typed.problem("priority")).render()
}

fn reason(typed: &Typed, id: &str, is_asked: bool) -> Markup {
    let field =
        Field::text("reason", "Reason").id(id).value(&typed.reason).error(typed.problem("reason")).maxlength(500);
    let field = field.hint("One line. It is kept with the job and in the audit trail.");
    if is_asked { field.render() } else { field.optional().render() }
}

/// The question over the job's page. `id` also names its opener's `data-opens`.
pub fn dialog(action: Action, run: &Run, csrf: &str, key: &str, is_reason_asked: bool) -> Markup {
    let typed = Typed { key: key.into(), ..Typed::default() };
    let id = format!("ask-{}", action.word());
    let field = format!("{id}-reason");
    let keeps = if action == Action::Cancel { "Let it go on" } else { "Keep job" };
    Dialog {
        id: &id,
        question: &question(action, run),
        action: &path(run.id, action),
        csrf,
        body: html! { (forms::hidden("key", &typed.key)) p { (explained(action)) } (reason(&typed, &field, is_reason_asked)) },
        does: verb(action),
        keeps,
    }
    .render()
}

/// The same question as a page of its own, for browsers without script and for forms that were refused.
pub fn page(action: Action, run: &Run, typed: &Typed, zone: &str, csrf: &str, is_reason_asked: bool) -> Markup {
    let kind = match action {
        Action::Cancel | Action::Discard => buttons::Kind::Danger,
        _ => buttons::Kind::Primary,
    };
    let body = html! {
        div .reading.stack {
            (typed.summary())
            p { (explained(action)) }
            form .stack method="post" action=(path(run.id, action)) {
                (forms::csrf(csrf))
                (fields(action, typed, zone, is_reason_asked))
                div .actions {
                    (buttons::button(kind, verb(action)))
                    (buttons::link_button(buttons::Kind::Plain, &names::path(&run.id), "Back to the job"))
                }
            }
        }
    };
    layout::main(frame(None, Header::new(&question(action, run)).render(), body))
}

fn question(action: Action, run: &Run) -> String {
    let (title, short) = (names::title(&run.kind), short(run.id));
    match action {
        Action::Reschedule => format!("Another time for {title} {short}"),
        Action::Prioritise => format!("Another priority for {title} {short}"),
        Action::Copy => format!("Run {title} {short} with other arguments"),
        Action::RunNow => format!("Run {title} {short} now?"),
        Action::PutBack => format!("Put {title} {short} back?"),
        Action::Retry => format!("Retry {title} {short}?"),
        Action::Cancel => format!("Cancel {title} {short}?"),
        Action::Discard => format!("Discard {title} {short}?"),
    }
}

/// Where an action's form goes and stands.
pub fn path(id: Uuid, action: Action) -> String {
    format!("/jobs/{id}/{}", action.word().replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said_with_its_number() {
        let did = Did { action: Action::Discard, done: 12, left: 3, id: Uuid::from_u128(5), is_undo: false };
        assert_eq!(did.sentence(), "12 jobs discarded. 3 were left alone.");
        assert_eq!(Did::from_text(&did.to_text()), Some(did));
        assert_eq!(Did { is_undo: true, done: 1, left: 0, ..did }.sentence(), "1 job is as it was.");
    }

    #[test]
    fn a_cookie_we_did_not_write_says_nothing() {
        for text in
            ["", "did", "did.explode.1.0.00000000000000000000000000000005", "did.discard.x.0.5", "did.discard.1.0.5.6"]
        {
            assert_eq!(Did::from_text(text), None, "{text}");
        }
    }
}
