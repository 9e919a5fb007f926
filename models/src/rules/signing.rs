//! Putting a version of the rules in force with a signature: every BOM generated from then on follows it.

use super::templates;
use super::{Status, Template};
use crate::audit::Actor;
use crate::canonical::Content;
use crate::permissions::State;
use crate::signatures::{self, Meaning, Proof, Record, Signature, Signing, Standing};
use crate::users::{Can, User};
use crate::{Error, Result};
use sqlx::{PgConnection, PgExecutor};

/// The noun of the rules' signatures; their object is family and version, "MDRD-2".
pub const NOUN: &str = "rules";

impl Template {
    /// How the trail calls this version.
    pub fn object_id(&self) -> String {
        format!("{}-{}", self.family, self.version)
    }

    /// What a signature on this version is bound to. Row ids are not content: lines stand under lines by number.
    pub fn content(&self) -> Content {
        let content = Content::new(NOUN).origin("Family", |v| v.text(&self.family));
        let content = content.origin("Version", |v| v.number(self.version.into()));
        let content = content.part("Name and notes", |v| (v.text(&self.name), v.text(&self.notes)).1);
        let number = |id: i32| self.lines.iter().find(|line| line.id == id).map(|line| line.line_number.to_string());
        let content = content.part("Lines", |v| {
            for line in &self.lines {
                v.number(line.line_number.into());
                v.maybe(line.parent_item_id.and_then(number).as_deref());
                v.text(&line.base_quantity.normalize().to_string());
                for text in [&line.role, &line.repeat_for, &line.item, &line.item_expression, &line.condition] {
                    v.text(text);
                }
                for text in [&line.quantity_formula, &line.reason, &line.note, &line.source, &line.omits] {
                    v.text(text);
                }
            }
        });
        let content = content.part("Tables", |v| {
            for table in &self.tables {
                v.text(&table.name);
                v.text(table.kind.word());
                v.text(&table.description);
                v.number(table.rows.len() as i64);
                for row in &table.rows {
                    v.maybe(row.low.map(|low| low.normalize().to_string()).as_deref());
                    v.maybe(row.high.map(|high| high.normalize().to_string()).as_deref());
                    v.text(&row.key);
                    v.text(&row.value);
                }
            }
        });
        content.part("Choices", |v| {
            for choice in &self.choices {
                v.number(choice.position.into());
                for text in [&choice.group_code, &choice.item, &choice.requirement, &choice.message] {
                    v.text(text);
                }
                v.number((choice.severity == super::Severity::Error).into());
            }
        })
    }
}

/// What holds of a version for the person who would sign it. Who wrote it does not sign it, unless no other
/// administrator is there to do so.
pub async fn states(db: impl PgExecutor<'_>, user: &User, template: &Template) -> Result<Vec<State>> {
    let object_id = template.object_id();
    let row = sqlx::query!(
        r#"
        with writers as (
            select user_id from audit_log where noun = 'rules' and object_id = $1 and success and user_id is not null
            union
            select created_by from bom_templates where id = $2 and created_by is not null
        )
        select exists (select from writers where user_id = $3) as "wrote!",
               exists (select from users u where u.role = 'administrator' and u.is_active
                       and u.id not in (select user_id from writers)) as "is_another!"
        "#,
        object_id,
        template.id,
        user.id,
    );
    let row = row.fetch_one(db).await?;
    let holds =
        [(State::Draft, template.status == Status::Draft), (State::MadeByOthers, !row.wrote || !row.is_another)];
    Ok(holds.into_iter().filter(|(_, is)| *is).map(|(state, _)| state).collect())
}

/// The signatures on this version, with what they are worth: it stays as it was signed, whatever is in force today.
pub async fn signed(db: impl PgExecutor<'_>, template: &Template) -> Result<Vec<(Signature, Standing)>> {
    let content = template.content();
    let signed = Signature::on(db, NOUN, &template.object_id()).await?.into_iter();
    let judge = |signature: Signature| {
        let standing = signatures::standing(&signature, &content, None, None);
        (signature, standing)
    };
    Ok(signed.map(judge).collect())
}

/// Publishes exactly what was shown, and signs it. The draft's lock makes sure that `template` is what the database
/// holds.
///
/// # Errors
/// `Stale` when it changed after it was shown, `Forbidden` for whoever wrote it while somebody else could sign.
pub async fn publish(
    tx: &mut PgConnection,
    actor: &Actor,
    user: &User,
    proof: Proof,
    (template, lock_version): (&Template, i32),
    (seen, reason): (&str, &str),
) -> Result<()> {
    let states = states(&mut *tx, user, template).await?;
    if !states.contains(&State::Draft) {
        return Err(Error::Stale("Somebody published this version a moment ago.".into()));
    }
    user.must_now(Can::PublishRules, &states)?;
    templates::publish(tx, actor, template, lock_version).await?;
    let object_id = template.object_id();
    let record = Record { noun: NOUN, object_id: &object_id, id: template.id.into(), version: template.version };
    let content = template.content();
    let signing = Signing { meaning: Meaning::RulesPublished, record, content: &content, seen, reason };
    signatures::sign(tx, actor, user, proof, &signing).await?;
    Ok(())
}
