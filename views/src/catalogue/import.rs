//! Importing a catalogue: the three files, the report of the dry run, and the button that means it.

use crate::{
    components::{Tone, badge, notice, plate},
    forms::{Check, csrf, error_summary},
    layout::stylesheet,
};
use maud::{Markup, html};
use models::catalogue::defects::{self, Counts, Defect, Report, Severity};
use models::catalogue::handmade::Lost;

/// Defects of one kind shown before the rest folds.
const SHOWN: usize = 5;
/// Lines made by hand named before the rest folds.
const NAMED: usize = 10;

pub fn form(token: &str, problem: Option<&str>, report: Option<&Report>) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { "Import catalogue" }
                p { "Nothing is saved before you have seen the report." }
            }
            form .form method="post" action="/catalogue/import" enctype="multipart/form-data" {
                (csrf(token))
                div .field data-error[problem.is_some()] {
                    label for="files" { "Files" }
                    @if let Some(problem) = problem { p .error #files-error role="alert" { (problem) } }
                    input #files type="file" name="files" accept=".json,application/json" multiple required
                        aria-invalid=[problem.map(|_| "true")] aria-describedby="files-error files-hint";
                    p .hint #files-hint { "Choose assemblies.json, categories.json and parts.json together, 8 MB each at most." }
                }
                div .actions { button .btn data-kind="primary" { "Check files" } }
            }
            @if let Some(report) = report { (self::report(report)) }
        }
    }
}

/// What a dry run has to decide about.
pub struct Dry<'a> {
    pub csrf: &'a str,
    /// Where the button posts to.
    pub action: &'a str,
    pub report: &'a Report,
    /// The revision these very files made before.
    pub known: Option<i32>,
    /// The number the first new revision will have.
    pub next: i32,
    /// What people revised by hand and the files say differently.
    pub lost: &'a [Lost],
    /// Nobody agreed to lose it.
    pub unsaid: bool,
}

pub fn dry_run(page: &Dry<'_>) -> Markup {
    html! {
        main #main tabindex="-1" {
            (stylesheet("catalogue.css"))
            header .page-head {
                h1 { "Check of the catalogue" }
                p { "Dry run: nothing is saved yet." }
            }
            (counts(&page.report.counts))
            @if let Some(known) = page.known {
                (notice(Tone::Held, html! { p {
                    "These files were imported before, as "
                    a href={ "/catalogue/revisions/" (known) } { "revision " (known) }
                    ". Importing them again would change nothing."
                } }))
            } @else {
                form .form method="post" action=(page.action) {
                    (csrf(page.csrf))
                    p {
                        "All or nothing: the catalogue becomes revision " (page.next)
                        ", and where decided contents differ from the files a revision after it has them. The last one becomes active. BOMs that exist keep their revision."
                    }
                    (lost(page))
                    div .actions {
                        button .btn data-kind="primary" { "Import revision " (page.next) }
                        button .btn formaction={ (page.action) "/forget" } { "Discard files" }
                    }
                }
            }
            (report(page.report))
        }
    }
}

/// What would be lost, the first lines by name, and the tick without which nothing is imported.
fn lost(page: &Dry<'_>) -> Markup {
    let (first, rest) = page.lost.split_at(page.lost.len().min(NAMED));
    let lines = defects::counted(page.lost.len(), "line", "lines");
    let sentence = "Tick that these lines may be replaced, or discard the files.";
    html! {
        @if !first.is_empty() {
            @if page.unsaid { (error_summary(&[("gives_up", sentence)])) }
            (notice(Tone::Held, html! {
                p { b { "People revised " (lines) " by hand" } " since the last import, and these files say something else. Importing puts the files' word in their place." }
                ul { @for line in first { li { (line) } } }
                @if !rest.is_empty() { details .more { summary { "Show " (rest.len()) " more" } ul { @for line in rest { li { (line) } } } } }
            }))
            (Check::new("gives_up", &format!("Replace {lines} revised by hand")).id("gives_up").value(&page.lost.len().to_string())
                .fact("What was made by hand stays readable in the revision that is active now."))
        }
    }
}

fn counts(counts: &Counts) -> Markup {
    let facts = [
        ("Items", counts.items),
        ("Assemblies", counts.assemblies),
        ("Parts", counts.parts),
        ("Component lines", counts.components),
        ("Subcategories", counts.subcategories),
        ("Made by the import", counts.derived),
    ];
    plate(facts.map(|(label, count)| (label, html! { (count) })))
}

/// The defects by kind, worst first, with the sum of each severity.
pub fn report(report: &Report) -> Markup {
    let sum = |severity: Severity| report.defects.iter().filter(|defect| defect.severity == severity).count();
    html! {
        section #report {
            h2 { "Report" }
            @if report.defects.is_empty() { p .empty { "Nothing was found." } }
            @else {
                p .cluster {
                    @for severity in [Severity::Refused, Severity::Repaired, Severity::Reported] {
                        @if sum(severity) > 0 { (badge(tone(severity), &format!("{} {}", sum(severity), severity.word()))) }
                    }
                }
                @for (code, same) in defects::kinds(&report.defects) { (kind(code, &same)) }
            }
        }
    }
}

fn kind(code: &str, same: &[&Defect]) -> Markup {
    let (first, rest) = same.split_at(same.len().min(SHOWN));
    html! {
        section .defects id={ "defect-" (code) } {
            h3 { (badge(tone(same[0].severity), same[0].severity.word())) (defects::title(code)) " " small { (same.len()) } }
            ul { @for defect in first { li { (defect.message) } } }
            @if !rest.is_empty() {
                details .more { summary { "Show " (rest.len()) " more" } ul { @for defect in rest { li { (defect.message) } } } }
            }
        }
    }
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Refused => Tone::Stop,
        Severity::Repaired => Tone::Good,
        Severity::Reported => Tone::Held,
    }
}
