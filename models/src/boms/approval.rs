//! Approving a BOM: procurement signs the version in force, and parts are ordered by it. Whoever configured the build or
//! generated the version does not (decision 7, 21 CFR 11.10(f)). What is signed stays; the next version is unsigned.

use super::sheet::{Mark, Sheet};
use super::versions::{Book, Version};
use crate::audit::{self, Actor, Entry};
use crate::canonical::Content;
use crate::orders::{Stage, moves};
use crate::permissions::State;
use crate::signatures::{self, Later, Meaning, Proof, Record, Signature, Signing, Standing};
use crate::users::{Can, User};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};

/// The noun of a BOM's signatures; their object is the build's number.
pub const NOUN: &str = "boms";
/// Characters of a reason or a comment.
pub const LONGEST_REASON: usize = 1_000;

/// One version and who stands for it.
#[derive(Debug, Clone)]
pub struct Review {
    /// Every signature on this build's BOMs, with what it is worth today, the newest first.
    pub signed: Vec<(Signature, Standing)>,
    /// The last time this version was sent back.
    pub returned: Option<Returned>,
    /// Names of those who configured the build or generated this version.
    pub makers: Vec<String>,
    /// What holds of this version for the person who looks.
    pub states: Vec<State>,
    /// Of this version as it is now.
    pub hash: String,
}

/// A version sent back, and what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    pub at: DateTime<Utc>,
    pub who: String,
    pub comment: String,
}

impl Review {
    pub async fn of(db: &PgPool, user: &User, book: &Book, version: &Version) -> Result<Review> {
        let mut connection = db.acquire().await?;
        let facts = Facts::look(&mut connection, version.bom_id).await?;
        let now = content(&mut *connection, version.bom_id).await?;
        let active = book.active().map(|active| active.bom_id);
        let mut signed = Vec::new();
        for signature in Signature::on(&mut *connection, NOUN, &book.build).await? {
            let own = content(&mut *connection, signature.record_id).await?;
            let later = match book.active().filter(|_| active != Some(signature.record_id)) {
                Some(later) => Some(as_later(&mut connection, later).await?),
                None => None,
            };
            let signed_version = book.versions.iter().find(|version| version.bom_id == signature.record_id);
            let is_outgrown =
                signed_version.is_some_and(|version| version.configuration_hash != book.configuration_hash);
            let outgrown = is_outgrown.then_some("Configuration");
            let standing = signatures::standing(&signature, &own, later.as_ref(), outgrown);
            signed.push((signature, standing));
        }
        Ok(Review {
            signed,
            returned: returned(&mut *connection, version.bom_id).await?,
            states: facts.states(user),
            makers: facts.makers.into_iter().map(|(_, name)| name).collect(),
            hash: now.hash(),
        })
    }

    /// The signature on this version, if there is one.
    pub fn of_version(&self, version: &Version) -> Option<&(Signature, Standing)> {
        self.signed.iter().find(|(signature, _)| signature.record_id == version.bom_id)
    }
}

async fn as_later(tx: &mut PgConnection, version: &Version) -> Result<Later> {
    Ok(Later {
        version: version.version,
        content: content(&mut *tx, version.bom_id).await?,
        at: version.generated_at,
        who: version.generated_by.clone().unwrap_or_else(|| "System".into()),
    })
}

async fn returned(db: impl PgExecutor<'_>, bom_id: i64) -> Result<Option<Returned>> {
    let last = sqlx::query_as!(
        Returned,
        r#"
        select r.returned_at as at, u.name as who, r.comment
        from bom_returns r join users u on u.id = r.returned_by
        where r.bom_id = $1
        order by r.id desc
        limit 1
        "#,
        bom_id,
    );
    Ok(last.fetch_optional(db).await?)
}

/// The content that a signature on a BOM is bound to, read from the rows themselves. JSON is taken as PostgreSQL keeps
/// it, so that a newer program reads the same.
pub async fn content(db: impl PgExecutor<'_>, bom_id: i64) -> Result<Content> {
    let row = sqlx::query!(
        r#"
        select bi.number as build, b.version, b.configuration::text as "configuration!", t.family, t.version as rules,
               r.number as revision, c.levels, c.quantities, c.reasons as "reasons: Vec<Option<String>>",
               c.notes as "notes: Vec<Option<String>>",
               array(select i.number from unnest(c.item_ids) with ordinality as given (id, line)
                     join items i on i.id = given.id order by given.line) as "numbers!: Vec<String>"
        from boms b
        join builds bi on bi.id = b.build_id
        join bom_templates t on t.id = b.template_id
        join catalogue_revisions r on r.id = b.catalogue_revision_id
        join bom_contents c on c.bom_id = b.id
        where b.id = $1
        "#,
        bom_id,
    );
    let row = row.fetch_optional(db).await?.ok_or(Error::NotFound("BOM"))?;
    let content = Content::new(NOUN).origin("Build", |v| v.text(&row.build));
    let content = content.origin("Version", |v| v.number(row.version.into()));
    let content = content.origin("Rules", |v| (v.text(&row.family), v.number(row.rules.into())).1);
    let content = content.origin("Catalogue revision", |v| v.number(row.revision.into()));
    let content = content.part("Configuration", |v| v.text(&row.configuration));
    Ok(content.part("Lines", |v| {
        v.number(row.levels.len() as i64);
        for (at, level) in row.levels.iter().enumerate() {
            v.number((*level).into());
            v.maybe(row.numbers.get(at).map(String::as_str));
            v.number(row.quantities.get(at).copied().unwrap_or_default());
            v.maybe(row.reasons.get(at).and_then(Option::as_deref));
            v.maybe(row.notes.get(at).and_then(Option::as_deref));
        }
    }))
}

/// What decides whether a version may be signed.
struct Facts {
    is_active: bool,
    is_signed: bool,
    stage: Stage,
    /// Rows and names.
    makers: Vec<(i64, String)>,
}

impl Facts {
    async fn look(tx: &mut PgConnection, bom_id: i64) -> Result<Facts> {
        let row = sqlx::query!(
            r#"
            select b.is_active, bi.stage as "stage: Stage",
                   exists (select from signatures where noun = 'boms' and record_id = b.id) as "is_signed!"
            from boms b join builds bi on bi.id = b.build_id
            where b.id = $1
            "#,
            bom_id,
        );
        let row = row.fetch_optional(&mut *tx).await?.ok_or(Error::NotFound("BOM"))?;
        // Who entered the order, owned its draft or saved it last has configured it; who asked for the job generated it.
        let makers = sqlx::query!(
            r#"
            select u.id, u.name
            from users u
            join boms b on b.id = $1
            join builds bi on bi.id = b.build_id
            join orders o on o.id = bi.order_id
            left join drafts d on d.id = o.draft_id
            left join jobs j on j.id = b.job_id
            where u.id in (o.created_by, d.owner_id, d.saved_by, b.generated_by, j.requested_by)
            order by u.name, u.id
            "#,
            bom_id,
        );
        let makers = makers.fetch_all(&mut *tx).await?.into_iter().map(|row| (row.id, row.name)).collect();
        Ok(Facts { is_active: row.is_active, is_signed: row.is_signed, stage: row.stage, makers })
    }

    fn states(&self, user: &User) -> Vec<State> {
        let holds = [
            (State::InForce, self.is_active),
            (State::Unsigned, !self.is_signed),
            (State::Underway, is_underway(self.stage)),
            (State::MadeByOthers, self.makers.iter().all(|(id, _)| *id != user.id)),
        ];
        holds.into_iter().filter(|(_, is)| *is).map(|(state, _)| state).collect()
    }
}

fn is_underway(stage: Stage) -> bool {
    !matches!(stage, Stage::Shipped | Stage::Delivered | Stage::Cancelled)
}

/// What holds of a build for whoever would generate its BOM.
pub async fn stage_states(db: impl PgExecutor<'_>, build_id: i64) -> Result<Vec<State>> {
    let (_, stage) = crate::orders::Build::stage_of(db, build_id).await?;
    Ok(if is_underway(stage) { vec![State::Underway] } else { Vec::new() })
}

/// What a reviewer must have seen; with any of these a reason is asked for.
pub fn warnings(sheet: &Sheet, is_outdated: bool, returned: Option<&Returned>) -> Vec<String> {
    let lines = |count: usize| if count == 1 { "1 line".into() } else { format!("{count} lines") };
    let mut warnings = Vec::new();
    let unknown = sheet.lines.iter().filter(|l| l.marks.iter().any(|m| matches!(m, Mark::NotInRevision(_)))).count();
    if unknown > 0 {
        warnings.push(format!("{} with a number the catalogue does not hold.", lines(unknown)));
    }
    let marked = |mark: Mark| sheet.marked(mark.title());
    let unconfirmed = marked(Mark::ToConfirm(String::new()));
    if unconfirmed > 0 {
        warnings.push(format!("{} with a quantity to be confirmed.", lines(unconfirmed)));
    }
    let questions = marked(Mark::OpenQuestion(String::new()));
    if questions > 0 {
        warnings.push(format!("{} with an open question.", lines(questions)));
    }
    if is_outdated {
        warnings.push("Its configuration, rules or catalogue changed after it was generated.".into());
    }
    if let Some(returned) = returned {
        warnings.push(format!("{} sent this version back: {}", returned.who, returned.comment));
    }
    warnings
}

fn record<'a>(book: &'a Book, version: &Version) -> Record<'a> {
    Record { noun: NOUN, object_id: &book.build, id: version.bom_id, version: version.version }
}

impl Version {
    /// The record a signature on this version is about.
    pub fn record<'a>(&self, book: &'a Book) -> Record<'a> {
        record(book, self)
    }
}

/// Holds the build and the version, so that neither is regenerated or signed meanwhile, and tells what holds of it.
async fn hold(tx: &mut PgConnection, book: &Book, version: &Version) -> Result<Facts> {
    let active = book.hold(tx).await?;
    sqlx::query!("select id from boms where id = $1 for update", version.bom_id).fetch_one(&mut *tx).await?;
    let facts = Facts::look(tx, version.bom_id).await?;
    if !facts.is_active {
        let said =
            format!("Version {active} took the place of version {} meanwhile. Review that one.", version.version);
        return Err(Error::Stale(said));
    }
    if facts.is_signed {
        let said = format!("Version {} was approved a moment ago. Nothing was changed.", version.version);
        return Err(Error::Stale(said));
    }
    Ok(facts)
}

/// Signs the version in force and lets the build go on. `seen` is the hash of what the person was shown.
///
/// # Errors
/// `Stale` when it was replaced, signed or changed meanwhile, `Forbidden` for whoever made it.
pub async fn approve(
    tx: &mut PgConnection,
    actor: &Actor,
    user: &User,
    proof: Proof,
    (book, version): (&Book, &Version),
    (seen, reason): (&str, &str),
) -> Result<()> {
    let facts = hold(tx, book, version).await?;
    user.must_now(Can::ApproveBoms, &facts.states(user))?;
    let content = content(&mut *tx, version.bom_id).await?;
    let record = record(book, version);
    let signing = Signing { meaning: Meaning::BomApproved, record, content: &content, seen, reason };
    signatures::sign(tx, actor, user, proof, &signing).await?;
    if facts.stage == Stage::OrderCreated {
        let note = format!("BOM version {} approved", version.version);
        moves::advance(tx, actor, book.build_id, Stage::BomApproved, &note).await?;
    }
    audit::announce(tx, "build", &book.build_id.to_string()).await
}

/// Sends the version in force back to whoever made it, with what is wrong.
///
/// # Errors
/// `Stale` when it was replaced or signed meanwhile, `Invalid` without a comment.
pub async fn send_back(
    tx: &mut PgConnection,
    actor: &Actor,
    user: &User,
    book: &Book,
    version: &Version,
    comment: &str,
) -> Result<()> {
    let facts = hold(tx, book, version).await?;
    user.must_now(Can::SendBackBoms, &facts.states(user))?;
    if comment.is_empty() {
        return Err(Error::Invalid("Say what is wrong, so that it can be put right.".into()));
    }
    sqlx::query!(
        "insert into bom_returns (bom_id, returned_by, comment) values ($1, $2, $3)",
        version.bom_id,
        user.id,
        comment,
    )
    .execute(&mut *tx)
    .await?;
    let entry = Entry {
        action: "sent back",
        noun: NOUN,
        object_id: &book.build,
        after: Some(json!({ "version": version.version })),
        reason: comment,
        ..Entry::default()
    };
    audit::record(tx, actor, entry).await?;
    audit::announce(tx, "orders", &book.order).await?;
    audit::announce(tx, "build", &book.build_id.to_string()).await
}

/// After a new version: an approved build waits for approval again.
pub async fn reopen(tx: &mut PgConnection, actor: &Actor, build_id: i64, version: i32) -> Result<()> {
    let stage = sqlx::query_scalar!(r#"select stage as "stage: Stage" from builds where id = $1"#, build_id);
    if stage.fetch_one(&mut *tx).await? == Stage::BomApproved {
        let note = format!("BOM version {version} is not approved yet");
        moves::advance(tx, actor, build_id, Stage::OrderCreated, &note).await?;
    }
    Ok(())
}
