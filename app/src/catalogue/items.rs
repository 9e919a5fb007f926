//! /catalogue/items/…: one item, its cost, and the revision of its quantities.

use super::{crumb, scope};
use crate::{Page, errors::Error, forms::Fields, hx::Hx, session::Signed};
use maud::Markup;
use models::{
    catalogue::{
        self, ItemIndex,
        browse::{self, Scope},
        costs,
        revise::{self, Change, ComponentChange},
        usage,
    },
    documents::drawings::Drawing,
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use std::collections::HashMap;
use views::{
    catalogue::{self as view, drawings::Drawings, items::Form},
    layout::Crumb,
};

/// Lines of an item's tree on its page.
const TREE_LIMIT: usize = 2_000;

/// What is wrong with the last form sent from the page.
#[derive(Default)]
pub struct Problems<'a> {
    cost: Problem,
    revise: Problem,
    /// The sentence about a drawing.
    drawing: &'a str,
}

impl Problems<'_> {
    pub fn with_drawing(sentence: &str) -> Problems<'_> {
        Problems { drawing: sentence, ..Problems::default() }
    }
}

/// What somebody typed into one of the two forms, and the sentence about it.
#[derive(Default)]
struct Problem {
    sentence: Option<String>,
    typed: HashMap<String, String>,
}

#[handler]
pub async fn show(hx: Hx, Signed(user): Signed, Path(number): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let number = known(&number)?;
    let (crumbs, main) = page(&hx, &user, db, number, &Problems::default()).await?;
    Ok(hx.page(number, &crumbs, main.clone(), main))
}

#[handler]
pub async fn set_cost(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let number = known(&number)?;
    visible(db, &user, number).await?;
    let cost = match costs::read(fields.get("cost")) {
        Ok(cost) => cost,
        Err(models::Error::Invalid(sentence)) => {
            let cost = Problem { sentence: Some(sentence), typed: typed(&fields) };
            let problems = Problems { cost, ..Problems::default() };
            let (crumbs, main) = page(&hx, &user, db, number, &problems).await?;
            return Ok(hx.refused(&format!("Error: {number}"), &crumbs, main));
        }
        Err(other) => return Err(other.into()),
    };
    let mut tx = db.begin().await?;
    costs::set(&mut tx, number, cost, &hx.actor()).await?;
    tx.commit().await?;
    let (_, main) = page(&hx, &user, db, number, &Problems::default()).await?;
    Ok(hx.changed(&view::item_href(number), main))
}

#[handler]
pub async fn revise_item(
    hx: Hx,
    Signed(user): Signed,
    Path(number): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let number = known(&number)?;
    let revised = match change(number, &fields) {
        Ok(change) => {
            let mut tx = db.begin().await?;
            let revised = revise::revise(&mut tx, &change, &hx.actor()).await;
            if revised.is_ok() {
                tx.commit().await?;
            }
            revised
        }
        Err(problem) => Err(problem),
    };
    match revised {
        Ok(_) => {
            let (_, main) = page(&hx, &user, db, number, &Problems::default()).await?;
            Ok(hx.changed(&view::item_href(number), main))
        }
        Err(models::Error::Invalid(sentence)) => {
            let revise = Problem { sentence: Some(sentence), typed: typed(&fields) };
            let problems = Problems { revise, ..Problems::default() };
            let (crumbs, main) = page(&hx, &user, db, number, &problems).await?;
            Ok(hx.refused(&format!("Error: {number}"), &crumbs, main))
        }
        Err(other) => Err(other.into()),
    }
}

/// A number from an address; one with control characters is none, and the database must not see it.
pub fn known(number: &str) -> Result<&str, Error> {
    if number.chars().any(char::is_control) { Err(Error::NotFound("Item not found.".into())) } else { Ok(number) }
}

pub async fn visible(db: &PgPool, user: &User, number: &str) -> Result<(Scope, i32, browse::Item), Error> {
    let (scope, revision) = scope(db, user).await?.ok_or_else(Error::not_found)?;
    Ok((scope, revision, browse::item(db, scope, number).await?))
}

pub async fn page(
    hx: &Hx,
    user: &User,
    db: &PgPool,
    number: &str,
    problems: &Problems<'_>,
) -> Result<(Vec<Crumb>, Markup), Error> {
    let (scope, revision, item) = visible(db, user, number).await?;
    let catalogue = catalogue::load(db, scope.revision_id).await?;
    let place: Option<ItemIndex> = catalogue.find(number);
    let (tree, is_cut) = place.map(|place| usage::tree(&catalogue, place, TREE_LIMIT)).unwrap_or_default();
    let mut uses = place.map(|place| usage::uses(&catalogue, place)).unwrap_or_default();
    let openable = if scope.service_only { Some(browse::service_parts(db, scope.revision_id).await?) } else { None };
    if let Some(openable) = &openable {
        // Where a part is built in is not for the service department, unless that is a service part too.
        uses.direct.retain(|one| openable.contains(&one.number));
        uses.top.retain(|one| openable.contains(&one.number));
    }
    let cost = costs::of(db, item.id).await?;
    let (drawings, csrf) = (Drawing::of(db, item.id).await?, hx.csrf());
    let shown = view::items::Show {
        csrf: &csrf,
        revision,
        item: &item,
        places: &browse::places(db, scope, item.id).await?,
        components: &browse::components(db, scope.revision_id, item.id).await?,
        tree: &tree,
        is_cut,
        uses: &uses,
        cost: cost.as_ref(),
        history: &browse::history(db, item.id).await?,
        openable: openable.as_ref(),
        may_set_costs: user.may(Can::SetCosts),
        may_revise: user.may(Can::EditCatalogue),
        cost_form: form(&problems.cost),
        revise_form: form(&problems.revise),
        drawings: Drawings {
            number: &item.number,
            drawings: &drawings,
            csrf: user.may(Can::EditCatalogue).then_some(csrf.as_str()),
            problem: problems.drawing,
            now: chrono::Utc::now(),
        },
    };
    let mut crumbs = vec![crumb()];
    if let Some(code) = &item.subcategory_code {
        crumbs.push(Crumb::new(code.as_str(), view::category_href(code)));
    }
    Ok((crumbs, view::items::show(&shown)))
}

fn form(problem: &Problem) -> Form<'_> {
    Form { typed: problem.sentence.as_ref().map(|_| &problem.typed), problem: problem.sentence.as_deref() }
}

fn typed(fields: &Fields) -> HashMap<String, String> {
    fields.0.iter().cloned().collect()
}

/// The change a form asks for. Quantities are named by their position: `quantity-3`.
fn change(number: &str, fields: &Fields) -> models::Result<Change> {
    let mut components = Vec::new();
    for (name, value) in &fields.0 {
        let Some(position) = name.strip_prefix("quantity-").and_then(|position| position.parse().ok()) else {
            continue;
        };
        let settled = fields.has(&format!("settled-{position}"));
        components.push(ComponentChange { position, quantity: revise::quantity(value)?, settled });
    }
    let reason = fields.get("reason").trim();
    if reason.chars().count() > 500 {
        return Err(models::Error::Invalid("A reason has at most 500 characters. Shorten it.".into()));
    }
    Ok(Change {
        revision: fields.get("revision").parse().unwrap_or_default(),
        item: number.to_owned(),
        settles_item: fields.has("settles"),
        answers_question: fields.has("answers"),
        components,
        reason: reason.to_owned(),
    })
}
