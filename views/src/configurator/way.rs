//! The way through the steps, and the tabs of an order with several builds.

use super::{Sheet, Step};
use crate::components::{Step as StepLink, StepState, Tab, steps, tabs};
use maud::{Markup, html};
use models::configurations::{Problem, Severity};

/// The five steps, and a tab per build where there are several.
pub(super) fn way(sheet: &Sheet<'_>) -> Markup {
    let kept = sheet.step.build().unwrap_or(1);
    let places = [
        ("Customer and order", Step::Customer),
        ("Family and quantity", Step::Family),
        ("Configure builds", Step::Build(kept)),
        ("Accessories", Step::Accessories(kept)),
        ("Review", Step::Review),
    ];
    let all = |step: Step| -> Vec<&Problem> {
        let builds = 1..=sheet.builds();
        match step {
            Step::Build(_) => builds.flat_map(|position| sheet.problems(Step::Build(position))).collect(),
            Step::Accessories(_) => builds.flat_map(|position| sheet.problems(Step::Accessories(position))).collect(),
            step => sheet.problems(step),
        }
    };
    let paths = places.map(|(_, step)| sheet.path(step));
    let told = places.map(|(_, step)| tally(&all(step)));
    let links: Vec<StepLink<'_>> = places
        .iter()
        .zip(&paths)
        .zip(&told)
        .map(|(((label, step), path), told)| StepLink {
            label,
            href: Some(path),
            state: match (told.as_str(), step) {
                ("", Step::Review) => StepState::ToCome,
                ("", Step::Accessories(_)) if !sheet.draft.answers.builds().all(|(_, _, build)| build.started) => {
                    StepState::ToCome
                }
                ("", _) => StepState::Done,
                (told, _) if told.ends_with("to answer") => StepState::Open(told),
                (told, _) => StepState::Problem(told),
            },
            is_current: std::mem::discriminant(step) == std::mem::discriminant(&sheet.step),
        })
        .collect();
    html! {
        (steps(&links))
        @if sheet.step.build().is_some() && sheet.builds() > 1 { (build_tabs(sheet)) }
    }
}

fn build_tabs(sheet: &Sheet<'_>) -> Markup {
    let of_step = |position| match sheet.step {
        Step::Accessories(_) => Step::Accessories(position),
        _ => Step::Build(position),
    };
    let builds: Vec<_> = sheet
        .draft
        .answers
        .builds()
        .map(|(position, number, build)| {
            let label = if number.trim().is_empty() { format!("Build {position}") } else { number.trim().to_string() };
            let problems = sheet.problems(of_step(position));
            let note = if build.started || matches!(sheet.step, Step::Accessories(_)) {
                tally(&problems)
            } else {
                "not started".into()
            };
            (position, label, sheet.path(of_step(position)), note)
        })
        .collect();
    let links: Vec<Tab<'_>> = builds
        .iter()
        .map(|(position, label, path, note)| Tab {
            label,
            href: path,
            note,
            mark: if note.is_empty() { "tick" } else { "" },
            is_current: sheet.step.build() == Some(*position),
        })
        .collect();
    tabs("Builds", &links)
}

/// "2 problems" when something is wrong, else "2 to answer"; empty when nothing stops the step.
pub fn tally(problems: &[&Problem]) -> String {
    let wrong = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    let missing = problems.iter().filter(|problem| problem.severity == Severity::Missing).count();
    match (wrong, missing) {
        (0, 0) => String::new(),
        (0, missing) => format!("{missing} to answer"),
        (1, _) => "1 problem".into(),
        (wrong, _) => format!("{wrong} problems"),
    }
}
