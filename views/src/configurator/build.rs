//! Step 3: one sink, from its body to its last sprayer.

use super::{Parts, Sheet, Step, aside, basins, fittings, page};
use crate::components::icon;
use crate::forms::{self, Choice, Field, Options};
use maud::{Markup, html};
use models::configurations::{Answers, Checked, Choice as Word, Colour, Drawer, Feet, Flow, Legs, Model, PegboardKind};
use models::drafts::Preview;

/// Step 3 for one build.
pub fn build(
    sheet: &Sheet<'_>,
    position: usize,
    answers: &Answers,
    checked: &Checked,
    preview: Result<&Preview, &str>,
) -> Markup {
    let title = sheet.build_title(position);
    let facts = if sheet.builds() > 1 {
        format!("{}, build {position} of {}", super::customer_line(sheet), sheet.builds())
    } else {
        super::customer_line(sheet)
    };
    let form = html! {
        section #body { h2 { "Sink body" } (body(sheet, answers, checked)) }
        section { h2 { "Pegboard" } (pegboard(sheet, answers, checked)) }
        (basins::basins(sheet, answers, checked))
        (fittings::faucets(sheet, answers, checked))
        (fittings::sprayers(sheet, answers, checked))
        section { h2 { "Drawers and compartments" } (drawers(sheet, position, answers, checked)) }
    };
    page(
        sheet,
        Parts {
            title: &format!("Configure {title}"),
            facts: &facts,
            actions: copy_menu(sheet, position),
            form,
            beside: aside::build(sheet, position, checked, preview),
            after: aside::override_form(sheet, position, checked),
        },
    )
}

/// Choosing another build of this order to take all answers from.
fn copy_menu(sheet: &Sheet<'_>, position: usize) -> Markup {
    let others: Vec<_> =
        sheet.draft.answers.builds().filter(|(other, _, build)| *other != position && build.started).collect();
    html! {
        @if !others.is_empty() {
            details .menu {
                summary .btn { "Copy from build…" (icon("down")) }
                div {
                    p { "Takes over every answer, accessories included" small { "The build number stays. Answers given here are replaced." } }
                    form method="post" action={ (sheet.path(Step::Build(position))) "/copy" } {
                        (forms::csrf(sheet.csrf))
                        (forms::hidden("editor", sheet.editor))
                        (forms::hidden("version", &sheet.draft.version.to_string()))
                        @for (other, _, build) in others {
                            button name="from" value=(other) { "Copy " (sheet.build_title(other)) small { (build.model) ", " (build.length) " in" } }
                        }
                    }
                }
            }
        }
    }
}

/// Cards for every word of a list.
fn cards<'a, T: Word>(facts: &[(&str, &'a str)]) -> Vec<Choice<'a>> {
    let fact = |word: &str| facts.iter().find(|(known, _)| *known == word).map_or("", |(_, fact)| fact);
    T::all().iter().map(|word| Choice::new(word.word(), word.title()).fact(fact(word.word()))).collect()
}

fn body(sheet: &Sheet<'_>, answers: &Answers, checked: &Checked) -> Markup {
    let said = |field: &str| sheet.said(&checked.problems, field);
    let models: Vec<Choice<'_>> = Model::ALL.iter().map(|model| Choice::new(model.word(), model.title())).collect();
    let (length, width) = (said("length"), said("width"));
    let feet = cards::<Feet>(&[]);
    let flow = cards::<Flow>(&[]);
    html! {
        div .form {
            (Options::new("model", "Model", &models).chosen(&[&answers.model]).error(said("model").error)
                .hint("Decides the number of basins. Fewer basins are taken away at the right."))
            div .pair {
                (Field::number("length", "Length").unit("in").value(&answers.length).hint("Whole inches, 48 to 120").error(length.error))
                (Field::number("width", "Width, front to back").unit("in").value(&answers.width).hint("Does not change the BOM")
                    .error(width.error).warning(width.warning))
            }
            (legs(answers, checked, said("legs").error))
            (Options::new("feet", "Feet", &feet).chosen(&[&answers.feet]).error(said("feet").error))
            (Options::new("flow", "Work flows", &flow).chosen(&[&answers.flow]).error(said("flow").error))
        }
    }
}

fn legs(answers: &Answers, checked: &Checked, error: &str) -> Markup {
    let mut choices: Vec<Choice<'_>> = Legs::ALL
        .iter()
        .map(|legs| {
            let (name, fact) = legs.title().split_once(", ").unwrap_or((legs.title(), ""));
            Choice::new(legs.word(), name).fact(fact)
        })
        .collect();
    let reason = checked.blocked("legs", "LC1-FH").map(|blocked| html! { (blocked.reason) });
    choices.push(Choice::new("LC1-FH", "LC1, fixed height").blocked(reason));
    html! { (Options::new("legs", "Legs", &choices).chosen(&[&answers.legs]).error(error)) }
}

fn pegboard(sheet: &Sheet<'_>, answers: &Answers, checked: &Checked) -> Markup {
    let said = |field: &str| sheet.said(&checked.problems, field);
    let choices =
        [Choice::new("no", "Without"), Choice::new("yes", "With pegboard").fact("Comes with the overhead light")];
    let kinds = cards::<PegboardKind>(&[]);
    let mut colours = vec![Choice::new("", "Plain")];
    colours.extend(cards::<Colour>(&[]));
    let sizes = [
        Choice::new("same", "As long as the sink").fact("The panel follows the length"),
        Choice::new("custom", "Custom…").fact("Made to size"),
    ];
    let size = if answers.pegboard_size.is_empty() { "same" } else { &answers.pegboard_size };
    html! {
        div .form {
            (Options::new("pegboard", "Panel above the sink", &choices).chosen(&[&answers.pegboard]).error(said("pegboard").error))
            @if answers.pegboard == "yes" {
                (Options::new("pegboard_type", "Type", &kinds).chosen(&[&answers.pegboard_type]).error(said("pegboard_type").error))
                div .colours {
                    (Options::new("pegboard_colour", "Colour, Colorsafe+", &colours).chosen(&[&answers.pegboard_colour]).error(said("pegboard_colour").error))
                }
                (Options::new("pegboard_size", "Size", &sizes).chosen(&[size]).error(said("pegboard_size").error))
                @if size == "custom" {
                    div .pair {
                        (Field::number("pegboard_width", "Board width").unit("in").value(&answers.pegboard_width).error(said("pegboard_width").error))
                        (Field::number("pegboard_length", "Board length").unit("in").value(&answers.pegboard_length).error(said("pegboard_length").error))
                    }
                }
            }
        }
    }
}

fn drawers(sheet: &Sheet<'_>, position: usize, answers: &Answers, checked: &Checked) -> Markup {
    let said = sheet.said(&checked.problems, "drawers");
    let choices: Vec<Choice<'_>> = Drawer::ALL
        .iter()
        .map(|drawer| {
            let fact = if *drawer == Drawer::PullOutShelf {
                "Made for the adjustable bottom shelf"
            } else {
                "15 × 20 × 12 in, stacked"
            };
            Choice::new(drawer.word(), drawer.title()).fact(fact)
        })
        .collect();
    let chosen: Vec<&str> = answers.drawers.iter().map(String::as_str).collect();
    html! {
        (forms::hidden("drawers-shown", "1"))
        (Options::new("drawers", "Inside the cabinet", &choices).chosen(&chosen).many().optional().error(said.error).warning(said.warning))
        @if !said.warning.is_empty() { p .hint { a href=(sheet.path(Step::Accessories(position))) { "Add the shelf in step 4" } } }
    }
}
