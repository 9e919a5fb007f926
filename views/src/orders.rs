//! /orders: the board of orders, its filters, and the order pages.

pub mod build;
pub mod documents;
pub mod record;
pub mod runs;
pub mod summary;

use crate::{
    components::{Header, Place, Tab, Tone, badge, buttons, empty, moment, rail, tabs},
    layout::stylesheet,
    table::{self, Column, Pager, Table, grouped},
};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use maud::{Markup, html};
use models::orders::{Filter, ListPage, Listed, Stage, View, list::Total};

/// What the board shows besides its rows.
pub struct Board<'a> {
    pub filter: &'a Filter,
    pub page: &'a ListPage,
    pub total: Total,
    /// Number of the first row shown, from 1: only for the sentence under the list.
    pub from: u64,
    pub today: NaiveDate,
    pub now: DateTime<Utc>,
    /// Somebody who may enter orders gets the button.
    pub csrf: Option<&'a str>,
    /// Whether the person may open an order, or sees the list alone.
    pub is_open: bool,
}

pub fn index(board: &Board<'_>) -> Markup {
    let facts = counted(board.total);
    let ways = html! {
        a .btn href={ "/orders.csv" (query(board.filter)) } { "Export CSV" }
        @if let Some(csrf) = board.csrf { (buttons::post_button("/drafts", csrf, buttons::Kind::Primary, "New order")) }
    };
    html! {
        (stylesheet("orders.css"))
        (Header::new("Orders").facts(&facts).actions(ways))
        (views(board))
        (filters(board))
        (list(board))
    }
}

/// The rows, for htmx: after a search, and when orders came in elsewhere.
pub fn list(board: &Board<'_>) -> Markup {
    let columns = columns(board);
    let table = Table::new("Orders, newest first", &columns, &board.page.orders)
        .two_lines()
        .row_id(|order: &Listed| format!("order-{}", order.id))
        .empty(nothing(board))
        .pager(pager(board));
    html! {
        div #orders hx-get={ "/orders" (place(board)) } hx-trigger="resync from:#live" hx-swap="outerMorph" {
            @if board.filter.older_than.is_none() && board.filter.newer_than.is_none() {
                div #news hx-get={ "/orders/news" (place(board)) } hx-trigger="orders:all from:#live delay:500ms" hx-swap="innerHTML" {}
            }
            (table)
        }
    }
}

/// "2 new orders. Show them": rows never move by themselves.
pub fn news(count: i64, filter: &Filter) -> Markup {
    html! {
        @if count > 0 {
            p .notice data-tone="moving" {
                @if count == 1 { "1 new order. " } @else { (grouped(count as u64)) " new orders. " }
                a href={ "/orders" (query(filter)) } { "Show the newest" }
            }
        }
    }
}

fn counted(total: Total) -> String {
    match total {
        Total::Exactly(1) => "1 order".into(),
        Total::Exactly(count) => format!("{} orders", grouped(count as u64)),
        Total::AtLeast(count) => format!("More than {} orders", grouped(count as u64)),
    }
}

fn views(board: &Board<'_>) -> Markup {
    let hrefs: Vec<String> = View::ALL.into_iter().map(view_href).collect();
    let ways: Vec<Tab<'_>> = View::ALL
        .into_iter()
        .zip(&hrefs)
        .map(|(view, href)| Tab { label: view.title(), href, is_current: view == board.filter.view, ..Tab::default() })
        .collect();
    tabs("Views", &ways)
}

fn view_href(view: View) -> String {
    if view == View::All { "/orders".into() } else { format!("/orders?view={}", view.word()) }
}

fn filters(board: &Board<'_>) -> Markup {
    let filter = board.filter;
    html! {
        form .filters action="/orders" role="search" hx-get="/orders" hx-target="#orders" hx-swap="outerMorph"
            hx-trigger="input changed delay:200ms from:find input[type=search], submit" hx-sync="this:replace" hx-replace-url="true" {
            @if filter.view != View::All { input type="hidden" name="view" value=(filter.view.word()); }
            input type="search" name="search" value=(filter.search.as_deref().unwrap_or_default()) maxlength="200"
                placeholder="Number, PO, customer or build" aria-label="Number, PO, customer or build";
            (table::chip("Stage", filter.stage.map(|stage| format!("Stage: {}", stage.title())).as_deref(), stages(filter.stage)))
            @if matches!(filter.view, View::All | View::Mine) {
                (table::chip("Want date", wanted(filter).as_deref(), want_dates(filter)))
            }
            button .btn { "Search" }
            @if filter.search.is_some() || filter.stage.is_some() || wanted(filter).is_some() {
                a .btn data-kind="quiet" href=(view_href(filter.view)) { "Clear" }
            }
        }
    }
}

fn stages(chosen: Option<Stage>) -> Markup {
    html! {
        select name="stage" aria-label="Stage" {
            option value="" { "Any" }
            @for stage in Stage::ALL.into_iter().filter(|stage| *stage != Stage::Draft) {
                option value=(stage.word()) selected[chosen == Some(stage)] { (stage.title()) }
            }
        }
    }
}

fn want_dates(filter: &Filter) -> Markup {
    let value = |on: Option<NaiveDate>| on.map(|on| on.to_string());
    html! {
        label { "From " input type="date" name="want_from" value=[value(filter.want_from)]; }
        label { "To " input type="date" name="want_to" value=[value(filter.want_to)]; }
    }
}

fn wanted(filter: &Filter) -> Option<String> {
    if !matches!(filter.view, View::All | View::Mine) {
        return None;
    }
    let day = |on: NaiveDate| on.format("%-d %b %Y").to_string();
    match (filter.want_from, filter.want_to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("Wanted from {}", day(from))),
        (None, Some(to)) => Some(format!("Wanted until {}", day(to))),
        (Some(from), Some(to)) => Some(format!("Wanted {} to {}", day(from), day(to))),
    }
}

fn columns<'a>(board: &'a Board<'_>) -> Vec<Column<'a, Listed>> {
    let (today, now, is_open) = (board.today, board.now, board.is_open);
    vec![
        Column::key("Order", move |order: &Listed| {
            html! {
                @if is_open { a href={ "/orders/" (order.number) } { (order.number) } } @else { (order.number) }
                small { "PO " (order.po_number) }
            }
        }),
        Column::new("Customer", |order: &Listed| {
            html! { (order.customer) @if !order.project.is_empty() { small { (order.project) } } }
        }),
        Column::number("Builds", |order: &Listed| html! { (order.builds) }),
        Column::new("Stage", |order: &Listed| stage(order.stage)),
        Column::new("Priority", |order: &Listed| priority(&order.priority)).priority(3),
        Column::date("Want date", move |order: &Listed| want_date(order, today)),
        Column::date("Entered", move |order: &Listed| moment(&order.created_at, &now)).priority(3),
    ]
}

/// The badge with its rail under it.
pub fn stage(stage: Stage) -> Markup {
    let tone = Tone::from(stage.tone());
    html! {
        (badge(tone, stage.title()))
        @if let Some(position) = stage.segment() { " " (rail(Place { position, tone, word: stage.title() })) }
    }
}

/// Nothing for the ordinary.
pub fn priority(word: &str) -> Markup {
    match word {
        "rush" => badge(Tone::Held, "Rush"),
        "emergency" => badge(Tone::Stop, "Emergency"),
        _ => html! {},
    }
}

/// The date, and how far it is while somebody still waits.
pub fn want_date(order: &Listed, today: NaiveDate) -> Markup {
    let is_waiting = !matches!(order.stage, Stage::Shipped | Stage::Delivered | Stage::Cancelled);
    let days = (order.want_on - today).num_days();
    let distance = match days {
        ..-1 => format!("{} days late", -days),
        -1 => "1 day late".into(),
        0 => "today".into(),
        1 => "tomorrow".into(),
        2.. => format!("in {days} days"),
    };
    let pattern = if order.want_on.year() == today.year() { "%-d %b" } else { "%-d %b %Y" };
    html! {
        time datetime=(order.want_on) title=(order.want_on.format("%A, %-d %B %Y")) { (order.want_on.format(pattern)) }
        @if is_waiting { small data-tone=[(days < 0).then_some("stop")] { (distance) } }
    }
}

fn nothing(board: &Board<'_>) -> Markup {
    let filter = board.filter;
    match (&filter.search, filter.view) {
        (Some(search), View::All) => {
            empty(&format!("No order matches \"{search}\"."), html! { a href="/orders" { "Show all orders" } })
        }
        (Some(search), view) => empty(
            &format!("No order matches \"{search}\" in {}.", view.title()),
            html! { a href={ "/orders?search=" (crate::links::encode(search)) } { "Search all orders" } },
        ),
        (None, View::Late) => empty("No order is late.", html! {}),
        (None, View::DueThisWeek) => {
            empty("No order is due this week.", html! { a href="/orders" { "Show all orders" } })
        }
        (None, View::Mine) => {
            empty("You have not entered an order yet.", html! { a href="/orders" { "Show all orders" } })
        }
        (None, View::All) if filter.is_everything() => {
            empty("There are no orders yet. The first one appears here when it is created.", html! {})
        }
        (None, View::All) => {
            empty("No order has this stage and want date.", html! { a href="/orders" { "Show all orders" } })
        }
    }
}

fn pager(board: &Board<'_>) -> Pager {
    let rows = board.page.orders.len() as u64;
    let last = (board.from + rows).saturating_sub(1);
    let turn = |key: &str, id: Option<i64>, from: u64| {
        id.map(|id| {
            let query = query(board.filter);
            format!("/orders{query}{}{key}={id}&from={from}", if query.is_empty() { "?" } else { "&" })
        })
    };
    Pager {
        first: board.from,
        last,
        total: match board.total {
            Total::Exactly(count) => Some(count as u64),
            Total::AtLeast(_) => None,
        },
        previous: turn(
            "newer",
            board.page.newer_than,
            board.from.saturating_sub(models::orders::list::PAGE as u64).max(1),
        ),
        next: turn("older", board.page.older_than, last + 1),
    }
}

/// The filter as a query, without the place in the list.
pub fn query(filter: &Filter) -> String {
    let mut parts = Vec::new();
    if filter.view != View::All {
        parts.push(format!("view={}", filter.view.word()));
    }
    if let Some(search) = &filter.search {
        parts.push(format!("search={}", crate::links::encode(search)));
    }
    if let Some(stage) = filter.stage {
        parts.push(format!("stage={}", stage.word()));
    }
    if matches!(filter.view, View::All | View::Mine) {
        parts.extend(filter.want_from.map(|on| format!("want_from={on}")));
        parts.extend(filter.want_to.map(|on| format!("want_to={on}")));
    }
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

/// The query of exactly this page, and of the newest order it knows.
fn place(board: &Board<'_>) -> String {
    let mut place = query(board.filter);
    let mut push = |part: String| {
        place.push(if place.is_empty() { '?' } else { '&' });
        place.push_str(&part);
    };
    if let Some(id) = board.filter.older_than {
        push(format!("older={id}"));
    }
    if let Some(id) = board.filter.newer_than {
        push(format!("newer={id}"));
    }
    push(format!("from={}", board.from));
    push(format!("seen={}", board.page.orders.first().map_or(0, |order| order.id)));
    place
}
