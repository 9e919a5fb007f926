//! Faucets and sprayers of one build: what, how many, where.

use super::Sheet;
use crate::forms::{Choice, Field, Options};
use maud::{Markup, html};
use models::configurations::{
    Answers, Blocked, Checked, Choice as Word, FaucetAnswers, FaucetKind, Place, Side, SprayerAnswers, SprayerKind,
};

pub fn faucets(sheet: &Sheet<'_>, answers: &Answers, checked: &Checked) -> Markup {
    let said = sheet.said(&checked.problems, "faucets");
    html! {
        section #faucets tabindex="-1" {
            h2 { "Faucets" }
            @if !said.error.is_empty() { p .notice data-tone="stop" { (crate::components::icon("stop")) span { (said.error) } } }
            @if !said.warning.is_empty() { p .remark { (crate::components::icon("info")) (said.warning) } }
            @for (number, faucet) in (1..).zip(&answers.faucets) { (faucet_row(sheet, number, faucet, checked)) }
            (more("faucet", answers.faucets.is_empty(), checked.blocked("faucets", "add")))
        }
    }
}

fn faucet_row(sheet: &Sheet<'_>, number: usize, faucet: &FaucetAnswers, checked: &Checked) -> Markup {
    let name = |part: &str| format!("faucet-{number}-{part}");
    let said = |part: &str| sheet.said(&checked.problems, &name(part)).error;
    let kinds = words::<FaucetKind>("Choose a faucet");
    let places: Vec<Choice<'_>> = Place::ALL
        .iter()
        .filter(|place| checked.blocked(&name("place"), place.word()).is_none() || faucet.place == place.word())
        .map(|place| {
            Choice::new(place.word(), place.title()).blocked(checked.blocked(&name("place"), place.word()).map(reason))
        })
        .collect();
    let hidden: Vec<&Blocked> = checked
        .blocked
        .iter()
        .filter(|blocked| blocked.field == name("place") && blocked.value != faucet.place)
        .collect();
    html! {
        fieldset .fitting id={ "faucet-" (number) } {
            legend { "Faucet " (number) }
            button .btn data-kind="quiet" name="go" value={ "remove-faucet-" (number) } { "Remove" span .hidden { " faucet " (number) } }
            div .faucet-line {
                (Field::select(&name("type"), "Type", &kinds).value(&faucet.kind).error(said("type")))
                (Field::number(&name("quantity"), "Quantity").value(&faucet.quantity).error(said("quantity")))
            }
            (Options::new(&name("place"), "Place", &places).chosen(&[&faucet.place]).error(said("place")))
            (unavailable(&hidden))
        }
    }
}

/// Places this sink does not have, in one box: they share their reason and the choice that blocks them.
fn unavailable(blocked: &[&Blocked]) -> Markup {
    let places: Vec<&str> =
        blocked.iter().filter_map(|blocked| Place::from_word(&blocked.value)).map(|place| place.title()).collect();
    html! {
        @if let Some(first) = blocked.first() {
            div .option .unavailable role="note" data-blocked tabindex="0" {
                (crate::components::icon("bar"))
                b { (places.join(", ")) }
                small { (reason(first)) }
            }
        }
    }
}

/// The rule, the earlier choice, and the way to change it.
pub fn reason(blocked: &Blocked) -> Markup {
    html! {
        (blocked.reason) " "
        @if !blocked.choice.is_empty() {
            @let (what, chosen) = blocked.choice.split_once(": ").unwrap_or((&blocked.choice, ""));
            "You chose " (chosen) ". " a href={ "#" (blocked.change) } { "Change the " (what.to_lowercase()) }
        }
    }
}

pub fn sprayers(sheet: &Sheet<'_>, answers: &Answers, checked: &Checked) -> Markup {
    let said = sheet.said(&checked.problems, "sprayers");
    html! {
        section #sprayers tabindex="-1" {
            h2 { "Sprayers" }
            @if !said.error.is_empty() { p .notice data-tone="stop" { (crate::components::icon("stop")) span { (said.error) } } }
            @for (number, sprayer) in (1..).zip(&answers.sprayers) { (sprayer_row(sheet, number, sprayer, checked)) }
            (more("sprayer", answers.sprayers.is_empty(), checked.blocked("sprayers", "add")))
        }
    }
}

fn sprayer_row(sheet: &Sheet<'_>, number: usize, sprayer: &SprayerAnswers, checked: &Checked) -> Markup {
    let name = |part: &str| format!("sprayer-{number}-{part}");
    let said = |part: &str| sheet.said(&checked.problems, &name(part)).error;
    let kinds = words::<SprayerKind>("Choose a sprayer");
    let sides: Vec<Choice<'_>> = Side::ALL.iter().map(|side| Choice::new(side.word(), side.title())).collect();
    html! {
        fieldset .fitting id={ "sprayer-" (number) } {
            legend { "Sprayer " (number) }
            button .btn data-kind="quiet" name="go" value={ "remove-sprayer-" (number) } { "Remove" span .hidden { " sprayer " (number) } }
            (Field::select(&name("type"), "Type", &kinds).value(&sprayer.kind).error(said("type")))
            (Options::new(&name("side"), "Side", &sides).chosen(&[&sprayer.side]).error(said("side")))
        }
    }
}

fn words<'a, T: Word>(open: &'a str) -> Vec<Choice<'a>> {
    let mut choices = vec![Choice::new("", open)];
    choices.extend(T::all().iter().map(|word| Choice::new(word.word(), word.title())));
    choices
}

fn more(what: &str, is_first: bool, blocked: Option<&Blocked>) -> Markup {
    html! {
        div .actions {
            @match blocked {
                None => button .btn name="go" value={ "add-" (what) } { (crate::components::icon("plus")) @if is_first { "Add a " (what) } @else { "Add another " (what) } },
                Some(blocked) => {
                    button .btn type="button" aria-disabled="true" aria-describedby={ "more-" (what) } { "Add another " (what) }
                    small id={ "more-" (what) } { (reason(blocked)) }
                }
            }
        }
    }
}
