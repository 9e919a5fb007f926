//! Today: what this person has to do, in order; no tiles.

use crate::{
    components::{Header, buttons, empty, icon, moment},
    jobs,
    layout::stylesheet,
    orders::{self, want_date},
};
use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};
use models::{
    alerts::Alert,
    drafts,
    orders::{Listed, troubles::Trouble},
    users::{Can, Role, User},
};

pub struct Today<'a> {
    pub user: &'a User,
    pub today: NaiveDate,
    pub now: DateTime<Utc>,
    pub csrf: &'a str,
    /// Only for somebody who enters orders.
    pub drafts: &'a [drafts::Listed],
    pub troubles: &'a [Trouble],
    pub due: &'a [Listed],
    /// What is wrong with the jobs; only for those who can do something about it.
    pub alerts: &'a [Alert],
}

pub fn page(today: &Today<'_>) -> Markup {
    let title = today.today.format("Today, %A %-d %B").to_string();
    let enters = matches!(today.user.role, Role::Coordinator | Role::Administrator);
    let ways =
        html! { @if enters { (buttons::post_button("/drafts", today.csrf, buttons::Kind::Primary, "New order")) } };
    html! {
        (stylesheet("orders.css"))
        (Header::new(&title).actions(ways))
        (content(today))
    }
}

/// For htmx: refreshed when an order or a build moves.
pub fn content(today: &Today<'_>) -> Markup {
    html! {
        div #today hx-get="/" hx-trigger="resync from:#live, orders:all from:#live delay:1s, alerts:all from:#live throttle:1s" hx-target="this" hx-swap="outerMorph" {
            @match today.user.role {
                Role::Assembler => (empty("No build is assigned to you.", html! { a href="/catalogue" { "Look up a part" } })),
                Role::Service => (empty("Orders are not part of your work here.", html! { a href="/catalogue" { "Open the service parts" } })),
                _ => { (needs_you(today)) (due(today)) }
            }
        }
    }
}

fn needs_you(today: &Today<'_>) -> Markup {
    let count = today.alerts.len() + today.drafts.len() + today.troubles.len();
    html! {
        section .needs aria-labelledby="needs" {
            h2 #needs { "Needs you" @if count > 0 { " " small { (count) } } }
            @if count == 0 {
                (empty("Nothing waits for you.", html! { a href="/orders" { "Show all orders" } }))
            } @else {
                ul .worklist {
                    @for alert in today.alerts { (self::alert(alert, today.now)) }
                    @for trouble in today.troubles { (self::trouble(trouble, today.user.may(Can::SeeJobs), today.now)) }
                    @for draft in today.drafts { (self::draft(draft, today.now)) }
                }
            }
        }
    }
}

fn alert(alert: &Alert, now: DateTime<Utc>) -> Markup {
    html! {
        li data-tone="stop" {
            (icon("stop"))
            div { (alert.text) small { "Jobs" } }
            (moment(&alert.raised_at, &now))
            a href="/jobs" { "See the jobs" }
        }
    }
}

fn trouble(trouble: &Trouble, sees_jobs: bool, now: DateTime<Utc>) -> Markup {
    html! {
        li data-tone="stop" {
            (icon("stop"))
            div {
                a href={ "/orders/" (trouble.order) } { (trouble.order) }
                " BOM of build " code { (trouble.build) } " could not be made"
                small { (trouble.sentence) }
            }
            (moment(&trouble.since, &now))
            span {
                @if sees_jobs { a href=(jobs::names::path(&trouble.job_id)) { "See job" } " · " }
                a href={ "/builds/" (trouble.build) "/bom" } { "See what to do" }
            }
        }
    }
}

fn draft(draft: &drafts::Listed, now: DateTime<Utc>) -> Markup {
    let customer = draft.answers.customer.trim();
    html! {
        li data-tone="idle" {
            (icon("edit"))
            div {
                a href={ "/drafts/" (draft.id) } { @if customer.is_empty() { "New order" } @else { "Order for " (customer) } }
                " is not finished"
                small { "Saved as a draft by " (draft.owner) }
            }
            (moment(&draft.updated_at, &now))
            a href={ "/drafts/" (draft.id) } { "Go on" }
        }
    }
}

fn due(today: &Today<'_>) -> Markup {
    html! {
        section aria-labelledby="due" {
            h2 #due { "Due within two weeks" @if !today.due.is_empty() { " " small { (today.due.len()) } } }
            @if today.due.is_empty() {
                (empty("No order is due within two weeks.", html! { a href="/orders" { "Show all orders" } }))
            } @else {
                div .table data-rows="two" { table {
                    caption .hidden { "Orders due within two weeks, the soonest first" }
                    thead { tr { th scope="col" { "Order" } th scope="col" { "Customer" } th scope="col" { "Stage" } th scope="col" { "Priority" } th scope="col" data-kind="date" { "Want date" } } }
                    tbody { @for order in today.due { (row(order, today.today)) } }
                } }
            }
        }
    }
}

fn row(order: &Listed, today: NaiveDate) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/orders/" (order.number) } { (order.number) } small { "PO " (order.po_number) } }
            td { (order.customer) @if !order.project.is_empty() { small { (order.project) } } }
            td { (orders::stage(order.stage)) }
            td { (orders::priority(&order.priority)) }
            td data-kind="date" { (want_date(order, today)) }
        }
    }
}
