//! Everybody with an account: the list, one person, and the link that is handed over.

use crate::{
    components::{Header, Tone, badge, buttons, moment, notice, plate},
    forms::{self, Choice, Field},
    layout, links,
    settings::role_word,
    table::{self, Column, Pager, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::{
    sessions::open::Open,
    users::{
        Role,
        links::{HOURS, Purpose},
        people::{Filter, PER_PAGE, Person, State},
    },
};

pub mod groups;
pub mod joining;

/// One page of the list.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    pub now: DateTime<Utc>,
    pub people: &'a [Person],
    pub total: i64,
    /// From 1.
    pub page: i64,
    pub filter: &'a Filter<'a>,
}

/// What was typed into a form that was refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub role: &'a str,
    pub reason: &'a str,
    /// Whether the fields above come from a form.
    pub is_typed: bool,
    /// (id of the field, sentence)
    pub problems: &'a [(&'a str, &'a str)],
}

impl Typed<'_> {
    fn wrong(&self, id: &str) -> &str {
        forms::problem(self.problems, id)
    }
}

pub fn index(list: &List<'_>) -> Markup {
    let filter = list.filter;
    let is_narrowed = !filter.search.is_empty() || filter.role.is_some() || filter.state.is_some();
    let facts = if list.total == 1 { "1 person".into() } else { format!("{} people", list.total) };
    layout::main(html! {
        (Header::new("People").facts(&facts).actions(html! {
            (buttons::link_button(buttons::Kind::Plain, "/people/groups", "Show groups and roles"))
            (buttons::icon_link(buttons::Kind::Primary, "/people/new", "plus", "Invite somebody"))
        }))
        (table::filters("/people", ("search", filter.search, "Search name or e-mail"), chips(filter), is_narrowed))
        (rows(list))
    })
}

fn chips(filter: &Filter<'_>) -> Markup {
    let role = filter.role.map(|role| format!("Role: {}", role.title()));
    let state = filter.state.map(|state| format!("State: {}", state.word()));
    let tick = |name: &str, value: &str, label: &str, is_on: bool| {
        html! { label .check { input type="radio" name=(name) value=(value) checked[is_on]; span { (label) } } }
    };
    html! {
        (table::chip("Role", role.as_deref(), html! {
            @for role in Role::ALL { (tick("role", &role_word(role), role.title(), filter.role == Some(role))) }
        }))
        (table::chip("State", state.as_deref(), html! {
            @for state in State::ALL { (tick("state", state.word(), state.word(), filter.state == Some(state))) }
        }))
    }
}

fn rows(list: &List<'_>) -> Markup {
    let columns = [
        Column::key("Name", |person: &Person| html! { a href={ "/people/" (person.user.id) } { (person.user.name) } }),
        Column::new("E-mail", |person: &Person| html! { (person.user.email) }),
        Column::new("Role", |person: &Person| html! { (person.user.role.title()) }),
        Column::new("State", |person: &Person| state(person.state)),
        Column::new("Second factor", |person: &Person| html! { @if person.has_second_factor { "Codes" } }).priority(3),
        Column::number("Sessions", |person: &Person| html! { (person.sessions) }).priority(3),
        Column::date(
            "Last seen",
            |person: &Person| html! { @if let Some(at) = &person.last_seen_at { (moment(at, &list.now)) } @else { span .soft { "Never" } } },
        ),
    ];
    let none = crate::components::empty(
        "Nobody fits. Search by a part of the name or the e-mail address.",
        buttons::link_button(buttons::Kind::Plain, "/people", "Show everybody"),
    );
    let table = Table::new("People", &columns, list.people).id("people");
    html! { (table.row_id(|person: &Person| format!("person-{}", person.user.id)).empty(none).pager(pager(list))) }
}

fn pager(list: &List<'_>) -> Pager {
    let to = |page: i64| {
        let role = list.filter.role.map(role_word).unwrap_or_default();
        let state = list.filter.state.map_or("", State::word);
        format!("/people?search={}&role={role}&state={state}&page={page}", links::encode(list.filter.search))
    };
    let first = (list.page - 1) * PER_PAGE;
    let last = first + i64::try_from(list.people.len()).unwrap_or_default();
    let positive = |number: i64| u64::try_from(number).unwrap_or_default();
    Pager {
        first: positive(first + 1),
        last: positive(last),
        total: Some(positive(list.total)),
        previous: (list.page > 1).then(|| to(list.page - 1)),
        next: (last < list.total).then(|| to(list.page + 1)),
    }
}

/// How an account stands, as a badge.
pub fn state(state: State) -> Markup {
    match state {
        State::Active => badge(Tone::Good, "Active"),
        State::Invited => badge(Tone::Waiting, "Invited"),
        State::Deactivated => badge(Tone::Idle, "Deactivated"),
    }
}

/// The form that invites somebody.
pub fn new(csrf: &str, typed: &Typed<'_>) -> Markup {
    layout::main(html! {
        (Header::new("Invite somebody").facts("They choose their own password with the link you hand over"))
        div .stack {
            (forms::error_summary(typed.problems))
            form .form .card method="post" action="/people" {
                div .form {
                    (forms::csrf(csrf))
                    (who(typed.name, typed.email, typed.role, typed))
                    div .actions {
                        (buttons::button(buttons::Kind::Primary, "Make invitation"))
                        a .btn data-kind="quiet" href="/people" { "Invite nobody" }
                    }
                }
            }
        }
    })
}

fn who(name: &str, email: &str, role: &str, typed: &Typed<'_>) -> Markup {
    let words = Role::ALL.map(role_word);
    let mut choices: Vec<Choice<'_>> =
        Role::ALL.iter().zip(&words).map(|(role, word)| Choice::new(word, role.title())).collect();
    if role.is_empty() {
        choices.insert(0, Choice::new("", "Choose a role"));
    }
    html! {
        (Field::text("name", "Name").value(name).error(typed.wrong("name")).maxlength(100).hint("As it is printed beside signatures"))
        (Field::email("email", "E-mail").value(email).error(typed.wrong("email")).maxlength(254))
        (Field::select("role", "Role", &choices).value(role).error(typed.wrong("role")))
    }
}

/// One person, with everything an administrator does about them.
pub fn show(
    csrf: &str,
    now: DateTime<Utc>,
    person: &Person,
    sessions: &[Open],
    here: &str,
    (factors, typed): (&[String], &Typed<'_>),
) -> Markup {
    let base = format!("/people/{}", person.user.id);
    layout::main(html! {
        (Header::new(&person.user.name).badge(state(person.state)).facts(person.user.role.title()).actions(html! {
            (buttons::link_button(buttons::Kind::Plain, &format!("{base}/badge"), "Show badge"))
            (buttons::link_button(buttons::Kind::Plain, &format!("{base}/history"), "Show every change"))
        }))
        div .stack {
            (forms::error_summary(typed.problems))
            (plate([
                ("E-mail", html! { (person.user.email) }),
                ("Account since", moment(&person.created_at, &now)),
                ("Last seen", html! { @if let Some(at) = &person.last_seen_at { (moment(at, &now)) } @else { "Never" } }),
                ("Second factor", html! { @if factors.is_empty() { "None" } @else { (factors.join(", ")) } }),
                ("Open link", html! { @if let Some(until) = &person.link_until { "until " (crate::components::coming(until, &now)) } @else { "None" } }),
            ]))
            (details(csrf, &base, person, typed))
            h2 { "Where this person is logged in" }
            (crate::account::sessions(sessions, now, here, csrf, &format!("{base}/sessions")))
            @if !sessions.is_empty() { (buttons::post_button(&format!("{base}/sessions/ended"), csrf, buttons::Kind::Plain, "End all sessions")) }
            h2 { "Coming in" }
            (coming_in(csrf, &base, person, typed))
        }
    })
}

fn details(csrf: &str, base: &str, person: &Person, typed: &Typed<'_>) -> Markup {
    let kept = role_word(person.user.role);
    let (name, email, role) = match typed.is_typed {
        true => (typed.name, typed.email, typed.role),
        false => (person.user.name.as_str(), person.user.email.as_str(), kept.as_str()),
    };
    html! {
        form .form .card method="post" action=(base) {
            div .form {
                (forms::csrf(csrf))
                (forms::hidden("revision", &person.revision.to_string()))
                (who(name, email, role, typed))
                (Field::text("reason", "Reason").value(typed.reason).error(typed.wrong("reason")).maxlength(300)
                    .hint("Needed when the role changes. A new role ends this person's sessions."))
                div .actions { (buttons::button(buttons::Kind::Primary, "Keep changes")) }
            }
        }
    }
}

fn coming_in(csrf: &str, base: &str, person: &Person, typed: &Typed<'_>) -> Markup {
    html! {
        @match person.state {
            State::Invited => (buttons::post_button(&format!("{base}/invitation"), csrf, buttons::Kind::Plain, "Make new invitation")),
            State::Active => (buttons::post_button(&format!("{base}/reset-link"), csrf, buttons::Kind::Plain, "Make reset link")),
            State::Deactivated => {}
        }
        @if person.has_second_factor {
            (reasoned(csrf, &format!("{base}/second-factor/removal"), ("factor", "Why the second factor goes", typed.wrong("factor")), None, "Remove second factor"))
        }
        @if person.state == State::Deactivated {
            (reasoned(csrf, &format!("{base}/reactivation"), ("state", "Why this person comes back", typed.wrong("state")), Some(person.revision), "Reactivate person"))
        } @else {
            (reasoned(csrf, &format!("{base}/deactivation"), ("state", "Why this person may not come in", typed.wrong("state")), Some(person.revision), "Deactivate person"))
        }
    }
}

/// A change with nothing to type but its reason.
fn reasoned(
    csrf: &str,
    action: &str,
    (id, label, wrong): (&str, &str, &str),
    revision: Option<i32>,
    does: &str,
) -> Markup {
    html! {
        form .form .card method="post" action=(action) {
            div .form {
                (forms::csrf(csrf))
                @if let Some(revision) = revision { (forms::hidden("revision", &revision.to_string())) }
                (Field::text("reason", label).id(id).error(wrong).maxlength(300))
                div .actions { (buttons::button(buttons::Kind::Danger, does)) }
            }
        }
    }
}

/// The link, shown this once.
pub fn link(purpose: Purpose, id: i64, name: &str, address: &str) -> Markup {
    let (title, does) = match purpose {
        Purpose::Invitation => ("Invitation made", "come in"),
        Purpose::Reset => ("Reset link made", "choose a new password"),
    };
    layout::main(html! {
        (layout::stylesheet("people.css"))
        (Header::new(title).facts(&format!("For {name}, {HOURS} h, once")))
        div .stack {
            (notice(Tone::Held, html! { "Hand this link to " (name) " and to nobody else. It is shown this once; whoever opens it first can " (does) "." }))
            p .card .link { code { (address) } " " (buttons::copy_button(address)) }
            div .actions { (buttons::link_button(buttons::Kind::Plain, &format!("/people/{id}"), &format!("Back to {name}"))) }
        }
    })
}
