//! /orders and /builds: the board, the record of one order, the record of one sink.

use crate::{
    Page,
    csv::Writer,
    errors::Error,
    forms::{Asked, Fields},
    hx::Hx,
    limits,
    routes::Routes,
    session::Signed,
};
use chrono::{Datelike, Days, NaiveDate, Utc};
use models::{
    jobs::{Run, Standing, State, waiting::Waiting},
    orders::{Build, Filter, Order, Stage, View, list},
    site,
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    jobs::Hand,
    layout::{self, Crumb},
    orders::{
        self as view, Board, build as build_view,
        record::{self, Card, Content, Part},
        runs::Runs,
    },
};

mod papers;

use papers::Papers;

/// Characters of a search; nobody types more.
const SEARCH_LIMIT: usize = 200;
/// Rows of an export.
const EXPORTED: usize = 100_000;

pub fn routes() -> Routes {
    Routes::new()
        .get("/orders", Can::SeeOrders, index)
        .get("/orders.csv", Can::SeeOrders, export)
        .deadline(limits::EXPORT)
        .get("/orders/news", Can::SeeOrders, news)
        .get("/orders/:number", Can::SeeOrderDetails, show)
        .post("/orders/:number/parts-list", Can::MakePartsLists, papers::make)
        .takes(&[])
        .get("/builds/:number", Can::SeeOrderDetails, show_build)
}

fn crumb() -> Crumb {
    Crumb::new("Orders", "/orders")
}

#[handler]
async fn index(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let today = site::today();
    let filter = filter(&asked, &user, today)?;
    let (page, total) = tokio::try_join!(filter.page(db), filter.total(db))?;
    let csrf = hx.csrf();
    let board = Board {
        filter: &filter,
        page: &page,
        total,
        from: asked.get("from").parse().unwrap_or(1).max(1),
        today,
        now: Utc::now(),
        csrf: user.may(Can::EnterOrders).then_some(csrf.as_str()),
        is_open: user.may(Can::SeeOrderDetails),
    };
    if hx.wants_fragment() {
        let list = view::list(&board);
        return Ok(hx.page("Orders", &[], list.clone(), list));
    }
    Ok(hx.page("Orders", &[], layout::main(view::index(&board)), view::list(&board)))
}

/// How many orders came in since the board was drawn.
#[handler]
async fn news(hx: Hx, Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let filter = filter(&asked, &user, site::today())?;
    let newer = list::newer_than(db, asked.get("seen").parse().unwrap_or(i64::MAX)).await?;
    let news = view::news(newer, &filter);
    Ok(hx.page("Orders", &[crumb()], layout::main(news.clone()), news))
}

/// Everything the filter finds, newest first, page by page.
#[handler]
async fn export(Signed(user): Signed, Asked(asked): Asked, Data(db): Data<&PgPool>) -> Page {
    let mut filter = filter(&asked, &user, site::today())?;
    let mut file = Writer::new(&[
        "order",
        "po_number",
        "customer",
        "project",
        "builds",
        "stage",
        "priority",
        "want_date",
        "entered",
    ]);
    let mut written = 0;
    loop {
        let page = filter.page(db).await?;
        for order in &page.orders {
            let entered = order.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            file.row([
                &order.number,
                &order.po_number,
                &order.customer,
                &order.project,
                &order.builds.to_string(),
                order.stage.title(),
                &order.priority,
                &order.want_on.to_string(),
                &entered,
            ]);
        }
        written += page.orders.len();
        filter.newer_than = None;
        filter.older_than = page.older_than;
        if filter.older_than.is_none() || written >= EXPORTED {
            return Ok(file.attachment("orders.csv"));
        }
    }
}

#[handler]
async fn show(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    Asked(asked): Asked,
    Data(db): Data<&PgPool>,
) -> Page {
    let order = Order::find(db, &number).await?;
    let builds = order.builds(db).await?;
    let (count, now) = (builds.len(), Utc::now());
    let (cards, papers, shown, runs, entries);
    let (csrf, here) = (hx.csrf(), format!("/orders/{}?tab=jobs", order.number));
    let content = match Part::from_word(asked.get("tab")) {
        Part::Builds => {
            cards = self::cards(db, &order, builds).await?;
            Content::Builds(&cards)
        }
        Part::Documents => {
            papers = Papers::of(&hx, &user, db, &order).await?;
            shown = view::documents::Papers {
                documents: &papers.documents,
                standing: papers.standing.as_ref(),
                csrf: papers.csrf.as_deref(),
                sees_jobs: user.may(Can::SeeJobs),
                why_not: &papers.why_not,
            };
            Content::Documents(&shown)
        }
        Part::Jobs => {
            runs = self::runs(db, Run::of_order(db, order.id).await?).await?;
            Content::Jobs(&runs, hand(&user, &csrf, &here))
        }
        Part::History => {
            entries = order.history(db).await?;
            Content::History(&entries)
        }
    };
    if hx.wants_fragment() {
        let part = record::part(&order, &content, now);
        return Ok(hx.page(&order.number, &[crumb()], part.clone(), part));
    }
    let page = layout::main(record::page(&order, count, &content, site::today(), now));
    Ok(hx.page(&order.number, &[crumb()], page.clone(), page))
}

/// With why those wait that wait.
async fn runs(db: &PgPool, runs: Vec<Run>) -> Result<Runs, Error> {
    let waiting = Waiting::of_all(db, &runs).await?;
    Ok(Runs { runs, waiting })
}

/// What the person may do with the jobs on a page.
fn hand<'a>(user: &User, csrf: &'a str, address: &'a str) -> Hand<'a> {
    Hand { may_see: user.may(Can::SeeJobs), csrf: user.may(Can::SteerJobs).then_some(csrf), address }
}

/// A job that is over and well needs no sentence: its BOM speaks.
fn is_worth_saying(run: &Run) -> bool {
    !matches!(run.state, State::Done | State::Discarded)
}

/// Each build with the job its BOM waits for, if it does.
async fn cards(db: &PgPool, order: &Order, builds: Vec<Build>) -> Result<Vec<Card>, Error> {
    let latest = Run::latest_of_builds(db, order.id).await?;
    let mut standings = Standing::of_all(db, latest.into_iter().filter(is_worth_saying).collect()).await?;
    let mut card = |build: Build| {
        let own = standings.iter().position(|standing| standing.run.build_id == Some(build.id));
        Card { standing: own.map(|own| standings.swap_remove(own)), build }
    };
    Ok(builds.into_iter().map(&mut card).collect())
}

#[handler]
async fn show_build(hx: Hx, Signed(user): Signed, Path(number): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let build = Build::find(db, &number).await?;
    let runs = Run::of_build(db, build.id).await?;
    let standing = match runs.first().filter(|run| is_worth_saying(run)) {
        Some(run) => Some(Standing::of(db, run.clone()).await?),
        None => None,
    };
    let (card, now) = (Card { build, standing }, Utc::now());
    let title = format!("Build {}", card.build.number);
    let order = &card.build.order_number;
    let crumbs = [crumb(), Crumb::new(order.as_str(), format!("/orders/{order}"))];
    let (runs, csrf, here) = (self::runs(db, runs).await?, hx.csrf(), format!("/builds/{}", card.build.number));
    let page = layout::main(build_view::page(&card, &runs, hand(&user, &csrf, &here), now));
    Ok(hx.page(&title, &crumbs, page, build_view::standing(&card, now)))
}

/// What the address asks for; words that mean nothing are refused by name.
fn filter(asked: &Fields, user: &User, today: NaiveDate) -> Result<Filter, Error> {
    let view = view(asked.get("view"))?;
    let (from, to) = match view {
        View::DueThisWeek => {
            let monday = today - Days::new(today.weekday().num_days_from_monday().into());
            (Some(monday), Some(monday + Days::new(6)))
        }
        View::Late => (None, today.pred_opt()),
        View::All | View::Mine => (day(asked, "want_from")?, day(asked, "want_to")?),
    };
    let search = asked.get("search").trim();
    let id = |name: &str| asked.get(name).parse().ok().filter(|id: &i64| *id > 0);
    let newer_than = id("newer");
    Ok(Filter {
        view,
        search: (!search.is_empty()).then(|| search.chars().take(SEARCH_LIMIT).collect()),
        stage: stage(asked.get("stage"))?,
        want_from: from,
        want_to: to,
        entered_by: (view == View::Mine).then_some(user.id),
        is_open: matches!(view, View::DueThisWeek | View::Late),
        older_than: id("older").filter(|_| newer_than.is_none()),
        newer_than,
    })
}

fn view(word: &str) -> Result<View, Error> {
    let view = View::from_word(word);
    view.ok_or_else(|| Error::Invalid(format!("View: \"{word}\" is no view. Choose one of the tabs.")))
}

fn stage(word: &str) -> Result<Option<Stage>, Error> {
    if word.is_empty() {
        return Ok(None);
    }
    let stage = Stage::from_word(word);
    stage.map(Some).ok_or_else(|| Error::Invalid(format!("Stage: \"{word}\" is no stage. Choose one from the list.")))
}

/// A day of the filter; the database's own calendar ends where PostgreSQL's dates do.
fn day(asked: &Fields, name: &str) -> Result<Option<NaiveDate>, Error> {
    let typed = asked.get(name).trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok().filter(|day| (2000..=2100).contains(&day.year()));
    day.map(Some).ok_or_else(|| {
        Error::Invalid(format!("Want date: \"{typed}\" is no day. It looks like 2026-11-24, between 2000 and 2100."))
    })
}
