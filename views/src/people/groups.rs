//! Groups of the company account and the roles they give.

use crate::{
    components::{Header, buttons, empty, moment},
    forms::{self, Choice, Field},
    layout, links,
    settings::role_word,
    table::{self, Column, Pager, Table},
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::{
    company::groups::{Group, ORDER, PER_PAGE},
    users::Role,
};

/// One page of the table.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    pub csrf: &'a str,
    pub now: DateTime<Utc>,
    pub groups: &'a [Group],
    pub total: i64,
    /// From 1.
    pub page: i64,
    pub search: &'a str,
    pub typed: &'a Typed<'a>,
}

/// What was typed into a form that was refused.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub role: &'a str,
    pub reason: &'a str,
    /// (id of the field, sentence)
    pub problems: &'a [(&'a str, &'a str)],
}

impl Typed<'_> {
    fn wrong(&self, id: &str) -> &str {
        forms::problem(self.problems, id)
    }
}

pub fn index(list: &List<'_>) -> Markup {
    let facts = match list.total {
        1 => "1 group gives a role".to_string(),
        total => format!("{total} groups give a role"),
    };
    layout::main(html! {
        (Header::new("Groups and roles").facts(&facts).actions(
            buttons::link_button(buttons::Kind::Plain, "/system/company-account", "Show company account")
        ))
        (forms::error_summary(list.typed.problems))
        (table::filters("/people/groups", ("search", list.search, "Search groups"), html! {}, !list.search.is_empty()))
        (rows(list))
        (adding(list))
    })
}

fn rows(list: &List<'_>) -> Markup {
    let columns = [
        Column::key("Group", |group: &Group| html! { a href={ "/people/groups/" (group.id) } { (group.name) } }),
        Column::new("Role", |group: &Group| html! { (group.role.title()) }),
        Column::new("Changed by", |group: &Group| html! { (group.changed_by.as_deref().unwrap_or("System")) })
            .priority(3),
        Column::date("Changed", |group: &Group| moment(&group.changed_at, &list.now)),
    ];
    let none = match list.search {
        "" => empty(
            "No group gives a role yet, so nobody comes in with the company account. Add the first one below.",
            html! {},
        ),
        _ => empty(
            "No group fits. Search by a part of its name.",
            buttons::link_button(buttons::Kind::Plain, "/people/groups", "Show every group"),
        ),
    };
    let table = Table::new("Groups and roles", &columns, list.groups).id("groups");
    html! { (table.row_id(|group: &Group| format!("group-{}", group.id)).empty(none).pager(pager(list))) }
}

fn pager(list: &List<'_>) -> Pager {
    let to = |page: i64| format!("/people/groups?search={}&page={page}", links::encode(list.search));
    let first = (list.page - 1) * PER_PAGE;
    let last = first + i64::try_from(list.groups.len()).unwrap_or_default();
    let positive = |number: i64| u64::try_from(number).unwrap_or_default();
    Pager {
        first: positive(first + 1),
        last: positive(last),
        total: Some(positive(list.total)),
        previous: (list.page > 1).then(|| to(list.page - 1)),
        next: (last < list.total).then(|| to(list.page + 1)),
    }
}

fn adding(list: &List<'_>) -> Markup {
    let typed = list.typed;
    html! {
        form .form .card method="post" action="/people/groups" {
            div .form {
                h2 { "Give a group a role" }
                p .soft { "Whoever is in several groups works in the highest role: " (order()) "." }
                (forms::csrf(list.csrf))
                (Field::text("name", "Group").value(typed.name).error(typed.wrong("name")).maxlength(200)
                    .hint("Exactly as the provider says it; some say a number instead of a name"))
                (role(typed, None))
                (Field::text("reason", "Reason").value(typed.reason).error(typed.wrong("reason")).maxlength(300))
                div .actions { (buttons::button(buttons::Kind::Primary, "Give role")) }
            }
        }
    }
}

fn role(typed: &Typed<'_>, now: Option<Role>) -> Markup {
    let words = ORDER.map(role_word);
    let mut choices: Vec<Choice<'_>> =
        ORDER.iter().zip(&words).map(|(role, word)| Choice::new(word, role.title())).collect();
    if now.is_none() {
        choices.insert(0, Choice::new("", "Choose a role"));
    }
    let kept = now.map(role_word).unwrap_or_default();
    let value = if typed.role.is_empty() { kept.as_str() } else { typed.role };
    html! { (Field::select("role", "Role", &choices).value(value).error(typed.wrong("role"))) }
}

/// "Administrator, Production coordinator, …"
fn order() -> String {
    ORDER.map(Role::title).join(", ")
}

/// One group, with what an administrator does about it.
pub fn show(csrf: &str, group: &Group, typed: &Typed<'_>) -> Markup {
    let base = format!("/people/groups/{}", group.id);
    let revision = group.revision.to_string();
    layout::main(html! {
        (Header::new(&group.name).facts(group.role.title()))
        div .stack {
            (forms::error_summary(typed.problems))
            form .form .card method="post" action=(base) {
                div .form {
                    (forms::csrf(csrf)) (forms::hidden("revision", &revision))
                    p .soft { "Holds from the next log-in of its people on; a new role ends their sessions then." }
                    (role(typed, Some(group.role)))
                    (Field::text("reason", "Reason").value(typed.reason).error(typed.wrong("reason")).maxlength(300))
                    div .actions { (buttons::button(buttons::Kind::Primary, "Keep role")) }
                }
            }
            form .form .card method="post" action={ (base) "/removal" } {
                div .form {
                    (forms::csrf(csrf)) (forms::hidden("revision", &revision))
                    (Field::text("reason", "Why it gives no role any more").id("removal").error(typed.wrong("removal")).maxlength(300))
                    div .actions { (buttons::button(buttons::Kind::Danger, "Take group off")) }
                }
            }
        }
    })
}
