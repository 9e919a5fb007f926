//! Ways within a page: tabs with counts, and the steps of a long form.

use super::icon;
use maud::{Markup, html};

/// A view of the same thing. `mark` names an icon before the word (`tick`, `stop`), or is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tab<'a> {
    pub label: &'a str,
    pub href: &'a str,
    /// A count or a word after the label: "142", "1 problem".
    pub note: &'a str,
    pub mark: &'a str,
    pub is_current: bool,
}

/// Tabs are links; `label` names the group.
pub fn tabs(label: &str, tabs: &[Tab<'_>]) -> Markup {
    html! {
        nav .tabs aria-label=(label) {
            @for tab in tabs {
                a href=(tab.href) aria-current=[tab.is_current.then_some("page")] {
                    @if !tab.mark.is_empty() { (icon(tab.mark)) }
                    (tab.label)
                    @if !tab.note.is_empty() { " " small { (tab.note) } }
                }
            }
        }
    }
}

/// How far a step is. The current one is marked besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState<'a> {
    Done,
    /// "1 problem"
    Problem(&'a str),
    /// "2 to answer": nothing is wrong, something is missing.
    Open(&'a str),
    ToCome,
}

/// One step of a long form; a link once it may be visited.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    pub label: &'a str,
    pub href: Option<&'a str>,
    pub state: StepState<'a>,
    pub is_current: bool,
}

/// Numbered steps; a tick when done, the problem when not.
pub fn steps(steps: &[Step<'_>]) -> Markup {
    html! {
        ol .steps aria-label="Steps" {
            @for (number, step) in (1..).zip(steps) {
                @let state = match step.state { StepState::Done => "done", StepState::Problem(_) => "problem",
                    StepState::Open(_) => "open", StepState::ToCome => "to-come" };
                li data-state=(state) aria-current=[step.is_current.then_some("step")] {
                    @if step.state == StepState::Done && !step.is_current { (icon("tick")) } @else { b { (number) } }
                    span {
                        @match step.href {
                            Some(href) if !step.is_current => a href=(href) { (step.label) @if step.state == StepState::Done { span .hidden { ", done" } } },
                            _ => (step.label),
                        }
                        @if let StepState::Problem(told) | StepState::Open(told) = step.state { small { (told) } }
                    }
                }
            }
        }
    }
}
