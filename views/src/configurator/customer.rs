//! Step 1: who orders, and until when.

use super::{Parts, Sheet, aside, documents, page};
use crate::forms::{Choice, Field, Options};
use maud::{Markup, html};
use models::configurations::{Choice as Word, Language};
use models::documents::Document;
use models::drafts::Priority;

/// Step 1. `customers` are the names known so far, `days` the first and last day somebody may want.
pub fn customer(
    sheet: &Sheet<'_>,
    customers: &[String],
    documents: &[Document],
    days: (&str, &str),
    upload: &str,
) -> Markup {
    let answers = &sheet.draft.answers;
    let problems = &sheet.review.heading.customer;
    let said = |field: &str| sheet.said(problems, field);
    let text = |name: &'static str, label: &'static str, value| {
        let said = said(name);
        Field::text(name, label).value(value).error(said.error).warning(said.warning)
    };
    let want = said("want_on");
    let form = html! {
        section {
            h2 { "Order" }
            div .form {
                div .pair {
                    (text("po_number", "PO number", &answers.po_number).hint("As on the customer's paper, 3 characters or more"))
                    (Field::date("want_on", "Want date").value(&answers.want_on).between(days.0, days.1)
                        .hint("The day the customer wants it").error(want.error).warning(want.warning))
                }
                (words::<Priority>("priority", "Priority", &answers.priority, said("priority").error))
                (words::<Language>("language", "Language of the manuals", &answers.language, said("language").error))
            }
        }
        section {
            h2 { "Customer" }
            div .form {
                (suggested(&answers.customer, customers, said("customer").error))
                div .pair {
                    (text("project", "Project", &answers.project).optional())
                    (text("sales_person", "Sales person", &answers.sales_person))
                }
                (Field::long("notes", "Notes").value(&answers.notes).optional()
                    .hint("For everybody who works on the order, up to 4,000 characters").error(said("notes").error))
            }
        }
        (documents::section(documents, upload))
    };
    page(
        sheet,
        Parts {
            title: "New order",
            facts: "Saved as you go; nothing is ordered before the last step",
            actions: html! {},
            form,
            beside: aside::whole_order(sheet),
            after: documents::forms(sheet, documents),
        },
    )
}

fn words<T: Word>(name: &str, legend: &str, chosen: &str, error: &str) -> Markup {
    let choices: Vec<Choice<'_>> = T::all().iter().map(|word| Choice::new(word.word(), word.title())).collect();
    html! { (Options::new(name, legend, &choices).chosen(&[chosen]).error(error)) }
}

/// The customer's name with those we know; another name makes a new customer.
fn suggested(value: &str, customers: &[String], error: &str) -> Markup {
    let is_known = customers.iter().any(|name| name == value.trim());
    let hint = match (value.trim().is_empty(), is_known) {
        (true, _) => "Type a few letters to find one we know",
        (_, true) => "A customer we know",
        _ => "Not among the customers we know yet: the order brings a new one",
    };
    html! {
        div .field data-error[!error.is_empty()] {
            label for="customer" { "Customer" }
            @if !error.is_empty() { p .error #customer-error { (crate::components::icon("stop")) (error) } }
            input #customer name="customer" value=(value) list="customers" aria-invalid=[(!error.is_empty()).then_some("true")]
                aria-describedby=(if error.is_empty() { "customer-hint" } else { "customer-error customer-hint" });
            datalist #customers { @for name in customers { option value=(name) {} } }
            p .hint #customer-hint { (hint) }
        }
    }
}
