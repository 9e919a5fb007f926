//! What a step needs on the table: the draft, the rules and catalogue in force, and what they say.

use crate::{Page, errors::Error, hx::Hx};
use maud::Markup;
use models::catalogue::{self, Catalogue};
use models::configurations::Family;
use models::drafts::{Draft, House, OrderAnswers, Preview, Review, preview, review};
use models::rules::{self, Facts, Rules};
use models::site;
use models::users::{Role, User};
use poem::http::HeaderValue;
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;
use views::configurator::{Sheet, Step, whole};

pub struct Desk {
    pub draft: Draft,
    pub house: House,
    pub review: Review,
    pub rules: Option<Arc<Rules>>,
    catalogue: Result<Arc<Catalogue>, String>,
}

impl Desk {
    pub async fn open(db: &PgPool, user: &User, id: i64) -> Result<Desk, Error> {
        let draft = Draft::find(db, user, id).await?;
        Desk::judge(db, draft).await
    }

    pub async fn judge(db: &PgPool, draft: Draft) -> Result<Desk, Error> {
        let rules = in_force(rules::active(db, Family::Mdrd.word()).await)?;
        let catalogue = in_force(catalogue::active(db).await)?;
        let mut connection = db.acquire().await?;
        let house = House::look(&mut connection, &draft.answers, site::zone().name()).await?;
        let review = review(&draft.answers, &house, rules.as_deref().ok());
        Ok(Desk { draft, house, review, rules: rules.ok(), catalogue })
    }

    pub fn sheet(&self, hx: &Hx, user: &User, step: Step) -> Table<'_> {
        let saved = site::local(self.draft.updated_at).format("%H:%M").to_string();
        Table {
            desk: self,
            csrf: hx.csrf(),
            editor: Uuid::new_v4().to_string(),
            saved_at: saved,
            step,
            asked: false,
            stale: None,
            is_administrator: user.role == Role::Administrator,
            refused_reason: None,
        }
    }

    /// The parts of a build, marked against what they were before the last choice.
    pub fn preview(&self, position: usize, before: Option<&OrderAnswers>) -> Result<Preview, String> {
        let build = self.review.build(position).ok_or("This order has no such build.")?;
        let rules =
            self.rules.as_deref().ok_or("No BOM rules are in force. An administrator publishes them under Rules.")?;
        let catalogue = self.catalogue.as_deref().map_err(String::as_str);
        let earlier: Option<Facts> = before.and_then(|before| {
            let before = review(before, &self.house, Some(rules));
            before.build(position).map(|build| build.facts.clone())
        });
        Ok(preview(rules, catalogue, &build.facts, earlier.as_ref()))
    }

    pub fn catalogue(&self) -> Option<&Catalogue> {
        self.catalogue.as_deref().ok()
    }

    /// Whether anything stops the step.
    pub fn is_open(&self, table: &Table<'_>) -> bool {
        table.sheet().problems(table.step).iter().any(|problem| problem.stops())
    }
}

/// A sentence instead of the thing when nothing is in force yet; other errors end the request.
fn in_force<T>(found: models::Result<T>) -> Result<Result<T, String>, Error> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(models::Error::Invalid(sentence)) => Ok(Err(sentence)),
        Err(error) => Err(error.into()),
    }
}

/// What one answer shows of the desk.
pub struct Table<'a> {
    desk: &'a Desk,
    csrf: String,
    pub editor: String,
    saved_at: String,
    pub step: Step,
    pub asked: bool,
    pub stale: Option<String>,
    is_administrator: bool,
    /// A reason as typed, and what is wrong with it.
    pub refused_reason: Option<(String, String)>,
}

impl Table<'_> {
    pub fn sheet(&self) -> Sheet<'_> {
        Sheet {
            draft: &self.desk.draft,
            review: &self.desk.review,
            step: self.step,
            csrf: &self.csrf,
            editor: &self.editor,
            asked: self.asked,
            stale: self.stale.as_deref(),
            saved_at: &self.saved_at,
            is_administrator: self.is_administrator,
            refused_reason: self.refused_reason.as_ref().map(|(typed, refused)| (typed.as_str(), refused.as_str())),
        }
    }

    /// The step's answer: 422 when it was refused, else the page or its part.
    pub fn answer(&self, hx: &Hx, title: &str, part: Markup) -> Page {
        let crumbs = super::crumbs();
        let full = if hx.wants_fragment() { part.clone() } else { whole(&part) };
        if !self.asked && self.stale.is_none() && self.refused_reason.is_none() {
            return Ok(hx.page(title, &crumbs, full, part));
        }
        let mut response = hx.refused(&format!("Error: {title}"), &crumbs, full);
        // Replaced as a whole, so that the sentences are seen and get the focus.
        response
            .headers_mut()
            .insert("hx-reswap", HeaderValue::from_static("outerHTML scroll:top scrollTarget:window"));
        Ok(response)
    }
}
