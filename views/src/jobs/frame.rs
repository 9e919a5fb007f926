//! What all job pages share: the ways between them.

use crate::{
    components::{Tab, tabs},
    layout::stylesheet,
};
use maud::{Markup, html};

/// The job pages side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Overview,
    Jobs,
    Failures,
    Schedules,
    Batches,
    Bin,
    Alerts,
}

impl Section {
    const ALL: [Section; 7] = [
        Section::Overview,
        Section::Jobs,
        Section::Failures,
        Section::Schedules,
        Section::Batches,
        Section::Bin,
        Section::Alerts,
    ];

    fn label(self) -> &'static str {
        match self {
            Section::Overview => "Overview",
            Section::Jobs => "Jobs",
            Section::Failures => "Failures",
            Section::Schedules => "Schedules",
            Section::Batches => "Batches",
            Section::Bin => "Bin",
            Section::Alerts => "Alerts",
        }
    }

    pub fn href(self) -> &'static str {
        match self {
            Section::Overview => "/jobs",
            Section::Jobs => "/jobs/list",
            Section::Failures => "/jobs/failures",
            Section::Schedules => "/jobs/schedules",
            Section::Batches => "/jobs/batches",
            Section::Bin => "/jobs/bin",
            Section::Alerts => "/jobs/alerts",
        }
    }
}

/// Everything of a job page below the top bar: its head, the ways to the other job pages, and itself. `current` is
/// none on the page of one thing (a job, a queue, a worker). Put it into [`crate::layout::main`].
pub fn frame(current: Option<Section>, head: Markup, body: Markup) -> Markup {
    let ways = Section::ALL.map(|section| Tab {
        label: section.label(),
        href: section.href(),
        is_current: current == Some(section),
        ..Tab::default()
    });
    html! {
        (stylesheet("jobs.css"))
        (head)
        (tabs("Job pages", &ways))
        (body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_page_marks_where_it_is() {
        let page = frame(Some(Section::Failures), html! {}, html! {}).into_string();
        assert!(page.contains(r#"href="/jobs/failures" aria-current="page""#));
        assert_eq!(page.matches("aria-current").count(), 1);
    }
}
