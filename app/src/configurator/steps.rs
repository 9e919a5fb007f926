//! Steps 1 to 3: reading a step, saving it as typed, and going on when nothing stops it.

use super::{Desk, Typed, desk::Table};
use crate::{Page, errors::Error, hx::Hx, session::Signed};
use models::audit;
use models::configurations::Override;
use models::configurations::words::{self, Limits};
use models::documents::Document;
use models::drafts::{Draft, OrderAnswers, Seen, known_customers, offer_numbers};
use models::users::User;
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::configurator::{self as view, Step, build as build_view, customer as customer_view, family as family_view};

#[handler]
pub async fn show_customer(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    read(hx, user, db, id, Step::Customer).await
}

#[handler]
pub async fn show_family(hx: Hx, Signed(user): Signed, Path(id): Path<i64>, Data(db): Data<&PgPool>) -> Page {
    read(hx, user, db, id, Step::Family).await
}

#[handler]
pub async fn show_build(
    hx: Hx,
    Signed(user): Signed,
    Path((id, position)): Path<(i64, usize)>,
    Data(db): Data<&PgPool>,
) -> Page {
    read(hx, user, db, id, Step::Build(position)).await
}

#[handler]
pub async fn save_customer(
    hx: Hx,
    Signed(user): Signed,
    Path(id): Path<i64>,
    Data(db): Data<&PgPool>,
    typed: Typed,
) -> Page {
    save(hx, user, db, id, Step::Customer, typed).await
}

#[handler]
pub async fn save_family(
    hx: Hx,
    Signed(user): Signed,
    Path(id): Path<i64>,
    Data(db): Data<&PgPool>,
    typed: Typed,
) -> Page {
    save(hx, user, db, id, Step::Family, typed).await
}

#[handler]
pub async fn save_build(
    hx: Hx,
    Signed(user): Signed,
    Path((id, position)): Path<(i64, usize)>,
    Data(db): Data<&PgPool>,
    typed: Typed,
) -> Page {
    save(hx, user, db, id, Step::Build(position), typed).await
}

/// A step as it stands. A draft that is an order already leads there.
pub async fn read(hx: Hx, user: User, db: &PgPool, id: i64, step: Step) -> Page {
    let desk = Desk::open(db, &user, id).await?;
    if let Some(number) = &desk.draft.order_number {
        return Ok(hx.see(&format!("/orders/{number}")));
    }
    exists(&desk.draft, step)?;
    let table = desk.sheet(&hx, &user, step);
    show(&hx, db, &desk, &table, None, &Typed::nothing()).await
}

/// Keeps what was typed. Whatever it is, it is kept; what is wrong with it is said beside it.
pub async fn save(hx: Hx, user: User, db: &PgPool, id: i64, step: Step, typed: Typed) -> Page {
    let mut tx = db.begin().await?;
    let mut draft = Draft::hold(&mut tx, &user, id).await?;
    if let Some(number) = &draft.order_number {
        return Ok(hx.see(&format!("/orders/{number}")));
    }
    exists(&draft, step)?;
    let before = draft.answers.clone();
    let offered = super::accessories::offered(db, step).await?;
    apply(&typed, &mut draft.answers, step, &offered);
    if typed.go() == "number" {
        number_builds(&mut tx, &mut draft.answers).await?;
    }
    let mut seen = typed.seen();
    if typed.go() == "keep" {
        seen.version = draft.version;
    }
    let stale = keep(&mut draft, &mut tx, &user, seen, &before).await?;
    match &stale {
        None => tx.commit().await?,
        Some(_) => tx.rollback().await?,
    }
    let desk = Desk::judge(db, draft).await?;
    let mut table = desk.sheet(&hx, &user, step);
    table.editor = seen.editor.to_string();
    table.stale = stale;
    if typed.go() == view::TYPING {
        let saved = view::saved(&table.sheet());
        return Ok(hx.page("Draft saved", &super::crumbs(), view::whole(&saved), saved));
    }
    if table.stale.is_none() && typed.go() == "next" {
        if !desk.is_open(&table) {
            return Ok(hx.see(&step.next(desk.review.builds.len()).path(id)));
        }
        table.asked = true;
    }
    if !table.asked && table.stale.is_none() && !hx.is_htmx() {
        return Ok(hx.see(&format!("{}{}", step.path(id), typed.place())));
    }
    show(&hx, db, &desk, &table, Some(&before), &typed).await
}

/// Saves unless nothing changed; the sentence when another page was quicker.
async fn keep(
    draft: &mut Draft,
    tx: &mut sqlx::PgConnection,
    user: &User,
    seen: Seen,
    before: &OrderAnswers,
) -> Result<Option<String>, Error> {
    if draft.answers == *before && !draft.is_behind(seen) {
        return Ok(None);
    }
    match draft.save(tx, user, seen).await {
        Ok(()) => Ok(None),
        // The other page typed the same.
        Err(models::Error::Stale(_)) if draft.answers == *before => Ok(None),
        Err(models::Error::Stale(sentence)) => Ok(Some(sentence)),
        Err(error) => Err(error.into()),
    }
}

fn apply(typed: &Typed, answers: &mut OrderAnswers, step: Step, offered: &[String]) {
    match step {
        Step::Customer => typed.customer(answers),
        Step::Family => typed.family(answers),
        Step::Build(position) => typed.build(&mut answers.builds[position - 1]),
        Step::Accessories(position) => typed.accessories(&mut answers.builds[position - 1], offered),
        Step::Review => {}
    }
}

async fn number_builds(tx: &mut sqlx::PgConnection, answers: &mut OrderAnswers) -> Result<(), Error> {
    let count = answers.count();
    let open = answers.build_numbers.iter().take(count).filter(|number| number.trim().is_empty()).count();
    if open == 0 {
        return Ok(());
    }
    let mut offers = offer_numbers(tx, open).await?.into_iter();
    for number in answers.build_numbers.iter_mut().take(count).filter(|number| number.trim().is_empty()) {
        *number = offers.next().unwrap_or_default();
    }
    Ok(())
}

/// Steps of builds the order does not have are not found.
pub fn exists(draft: &Draft, step: Step) -> Result<(), Error> {
    match step.build() {
        Some(position)
            if position == 0 || position > draft.answers.count() || position > draft.answers.builds.len() =>
        {
            Err(Error::not_found())
        }
        _ => Ok(()),
    }
}

pub async fn show(
    hx: &Hx,
    db: &PgPool,
    desk: &Desk,
    table: &Table<'_>,
    before: Option<&OrderAnswers>,
    typed: &Typed,
) -> Page {
    let sheet = table.sheet();
    match table.step {
        Step::Customer => {
            let documents = Document::of_draft(db, desk.draft.id).await?;
            let customers = known_customers(db).await?;
            let tomorrow = desk.house.today + chrono::Days::new(1);
            let last = desk.house.today + chrono::Months::new(60);
            let days = (tomorrow.to_string(), last.to_string());
            let part = customer_view::customer(&sheet, &customers, &documents, (&days.0, &days.1), typed.get("upload"));
            table.answer(hx, "New order", part)
        }
        Step::Family | Step::Review => table.answer(hx, "Family and quantity", family_view::family(&sheet)),
        Step::Build(position) => {
            let answers = &desk.draft.answers.builds[position - 1];
            let build = desk.review.build(position).ok_or_else(Error::not_found)?;
            let preview = desk.preview(position, before);
            let preview = preview.as_ref().map_err(String::as_str);
            let part = build_view::build(&sheet, position, answers, &build.checked, preview);
            table.answer(hx, &format!("Configure {}", build.title), part)
        }
        Step::Accessories(position) => super::accessories::page(hx, desk, table, position, before, typed),
    }
}

/// Takes over all answers of another build.
#[handler]
pub async fn copy(
    hx: Hx,
    Signed(user): Signed,
    Path((id, position)): Path<(i64, usize)>,
    Data(db): Data<&PgPool>,
    typed: Typed,
) -> Page {
    let mut tx = db.begin().await?;
    let mut draft = Draft::hold(&mut tx, &user, id).await?;
    exists(&draft, Step::Build(position))?;
    let from: usize = typed.get("from").parse().unwrap_or_default();
    exists(&draft, Step::Build(from))
        .map_err(|_| Error::Invalid("Choose a build of this order to copy from.".into()))?;
    draft.answers.builds[position - 1] = draft.answers.builds[from - 1].copied();
    draft.save(&mut tx, &user, typed.seen()).await?;
    tx.commit().await?;
    Ok(hx.see(&Step::Build(position).path(id)))
}

/// An administrator allows basins that are wider than the sink, with a reason.
#[handler]
pub async fn allow(
    hx: Hx,
    Signed(user): Signed,
    Path((id, position)): Path<(i64, usize)>,
    Data(db): Data<&PgPool>,
    typed: Typed,
) -> Page {
    let desk = Desk::open(db, &user, id).await?;
    let build = desk.review.build(position).ok_or_else(Error::not_found)?;
    let geometry = build.checked.too_wide.clone();
    let geometry = geometry
        .ok_or_else(|| Error::Invalid("The basins of this build fit the sink; nothing has to be allowed.".into()))?;
    let reason = match words::text("Reason", typed.get("reason"), Limits { least: 5, most: 500, lines: false }) {
        Ok(reason) => reason,
        Err(refused) => {
            let mut table = desk.sheet(&hx, &user, Step::Build(position));
            table.refused_reason = Some((typed.get("reason").to_string(), refused));
            return show(&hx, db, &desk, &table, None, &Typed::nothing()).await;
        }
    };
    let mut tx = db.begin().await?;
    let mut draft = Draft::hold(&mut tx, &user, id).await?;
    let seen = Seen { editor: uuid::Uuid::new_v4(), version: draft.version };
    let given =
        Override { reason: reason.clone(), user_id: user.id, user_name: user.name.clone(), geometry: geometry.clone() };
    draft.answers.builds[position - 1].geometry_override = Some(given);
    draft.save(&mut tx, &user, seen).await?;
    let object_id = id.to_string();
    let after = serde_json::json!({ "build": position, "geometry": geometry });
    let entry = audit::Entry {
        action: "allowed basins wider than the sink",
        noun: "drafts",
        object_id: &object_id,
        after: Some(after),
        reason: &reason,
        ..audit::Entry::default()
    };
    audit::record(&mut tx, &hx.actor(), entry).await?;
    tx.commit().await?;
    Ok(hx.see(&Step::Build(position).path(id)))
}
