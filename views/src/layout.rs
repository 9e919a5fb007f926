//! The shell around every page.

use maud::{DOCTYPE, Markup, html};
use models::users::User;
use serde_json::json;

/// A step above this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    pub label: String,
    pub href: String,
}

impl Crumb {
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Crumb {
        Crumb { label: label.into(), href: href.into() }
    }
}

/// What the shell shows besides the page. `user` is missing on the log-in page.
#[derive(Debug, Clone, Copy)]
pub struct Shell<'a> {
    pub title: &'a str,
    pub crumbs: &'a [Crumb],
    pub csrf: &'a str,
    /// Path and query of the page.
    pub path: &'a str,
    pub user: Option<&'a User>,
    pub theme: &'a str,
    pub density: &'a str,
    pub text_size: i16,
}

/// The whole document. `main` brings its own `main #main`.
pub fn page(shell: &Shell<'_>, main: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=(shell.theme) data-density=(shell.density) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (shell.title) " · Torvan" }
            }
            body hx-headers:inherited=(json!({ "X-CSRF-Token": shell.csrf })) {
                @if !shell.crumbs.is_empty() {
                    nav aria-label="Breadcrumb" {
                        @for crumb in shell.crumbs { a href=(crumb.href) { (crumb.label) } " / " }
                    }
                }
                (main)
            }
        }
    }
}
