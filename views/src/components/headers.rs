//! The head of a page: what it is, its state, one line of facts, and what can be done.

use maud::{Markup, Render, html};

/// `(Header::new("TOR-2026-0412").badge(…).facts("3 builds").actions(…))`
#[derive(Debug)]
pub struct Header<'a> {
    title: &'a str,
    badge: Option<Markup>,
    facts: &'a str,
    actions: Option<Markup>,
}

impl<'a> Header<'a> {
    pub fn new(title: &'a str) -> Header<'a> {
        Header { title, badge: None, facts: "", actions: None }
    }

    pub fn badge(self, badge: Markup) -> Header<'a> {
        Header { badge: Some(badge), ..self }
    }

    /// One line: "142 open, 9 at risk".
    pub fn facts(self, facts: &'a str) -> Header<'a> {
        Header { facts, ..self }
    }

    /// At most two plain buttons, a menu and one primary, which stands last.
    pub fn actions(self, actions: Markup) -> Header<'a> {
        Header { actions: Some(actions), ..self }
    }
}

impl Render for Header<'_> {
    fn render(&self) -> Markup {
        html! {
            header .page-head {
                h1 { (self.title) }
                @if let Some(badge) = &self.badge { (badge) }
                @if !self.facts.is_empty() { p { (self.facts) } }
                @if let Some(actions) = &self.actions { div .actions { (actions) } }
            }
        }
    }
}
