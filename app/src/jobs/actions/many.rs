//! /jobs/selections: many jobs at once, exactly those that were seen.

use super::{address, crumbs, perform, read_id, see, typed};
use crate::{
    Page,
    errors::Error,
    forms::{self, Fields},
    hx::Hx,
    session::Signed,
};
use chrono::{DateTime, Utc};
use models::{
    jobs::{
        actions::{Action, Deed, MOST, Outcome, Record, TYPED_ABOVE},
        search::{self, Filter},
        selections::Selection,
    },
    site,
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use uuid::Uuid;
use views::jobs::{actions::Typed, selections as view};

/// Jobs named in the question.
const NAMED: usize = 10;

/// Keeps what was seen and leads to the question.
#[handler]
pub async fn choose(hx: Hx, Signed(user): Signed, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let word = fields.get("action");
    let action = Action::from_word(word).filter(|action| action.is_for_many());
    let action = action.ok_or_else(|| Error::Invalid(format!("Action: “{word}” can't be done to jobs.")))?;
    let ids = seen(db, &fields).await?;
    let address = address(&fields, "/jobs/list");
    let mut tx = db.begin().await?;
    let id = Selection::make(&mut tx, user.id, action, &ids, &address).await?;
    tx.commit().await?;
    Ok(hx.see(&format!("/jobs/selections/{id}")))
}

/// The jobs whose boxes were ticked, or all that the list found when it was drawn.
async fn seen(db: &PgPool, fields: &Fields) -> Result<Vec<Uuid>, Error> {
    if fields.get("all") == "1" {
        return all(db, fields.get("filter"), fields.get("as_of")).await;
    }
    let ids = fields.all("ids").map(|id| {
        Uuid::try_parse(id).map_err(|_| Error::Invalid(format!("Jobs: “{id}” is no job. Choose them from the list.")))
    });
    ids.collect()
}

/// Exactly those that the list's filter found then: a filter that can't be read finds nothing rather than too much.
async fn all(db: &PgPool, filter: &str, as_of: &str) -> Result<Vec<Uuid>, Error> {
    let fields = forms::parse(filter.trim_start_matches('?').as_bytes())?;
    let (filter, problems) = Filter::read(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if let Some(problem) = problems.into_iter().next() {
        return Err(Error::Invalid(problem.sentence));
    }
    let time = DateTime::parse_from_rfc3339(as_of).map_err(|_| {
        Error::Invalid(format!("The time of the list: “{as_of}” is no time. Open the list again and choose there."))
    })?;
    Ok(search::ids(db, &filter, time.with_timezone(&Utc), MOST + 1).await?)
}

#[handler]
pub async fn confirm(hx: Hx, Signed(user): Signed, Path(id): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let selection = Selection::find(db, read_id(&id)?, user.id).await?;
    let typed = Typed { key: selection.id.to_string(), priority: "0".into(), ..Typed::default() };
    let page = question(&hx, db, &selection, &typed).await?;
    Ok(hx.page("Confirm", &crumbs(), page.clone(), page))
}

/// Acts on the set that was kept. Sent twice it acts once: the action has the selection's own id.
#[handler]
pub async fn act(
    hx: Hx,
    Signed(user): Signed,
    Path(id): Path<String>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let selection = Selection::find(db, read_id(&id)?, user.id).await?;
    let chosen = selection.job_ids.len();
    let count = (chosen > TYPED_ABOVE).then_some(chosen);
    let mut asked = match typed::read(selection.action, &fields, true, count) {
        Ok(asked) => asked,
        Err(typed) => return Ok(hx.refused("Confirm", &crumbs(), question(&hx, db, &selection, &typed).await?)),
    };
    asked.key = selection.id;
    let actor = hx.actor();
    let deed = Deed { key: asked.key, actor: &actor, reason: &asked.reason, address: &selection.address };
    let mut tx = db.begin().await?;
    if deed.is_done(&mut tx).await? {
        let record = Record::find(&mut *tx, selection.id).await?;
        return Ok(hx.see(&format!("/jobs/actions/{}", record.id)));
    }
    let seen = selection.seen();
    let outcome: Outcome = perform(&mut tx, &deed, asked.change, &selection.job_ids, Some(&seen)).await?;
    if outcome.done.is_empty() {
        tx.rollback().await?;
        let typed = Typed { key: selection.id.to_string(), reason: asked.reason, ..Typed::default() };
        let page = question(&hx, db, &selection, &typed).await?;
        return Ok(hx.conflict("Confirm", &crumbs(), page));
    }
    tx.commit().await?;
    Ok(see(&hx, &selection.address, selection.action, &asked, &outcome))
}

async fn question(hx: &Hx, db: &PgPool, selection: &Selection, typed: &Typed) -> Result<maud::Markup, Error> {
    let preview = selection.preview(db, NAMED).await?;
    Ok(view::page(selection, &preview, typed, site::zone().name(), &hx.csrf()))
}
