//! /jobs/views: the saved views, to rename, share, make the usual one, or delete.

use super::{Section, frame};
use crate::{
    components::{Header, Tone, buttons, empty, notice},
    forms,
};
use maud::{Markup, html};
use models::{jobs::views::View, users::User};

/// A form that was refused: which view, what was typed, and the sentence.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    pub id: i64,
    pub name: &'a str,
    pub sentence: &'a str,
}

pub fn page(views: &[View], user: &User, csrf: &str, refused: Option<Refused<'_>>) -> Markup {
    let body = html! {
        (crate::layout::stylesheet("jobs-list.css"))
        @if let Some(refused) = refused { (notice(Tone::Stop, html! { (refused.sentence) })) }
        @if views.is_empty() {
            (empty("No view is saved yet. Set filters on the list of jobs, then save them under a name.", html! { a href="/jobs/list?state=" { "Show all jobs" } }))
        } @else {
            ul .views { @for view in views { (row(view, user, csrf, refused.filter(|refused| refused.id == view.id))) } }
        }
    };
    frame(Some(Section::Jobs), html! { (Header::new("Saved views")) }, body)
}

fn row(view: &View, user: &User, csrf: &str, refused: Option<Refused<'_>>) -> Markup {
    let name = refused.map_or(view.name.as_str(), |refused| refused.name);
    html! {
        li #{ "view-" (view.id) } {
            p {
                a href={ "/jobs/list?" (view.query) } { (view.name) }
                small {
                    @if !view.is_own { "Shared by " (view.owner) } @else if view.is_shared { "Shared with everyone who sees jobs" } @else { "Only yours" }
                    @if view.is_default { ". Your usual view" }
                }
            }
            @if view.is_changed_by(user) {
                form .cluster method="post" action={ "/jobs/views/" (view.id) } {
                    (forms::csrf(csrf))
                    label { "Name " input name="name" maxlength="60" required value=(name) aria-invalid=[refused.map(|_| "true")]; }
                    label { input type="checkbox" name="shared" value="1" checked[view.is_shared]; " Shared" }
                    @if view.is_own { label { input type="checkbox" name="usual" value="1" checked[view.is_default]; " Opens first" } }
                    (buttons::button(buttons::Kind::Plain, "Save changes"))
                }
                form method="post" action={ "/jobs/views/" (view.id) "/delete" } {
                    (forms::csrf(csrf))
                    (buttons::button(buttons::Kind::Danger, "Delete view"))
                }
            }
        }
    }
}
