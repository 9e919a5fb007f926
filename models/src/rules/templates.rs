//! Versions of the rules: listed, copied to a draft, edited, published. A published version never changes again.

pub mod forms;

mod edits;

pub use edits::{remove_choice, remove_line, save_choice, save_line, save_table};

use super::{Status, Template, store};
use crate::audit::{self, Actor, Entry};
use crate::{Error, Result};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor, PgPool};

/// A version as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub family: String,
    pub version: i32,
    pub name: String,
    pub status: Status,
    pub effective_on: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
    pub published_at: Option<DateTime<Utc>>,
    pub published_by: Option<String>,
    /// The version it was copied from.
    pub copied_from: Option<i32>,
    pub lines: i64,
}

/// All versions, the newest first.
pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Heading>> {
    let headings = sqlx::query_as!(
        Heading,
        r#"
        select t.family, t.version, t.name, t.status as "status: Status", t.effective_on, t.created_at, t.published_at,
               u.name as "published_by?", source.version as "copied_from?",
               (select count(*) from bom_template_items i where i.template_id = t.id) as "lines!"
        from bom_templates t
        left join users u on u.id = t.published_by
        left join bom_templates source on source.id = t.copied_from
        order by t.family, t.version desc
        "#
    );
    Ok(headings.fetch_all(db).await?)
}

/// One version by the words people use for it.
pub async fn find(db: &PgPool, family: &str, version: i32) -> Result<Template> {
    let id = sqlx::query_scalar!("select id from bom_templates where family = $1 and version = $2", family, version);
    let id = id.fetch_optional(db).await?.ok_or(Error::NotFound("Version of the BOM rules"))?;
    Template::find(db, id).await
}

/// Copies a version, with everything in it, to the next draft of its family. Returns the draft's version.
pub async fn copy(tx: &mut PgConnection, actor: &Actor, template: &Template) -> Result<i32> {
    // Two copies at once would both take the next version.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('bom_templates ' || $1))", template.family)
        .execute(&mut *tx)
        .await?;
    let draft = sqlx::query!(
        r#"
        insert into bom_templates (family, version, name, notes, copied_from, created_by)
        select t.family, (select max(version) + 1 from bom_templates where family = t.family), t.name, t.notes, t.id, $2
        from bom_templates t
        where t.id = $1
        returning id, version
        "#,
        template.id,
        actor.user_id,
    );
    let draft = draft.fetch_one(&mut *tx).await?;
    copy_lines(tx, template.id, draft.id).await?;
    copy_tables(tx, template.id, draft.id).await?;
    sqlx::query!(
        r#"
        insert into bom_template_choices (template_id, position, group_code, item, requirement, severity, message)
        select $2, position, group_code, item, requirement, severity, message
        from bom_template_choices
        where template_id = $1
        "#,
        template.id,
        draft.id,
    )
    .execute(&mut *tx)
    .await?;
    let object_id = format!("{}-{}", template.family, draft.version);
    let after = Some(json!({ "copied_from": template.version }));
    let entry = Entry { action: "copied", noun: "rules", object_id: &object_id, after, ..Entry::default() };
    audit::record(tx, actor, entry).await?;
    Ok(draft.version)
}

async fn copy_lines(tx: &mut PgConnection, from: i32, to: i32) -> Result<()> {
    sqlx::query!(
        r#"
        insert into bom_template_items (template_id, line_number, level, role, repeat_for, item, item_expression,
            base_quantity, condition, quantity_formula, reason, note, source, omits)
        select $2, line_number, level, role, repeat_for, item, item_expression,
            base_quantity, condition, quantity_formula, reason, note, source, omits
        from bom_template_items
        where template_id = $1
        "#,
        from,
        to,
    )
    .execute(&mut *tx)
    .await?;
    // Parents are found again by their line numbers, which the copy keeps.
    sqlx::query!(
        r#"
        update bom_template_items made
        set parent_item_id = made_parent.id
        from bom_template_items source
        join bom_template_items parent on parent.id = source.parent_item_id
        join bom_template_items made_parent on made_parent.template_id = $2 and made_parent.line_number = parent.line_number
        where source.template_id = $1 and made.template_id = $2 and made.line_number = source.line_number
        "#,
        from,
        to,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn copy_tables(tx: &mut PgConnection, from: i32, to: i32) -> Result<()> {
    sqlx::query!(
        r#"
        insert into bom_template_tables (template_id, name, kind, description)
        select $2, name, kind, description from bom_template_tables where template_id = $1
        "#,
        from,
        to,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        insert into bom_template_table_rows (table_id, position, low, high, key, value)
        select made.id, r.position, r.low, r.high, r.key, r.value
        from bom_template_table_rows r
        join bom_template_tables source on source.id = r.table_id and source.template_id = $1
        join bom_template_tables made on made.template_id = $2 and made.name = source.name
        "#,
        from,
        to,
    )
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// Takes the draft for one change: refuses when somebody changed or published it since it was read.
///
/// # Errors
/// `Stale` with the sentence for whoever came second, `Invalid` for a version that is no draft.
pub(crate) async fn take(tx: &mut PgConnection, template: &Template, lock_version: i32) -> Result<()> {
    let said = format!("{} version {}", template.family, template.version);
    if template.status != Status::Draft {
        return Err(Error::Invalid(format!("{said} has been published and stays as it is. Copy it to change it.")));
    }
    let taken = sqlx::query!(
        r#"
        update bom_templates set lock_version = lock_version + 1
        where id = $1 and lock_version = $2 and status = 'draft'
        "#,
        template.id,
        lock_version,
    );
    if taken.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(Error::Stale(format!("Somebody changed {said} while you worked on it.")));
    }
    Ok(())
}

/// Puts a validated draft in force today and retires the version before it. The caller has validated exactly the
/// content of `lock_version`.
pub async fn publish(tx: &mut PgConnection, actor: &Actor, template: &Template, lock_version: i32) -> Result<()> {
    take(tx, template, lock_version).await?;
    let retired = sqlx::query_scalar!(
        "update bom_templates set status = 'retired' where family = $1 and status = 'active' returning version",
        template.family
    );
    let retired = retired.fetch_optional(&mut *tx).await?;
    sqlx::query!(
        r#"
        update bom_templates
        set status = 'active', effective_on = $3, published_at = now(), published_by = $2
        where id = $1
        "#,
        template.id,
        actor.user_id,
        crate::site::today(),
    )
    .execute(&mut *tx)
    .await?;
    let object_id = format!("{}-{}", template.family, template.version);
    let entry = Entry {
        action: "published",
        noun: "rules",
        object_id: &object_id,
        before: retired.map(|version| json!({ "in_force": version })),
        after: Some(json!({ "in_force": template.version })),
        ..Entry::default()
    };
    audit::record(tx, actor, entry).await
}

/// Everything the validation of a version compares with, then the validation itself.
///
/// # Errors
/// When there is no catalogue yet, or a known BOM can no longer be read.
pub async fn validate(db: &PgPool, template: &Template) -> Result<super::validation::Report> {
    let catalogue = crate::catalogue::active(db).await?;
    let active = store::active(db, &template.family).await.ok();
    let known = super::known::all(db, &template.family).await?;
    let template = template.clone();
    let work = move || super::validation::validate(&template, &catalogue, active.as_deref(), &known);
    // More than a thousand BOMs: not on a thread that answers requests.
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::Invalid("The validation broke off. Try again.".into()))
}
