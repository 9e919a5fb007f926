//! Finding the rules in force, and keeping compiled versions: a published version never changes.

use super::{Error, Rules, Status, Template};
use crate::Result;
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// A version as published in one database. The moment of publishing tells apart databases that share a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    database: String,
    template_id: i32,
    published_at: Option<chrono::DateTime<chrono::Utc>>,
}

static COMPILED: LazyLock<Mutex<HashMap<Key, Arc<Rules>>>> = LazyLock::new(Mutex::default);
/// Versions kept at once; more than any process needs, so that old ones do not pile up.
const MOST_KEPT: usize = 32;

/// The rules in force for a sink family ("MDRD").
pub async fn active(db: &PgPool, family: &str) -> Result<Arc<Rules>> {
    let id = sqlx::query_scalar!("select id from bom_templates where family = $1 and status = 'active'", family);
    match id.fetch_optional(db).await? {
        Some(id) => load(db, id).await,
        None => Err(crate::Error::Invalid(format!("No BOM rules are in force for {family}."))),
    }
}

/// One version of the rules, whatever its status. Drafts are compiled anew each time.
pub async fn load(db: &PgPool, template_id: i32) -> Result<Arc<Rules>> {
    let row = sqlx::query!(
        r#"
        select current_database() as "database!", status as "status: Status", published_at
        from bom_templates
        where id = $1
        "#,
        template_id
    );
    let row = row.fetch_optional(db).await?.ok_or(crate::Error::NotFound("Version of the BOM rules"))?;
    if row.status == Status::Draft {
        return compile(db, template_id).await;
    }
    let key = Key { database: row.database, template_id, published_at: row.published_at };
    if let Some(rules) = kept().get(&key) {
        return Ok(rules.clone());
    }
    let rules = compile(db, template_id).await?;
    let mut kept = kept();
    if kept.len() >= MOST_KEPT {
        kept.clear();
    }
    kept.insert(key, rules.clone());
    Ok(rules)
}

fn kept() -> std::sync::MutexGuard<'static, HashMap<Key, Arc<Rules>>> {
    COMPILED.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn compile(db: &PgPool, template_id: i32) -> Result<Arc<Rules>> {
    let template = Template::find(db, template_id).await?;
    let name = format!("{} version {}", template.family, template.version);
    // The first problem is enough here: the page of the version lists them all.
    let refuse = |problems: Vec<Error>| {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        crate::Error::Invalid(format!("The BOM rules {name} cannot be used. {first}"))
    };
    Rules::compile(template).map(Arc::new).map_err(refuse)
}
