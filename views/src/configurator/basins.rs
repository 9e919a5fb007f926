//! The basins of one build, from the left.

use super::Sheet;
use crate::forms::{self, Check, Choice, Field, Options};
use maud::{Markup, html};
use models::configurations::{Answers, BasinAnswers, BasinKind, Checked, StandardSize};

pub fn basins(sheet: &Sheet<'_>, answers: &Answers, checked: &Checked) -> Markup {
    let count = answers.basins.len();
    let geometry = sheet.said(&checked.problems, "geometry");
    html! {
        @for (number, basin) in (1..).zip(&answers.basins) {
            section id={ "basin-" (number) } {
                h2 { @if count == 1 { "Basin" } @else { "Basin " (number) " of " (count) small { (place(number, count)) } } }
                (one(sheet, number, basin, checked))
            }
        }
        @if !geometry.error.is_empty() || !geometry.warning.is_empty() {
            section #geometry .geometry tabindex="-1" {
                @for problem in checked.problems.iter().filter(|problem| problem.field == "geometry") {
                    p .notice data-tone=(if problem.stops() { "stop" } else { "held" }) {
                        (crate::components::icon(if problem.stops() { "stop" } else { "warn" }))
                        span {
                            (problem.message)
                            @if problem.stops() && sheet.is_administrator { " " a href="#override" { "Allow it with a reason" } }
                        }
                    }
                }
            }
        }
    }
}

fn place(number: usize, count: usize) -> &'static str {
    match number {
        1 => "left",
        _ if number == count => "right",
        _ => "middle",
    }
}

fn one(sheet: &Sheet<'_>, number: usize, basin: &BasinAnswers, checked: &Checked) -> Markup {
    let name = |part: &str| format!("basin-{number}-{part}");
    let said = |part: &str| sheet.said(&checked.problems, &name(part));
    let kinds: Vec<Choice<'_>> = BasinKind::ALL
        .iter()
        .map(|kind| {
            Choice::new(kind.word(), kind.title()).fact(match kind {
                BasinKind::EDrain => "Electric drain, filled by hand",
                BasinKind::ESink => "Touchscreen, mixes to temperature",
                BasinKind::ESinkDi => "Treated water, brings a gooseneck",
            })
        })
        .collect();
    let mut sizes: Vec<Choice<'_>> =
        StandardSize::ALL.iter().map(|size| Choice::new(size.word(), size.title())).collect();
    sizes.push(Choice::new("custom", "Custom…"));
    let (kind_name, size_name) = (name("type"), name("size"));
    html! {
        (forms::hidden(&name("shown"), "1"))
        div .form {
            (Options::new(&kind_name, "Type", &kinds).chosen(&[&basin.kind]).error(said("type").error))
            div .sizes { (Options::new(&size_name, "Size, W × L × D in inches", &sizes).chosen(&[&basin.size]).error(said("size").error)) }
            @if basin.size == "custom" {
                div .pair {
                    @for (part, label, value, most) in [
                        ("width", "Width", &basin.width, "Up to 50"),
                        ("length", "Length, front to back", &basin.length, "Up to 50"),
                        ("depth", "Depth", &basin.depth, "Up to 20"),
                    ] {
                        (Field::number(&name(part), label).unit("in").value(value).hint(most).error(said(part).error))
                    }
                }
            }
            fieldset .field {
                legend { "Add-ons " small { "(optional)" } }
                div .addons {
                    (Check::new(&name("p_trap"), "P-trap disinfection unit").checked(basin.p_trap))
                    (Check::new(&name("light"), "Basin light").checked(basin.light))
                }
            }
        }
    }
}
