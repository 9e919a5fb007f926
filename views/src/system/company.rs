//! How people log in with the company account, and the one account that does without it.

use crate::{
    components::{Header, Tone, badge, buttons, empty, moment, notice, plate},
    forms::{self, Check, Field},
    layout,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use models::{
    company::{CompanyAccount, emergency::Use},
    settings::Kept,
};

/// The provider as the settings of the process name it.
#[derive(Debug, Clone, Copy)]
pub struct Provider<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    /// What has to be entered there as the way back.
    pub redirect: &'a str,
    pub answers: bool,
}

/// What a refused form held.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    pub fields: Option<&'a [(String, String)]>,
    /// The use of the emergency account that was being explained.
    pub explains: Option<i64>,
    /// (id of the field, sentence)
    pub problems: &'a [(&'a str, &'a str)],
}

impl<'a> Typed<'a> {
    fn of_setting(&self, name: &str) -> Option<&'a str> {
        let fields = self.fields.filter(|_| self.explains.is_none())?;
        Some(fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value))
    }

    fn wrong(&self, id: &str) -> &'a str {
        forms::problem(self.problems, id)
    }
}

#[derive(Debug, Clone)]
pub struct Company<'a> {
    pub csrf: &'a str,
    pub now: DateTime<Utc>,
    pub provider: Option<Provider<'a>>,
    pub setting: &'a Kept<CompanyAccount>,
    /// Name and address.
    pub emergency: Option<(String, String)>,
    pub uses: &'a [Use],
    pub typed: &'a Typed<'a>,
}

pub fn page(company: &Company<'_>) -> Markup {
    layout::main(html! {
        (Header::new("Company account").facts("People log in where the whole company logs in").actions(
            buttons::link_button(buttons::Kind::Plain, "/people/groups", "Show groups and roles")
        ))
        div .stack {
            (forms::error_summary(company.typed.problems))
            (provider(company))
            (setting(company))
            h2 #uses { "Uses of the emergency account" }
            (uses(company))
        }
    })
}

fn provider(company: &Company<'_>) -> Markup {
    let Some(provider) = &company.provider else {
        return notice(
            Tone::Held,
            html! {
                "No provider is set up: everybody logs in with a password. OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_REDIRECT_URL name one."
            },
        );
    };
    let emergency = company.emergency.as_ref();
    html! {
        (plate([
            ("Provider", html! { (provider.issuer) }),
            ("Now", html! { @if provider.answers { (badge(Tone::Good, "Answers")) } @else { (badge(Tone::Stop, "Away")) } }),
            ("Our name there", html! { (provider.client_id) }),
            ("Way back", html! { (provider.redirect) }),
            ("Passwords", html! { @if company.setting.value.is_required { "Emergency account only" } @else { "Everybody" } }),
            ("Emergency account", html! { @match emergency { Some((name, email)) => { (name) ", " (email) }, None => "Nobody" } }),
        ]))
    }
}

fn setting(company: &Company<'_>) -> Markup {
    let (kept, typed) = (&company.setting.value, company.typed);
    let email = company.emergency.as_ref().map_or("", |(_, email)| email.as_str());
    let ticked = |name: &str, kept: bool| typed.of_setting(name).map_or(kept, |value| value == "yes");
    html! {
        form .form .card method="post" action="/system/company-account" {
            div .form {
                h2 { "How it is used" }
                (forms::csrf(company.csrf))
                (forms::hidden("revision", &company.setting.revision.to_string()))
                (Field::text("groups_claim", "Claim with the groups").value(typed.of_setting("groups_claim").unwrap_or(&kept.groups_claim))
                    .error(typed.wrong("groups_claim")).maxlength(200).hint("As the provider names it in the ID token, mostly groups or roles"))
                (Check::new("trusts_second_factor", "The provider's second factor stands for ours").value("yes").fact("When it says mfa under amr or acr").checked(ticked("trusts_second_factor", kept.trusts_second_factor)))
                (Field::email("emergency_account", "Emergency account").value(typed.of_setting("emergency_account").unwrap_or(email))
                    .error(typed.wrong("emergency_account")).maxlength(254).optional()
                    .hint("E-mail of an administrator who has a password here and does not use the company account"))
                (Check::new("is_required", "Passwords open the emergency account only").id("is_required").value("yes").checked(ticked("is_required", kept.is_required)))
                @if !typed.wrong("is_required").is_empty() { p .error { (typed.wrong("is_required")) } }
                (Field::text("reason", "Reason").value(typed.of_setting("reason").unwrap_or("")).error(typed.wrong("reason")).maxlength(300))
                div .actions { (buttons::button(buttons::Kind::Primary, "Keep setting")) }
            }
        }
    }
}

fn uses(company: &Company<'_>) -> Markup {
    html! {
        @if company.uses.is_empty() { (empty("It was never used.", html! {})) }
        @for used in company.uses {
            article .card {
                p { b { (used.user_name) } " came in by it " (moment(&used.used_at, &company.now)) @if !used.peer.is_empty() { " from " (used.peer) } "." }
                @match &used.explained_by {
                    Some(by) => p { "Reason: " (used.reason) " " span .soft { "(" (by) ")" } },
                    None => (explaining(company, used)),
                }
            }
        }
    }
}

fn explaining(company: &Company<'_>, used: &Use) -> Markup {
    let id = format!("reason-{}", used.id);
    let typed = company.typed.fields.filter(|_| company.typed.explains == Some(used.id));
    let reason = typed.and_then(|fields| fields.iter().find(|(name, _)| name == "reason"));
    html! {
        form .form method="post" action={ "/system/company-account/uses/" (used.id) } {
            (forms::csrf(company.csrf))
            (Field::text("reason", "Why it was needed").id(&id).value(reason.map_or("", |(_, reason)| reason)).error(company.typed.wrong(&id)).maxlength(300))
            div .actions { (buttons::button(buttons::Kind::Plain, "Keep reason")) }
        }
    }
}
