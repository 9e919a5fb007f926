//! Step 2: which sinks, how many, and their numbers.

use super::{Parts, Sheet, aside, page};
use crate::forms::{Choice, Field, Options};
use maud::{Markup, html};
use models::configurations::Family;
use models::drafts::MOST_BUILDS;

pub fn family(sheet: &Sheet<'_>) -> Markup {
    let answers = &sheet.draft.answers;
    let problems = &sheet.review.heading.sinks;
    let quantity = sheet.said(problems, "quantity");
    let most = format!("1 to {MOST_BUILDS}, one build number each");
    let form = html! {
        section {
            h2 { "Sink family" }
            (families(&answers.family, sheet.said(problems, "family").error))
        }
        section {
            h2 { "Builds" }
            div .form {
                (Field::number("quantity", "Quantity").value(&answers.quantity).hint(&most).error(quantity.error))
                div .numbers {
                    @for (position, number, _) in answers.builds() {
                        @let field = format!("build-{position}-number");
                        @let label = if answers.count() == 1 { "Build number".to_string() } else { format!("Build {position}") };
                        (Field::text(&field, &label).value(number).short().error(sheet.said(problems, &field).error))
                    }
                }
                p .hint { "A build number stands on the product's label and is used once: 3 to 40 letters, digits and hyphens." }
                div .actions { button .btn name="go" value="number" { "Number the builds without one" } }
            }
        }
    };
    page(
        sheet,
        Parts {
            title: "Family and quantity",
            facts: &super::customer_line(sheet),
            actions: html! {},
            form,
            beside: aside::whole_order(sheet),
            after: html! {},
        },
    )
}

fn families(chosen: &str, error: &str) -> Markup {
    let blocked = || Some(html! { "Under construction: it cannot be configured yet. Choose MDRD CleanStation." });
    let choices = [
        Choice::new(Family::Mdrd.word(), Family::Mdrd.title()).fact("Reprocessing sinks with 1 to 3 basins"),
        Choice::new(Family::Endoscope.word(), Family::Endoscope.title()).blocked(blocked()),
        Choice::new(Family::Instro.word(), Family::Instro.title()).blocked(blocked()),
    ];
    html! { (Options::new("family", "What is built", &choices).chosen(&[chosen]).error(error)) }
}
