//! Validating a draft, and putting it in force.

use super::{Version, crumbs, find};
use crate::{
    Page,
    boms::{unproven, waiting},
    errors::Error,
    forms::{Fields, Text, text},
    hx::Hx,
    limits, passkeys,
    routes::Routes,
    session::Signed,
};
use jobs::Job;
use models::{
    boms::approval::LONGEST_REASON,
    jobs::Links,
    permissions::State,
    rules::{Status, Template, signing, templates, validation::Report},
    signatures::{self, Meaning},
    users::{Can, User},
};
use poem::{
    handler,
    web::{Data, Path},
};
use sqlx::PgPool;
use views::rules::{
    Shown,
    publishing::{self as view, Signer, Typed},
};

pub fn routes() -> Routes {
    // Every known BOM is replayed for it.
    Routes::new()
        .get("/rules/:family/:version/publication", Can::PublishRules, validate)
        .deadline(limits::EXPORT)
        .post("/rules/:family/:version/publication", Can::PublishRules, publish)
        .takes(&["lock_version", "seen", "meaning", "content", "reason", "password", "passkey"])
        .deadline(limits::EXPORT)
}

#[handler]
async fn validate(hx: Hx, Signed(user): Signed, Path(path): Path<Version>, Data(db): Data<&PgPool>) -> Page {
    let template = find(db, &path).await?;
    let report = templates::validate(db, &template).await?;
    let page = page(&hx, &user, db, (&template, &report), Typed::default()).await?;
    Ok(hx.page("Validation", &crumbs(&template), page.clone(), page))
}

#[handler]
async fn publish(
    hx: Hx,
    Signed(user): Signed,
    Path(path): Path<Version>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let template = find(db, &path).await?;
    let seen: i32 = fields.get("lock_version").parse().unwrap_or(0);
    // The lock makes sure that what was validated here is what was shown, and what is published below.
    if template.status == Status::Draft && template.lock_version != seen {
        let said = "Somebody changed this version after you saw its validation. Look at it again.";
        return Err(Error::from(models::Error::Stale(said.into())));
    }
    let report = templates::validate(db, &template).await?;
    let note = text(fields.get("reason"), Text { label: "Reason", longest: LONGEST_REASON, lines: true });
    let (actor, object_id) = (hx.actor(), template.object_id());
    let version = template.version;
    let record = signatures::Record { noun: signing::NOUN, object_id: &object_id, id: template.id.into(), version };
    let has_meaning = Meaning::from_word(fields.get("meaning")) == Some(Meaning::RulesPublished);
    if !has_meaning {
        refuse(&hx, db, record, "no meaning").await?;
    }
    if !report.may_publish() || !fields.has("seen") || !has_meaning || note.is_err() {
        let typed = Typed {
            unseen: report.may_publish() && !fields.has("seen"),
            reason: fields.get("reason"),
            reason_error: note.as_ref().err().map_or("", String::as_str),
            no_meaning: !has_meaning,
            ..Typed::default()
        };
        let page = page(&hx, &user, db, (&template, &report), typed).await?;
        return Ok(hx.refused("Validation", &crumbs(&template), page));
    }
    let note = note.unwrap_or_default();
    if template.status != Status::Draft {
        return Err(Error::Invalid(State::Draft.refusal().into()));
    }
    if let Err(refusal) = user.must_now(Can::PublishRules, &signing::states(db, &user, &template).await?) {
        refuse(&hx, db, record, &refusal.to_string()).await?;
        return Err(refusal.into());
    }
    let meaning = Meaning::RulesPublished;
    let proof = match passkeys::prove(&hx, db, &user, &fields, (meaning, record)).await? {
        Ok(proof) => proof,
        Err(refused) => {
            let sentence = unproven(&refused)?;
            let typed = Typed { is_seen: true, reason: &note, password_error: &sentence, ..Typed::default() };
            let page = page(&hx, &user, db, (&template, &report), typed).await?;
            return Ok(waiting(hx.refused("Validation", &crumbs(&template), page), &refused));
        }
    };
    let mut tx = db.begin().await?;
    let shown = (fields.get("content"), note.as_str());
    signing::publish(&mut tx, &actor, &user, proof, (&template, seen), shown).await?;
    let links = Links {
        requested_by: hx.session().map(|session| session.user.id),
        trace_id: hx.request_id().into(),
        ..Links::default()
    };
    Job::ReplayGolden { template_id: Some(template.id) }.enqueue(&mut tx, links).await?;
    tx.commit().await?;
    Ok(hx.see(&views::rules::href(&template.family, template.version)))
}

/// Writes into the trail that somebody could not sign, and why.
async fn refuse(hx: &Hx, db: &PgPool, record: signatures::Record<'_>, why: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    signatures::refuse(&mut tx, &hx.actor(), Meaning::RulesPublished, record, why).await?;
    Ok(tx.commit().await?)
}

async fn page(
    hx: &Hx,
    user: &User,
    db: &PgPool,
    (template, report): (&Template, &Report),
    typed: Typed<'_>,
) -> Result<maud::Markup, Error> {
    let versions = templates::all(db).await?;
    let active = versions.iter().find(|one| one.family == template.family && one.status == Status::Active);
    let csrf = hx.csrf();
    let shown = Shown { template, csrf: &csrf, may_edit: true };
    let refusal = user.must_now(Can::PublishRules, &signing::states(db, user, template).await?).err();
    let refusal = refusal.map(|refusal| refusal.to_string());
    let (content, object_id) = (template.content().hash(), template.object_id());
    let (id, version) = (template.id.into(), template.version);
    let record = signatures::Record { noun: signing::NOUN, object_id: &object_id, id, version };
    let passkeys = passkeys::place_of(hx, db, user).await?;
    let signer = Signer { user, content: &content, record, refusal: refusal.as_deref(), passkeys, typed };
    Ok(view::report(&shown, active.map(|one| one.version), report, &signer))
}
