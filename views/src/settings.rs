//! What administrators decide while the product runs, one form for each decision.

use crate::{
    components::{Header, buttons},
    forms::{self, Choice, Field, Options},
    layout,
};
use maud::{Markup, Render, html};
use models::{
    settings::{BenchTablets, Kept, SecondFactorRoles, SessionLimits, Setting},
    users::Role,
};

/// Every setting as it stands.
#[derive(Debug)]
pub struct Settings<'a> {
    pub csrf: &'a str,
    pub sessions: Kept<SessionLimits>,
    pub second_factor: Kept<SecondFactorRoles>,
    pub bench_tablets: Kept<BenchTablets>,
    /// A form that was refused.
    pub typed: Option<Typed<'a>>,
}

/// What was typed into one form, and what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub fields: &'a [(String, String)],
    /// (field, sentence)
    pub problems: &'a [(&'a str, &'a str)],
}

impl Settings<'_> {
    fn typed<'b>(&'b self, name: &str, field: &str) -> Option<&'b str> {
        let typed = self.typed.filter(|typed| typed.name == name)?;
        Some(typed.fields.iter().find(|(known, _)| known == field).map_or("", |(_, value)| value))
    }

    fn problem(&self, name: &str, field: &str) -> &str {
        let typed = self.typed.filter(|typed| typed.name == name);
        typed.map_or("", |typed| forms::problem(typed.problems, field))
    }
}

pub fn page(settings: &Settings<'_>) -> Markup {
    layout::main(html! {
        (Header::new("Settings").facts("They hold for everybody from the next click on. Every change is kept with its reason."))
        div .stack {
            @if let Some(typed) = settings.typed { (summary(&typed)) }
            (card::<SessionLimits>(settings, "Sessions", settings.sessions.revision, html! {
                (number::<SessionLimits>(settings, "idle_minutes", "Minutes without a click", settings.sessions.value.idle_minutes, "min", "5 to 120. Pages that fetch by themselves do not count."))
                (number::<SessionLimits>(settings, "longest_hours", "Hours after logging in", settings.sessions.value.longest_hours, "h", "1 to 24. For sessions that begin from now on."))
            }))
            (card::<SecondFactorRoles>(settings, "Second factor", settings.second_factor.revision, roles(settings)))
            (card::<BenchTablets>(settings, "Tablets at the bench", settings.bench_tablets.revision, html! {
                (number::<BenchTablets>(settings, "lock_minutes", "Minutes without a touch", settings.bench_tablets.value.lock_minutes, "min", "1 to 30. Then the tablet asks who is there."))
            }))
        }
    })
}

fn summary(typed: &Typed<'_>) -> Markup {
    let problems: Vec<(String, &str)> =
        typed.problems.iter().map(|(field, told)| (id(typed.name, field), *told)).collect();
    let problems: Vec<(&str, &str)> = problems.iter().map(|(id, told)| (id.as_str(), *told)).collect();
    forms::error_summary(&problems)
}

fn id(setting: &str, field: &str) -> String {
    format!("{setting}-{field}")
}

fn card<T: Setting>(settings: &Settings<'_>, heading: &str, revision: i32, fields: Markup) -> Markup {
    let reason = id(T::NAME, "reason");
    html! {
        form .form .card method="post" action={ "/system/settings/" (T::NAME) } {
            (forms::csrf(settings.csrf))
            (forms::hidden("revision", &revision.to_string()))
            h2 { (heading) }
            (fields)
            (Field::text("reason", "Reason").id(&reason).value(settings.typed(T::NAME, "reason").unwrap_or("")).error(settings.problem(T::NAME, "reason")).maxlength(300))
            div .actions { (buttons::button(buttons::Kind::Plain, "Keep setting")) }
        }
    }
}

fn number<T: Setting>(settings: &Settings<'_>, name: &str, label: &str, now: i32, unit: &str, hint: &str) -> Markup {
    let (id, now) = (id(T::NAME, name), now.to_string());
    let value = settings.typed(T::NAME, name).unwrap_or(&now);
    Field::number(name, label)
        .id(&id)
        .unit(unit)
        .value(value)
        .hint(hint)
        .error(settings.problem(T::NAME, name))
        .render()
}

fn roles(settings: &Settings<'_>) -> Markup {
    let words: Vec<String> = Role::ALL.map(role_word).into();
    let choices: Vec<Choice<'_>> =
        Role::ALL.iter().zip(&words).map(|(role, word)| Choice::new(word, role.title())).collect();
    let chosen: Vec<String> = match settings.typed.filter(|typed| typed.name == SecondFactorRoles::NAME) {
        Some(typed) => typed.fields.iter().filter(|(name, _)| name == "roles").map(|(_, role)| role.clone()).collect(),
        None => settings.second_factor.value.roles.iter().map(|role| role_word(*role)).collect(),
    };
    let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
    let id = id(SecondFactorRoles::NAME, "roles");
    html! {
        (Options::new("roles", "Roles that need one", &choices).id(&id).many().optional().chosen(&chosen)
            .error(settings.problem(SecondFactorRoles::NAME, "roles"))
            .hint("People of these roles set it up right after logging in and can do nothing before."))
    }
}

/// `coordinator`, `qc`: as forms carry a role.
pub fn role_word(role: Role) -> String {
    serde_json::to_value(role).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
