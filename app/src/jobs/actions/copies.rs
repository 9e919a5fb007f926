//! /jobs/…/copy: the same work once more, with other arguments.

use super::{crumbs, read_id, typed};
use crate::{Page, errors::Error, forms::Fields, hx::Hx, jobs::arguments};
use jobs::Job;
use models::jobs::{
    Links, Run,
    actions::{Action, Copied, Deed},
};
use poem::{
    handler,
    web::{Data, Path},
};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;
use views::jobs::{
    actions::{self as words, Did},
    copies as view, names,
};

#[handler]
pub async fn ask(hx: Hx, Path(id): Path<String>, Data(db): Data<&PgPool>) -> Page {
    let run = Run::find(db, read_id(&id)?).await?;
    let form = view::Form { key: Uuid::now_v7().to_string(), arguments: arguments::fields(&run), ..Default::default() };
    let page = view::page(&run, &form, &hx.csrf());
    Ok(hx.page(words::verb(Action::Copy), &crumbs(), page.clone(), page))
}

#[handler]
pub async fn make(hx: Hx, Path(id): Path<String>, fields: Fields, Data(db): Data<&PgPool>) -> Page {
    let original = Run::find(db, read_id(&id)?).await?;
    let key: Uuid = fields.get("key").parse().unwrap_or_else(|_| Uuid::now_v7());
    let mut form = view::Form { key: key.to_string(), reason: fields.get("reason").to_owned(), ..Default::default() };
    let reason = typed::reason(&form.reason, true).unwrap_or_else(|sentence| {
        form.reason_problem = sentence;
        String::new()
    });
    let job = match arguments::read(&original, &fields) {
        Ok(job) if form.reason_problem.is_empty() => job,
        read => {
            form.arguments = read.err().unwrap_or_else(|| retyped(&original, &fields));
            return Ok(hx.refused(words::verb(Action::Copy), &crumbs(), view::page(&original, &form, &hx.csrf())));
        }
    };
    let actor = hx.actor();
    let address = names::path(&original.id);
    let deed = Deed { key, actor: &actor, reason: &reason, address: &address };
    let mut tx = db.begin().await?;
    if deed.is_done(&mut tx).await? {
        return Ok(hx.see(&format!("/jobs/actions/{key}")));
    }
    match enqueue(&mut tx, &deed, &original, &job, hx.request_id()).await? {
        Ok(made) => {
            tx.commit().await?;
            let did = Did { action: Action::Copy, done: 1, left: 0, id: key, is_undo: false };
            Ok(hx.see_done(&names::path(&made), did))
        }
        Err(problem) => {
            tx.rollback().await?;
            form.arguments = retyped(&original, &fields);
            let at = form.arguments.iter().position(|field| field.name == problem.0).unwrap_or_default();
            match form.arguments.get_mut(at) {
                Some(field) => field.problem = problem.1,
                None => form.reason_problem = problem.1,
            }
            Ok(hx.refused(words::verb(Action::Copy), &crumbs(), view::page(&original, &form, &hx.csrf())))
        }
    }
}

/// The fields with what was typed, none of it wrong.
fn retyped(original: &Run, fields: &Fields) -> Vec<view::Typed> {
    let mut typed = arguments::fields(original);
    for field in &mut typed {
        field.typed = fields.get(&format!("argument-{}", field.name)).to_owned();
    }
    typed
}

/// Asks for the copy, unless its arguments name nothing, its kind refuses, or the same job is not over yet: then the
/// argument and the sentence for it.
async fn enqueue(
    tx: &mut PgConnection,
    deed: &Deed<'_>,
    original: &Run,
    job: &Job,
    request_id: &str,
) -> Result<Result<Uuid, (String, String)>, Error> {
    let links = match Links::named_in(tx, &json!(job)).await? {
        Ok(links) => links,
        Err(unknown) => return Ok(Err((unknown.argument.into(), unknown.sentence))),
    };
    if let Err(why) = job.may_run(&mut *tx).await {
        return Ok(Err((String::new(), why)));
    }
    let links = Links {
        copy_of: Some(original.id),
        requested_by: deed.actor.user_id,
        trace_id: request_id.to_owned(),
        ..links
    };
    let made = job.enqueue(tx, links).await?;
    if made.copy_of != Some(original.id) || made.trace_id != request_id {
        let sentence = format!("Job {} does the same and is not over yet.", names::short(made.id));
        return Ok(Err((String::new(), sentence)));
    }
    Copied { original, made: &made }.keep(tx, deed).await?;
    Ok(Ok(made.id))
}
