//! A revision from the database into memory, once per process: revisions never change.

use super::graph::{Catalogue, Component, Item, ItemIndex};
use crate::{Error, Result};
use sqlx::PgPool;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Revisions kept per process. Open drafts and waiting jobs rarely need more than two.
const KEPT: usize = 8;

/// The database and the revision: tests open many databases in one process.
type Key = (String, u16, Option<String>, i32);

#[derive(Default)]
struct Cache {
    loaded: HashMap<Key, (Arc<Catalogue>, u64)>,
    clock: u64,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// The active revision. Says what to do when nothing was imported yet.
pub async fn active(db: &PgPool) -> Result<Arc<Catalogue>> {
    let id =
        sqlx::query_scalar!("select id from catalogue_revisions where status = 'active'").fetch_optional(db).await?;
    match id {
        Some(id) => load(db, id).await,
        None => Err(Error::Invalid("There is no catalogue yet. An administrator imports one under Catalogue.".into())),
    }
}

/// The revision with this row, from memory when it was loaded before.
pub async fn load(db: &PgPool, revision_id: i32) -> Result<Arc<Catalogue>> {
    let options = db.connect_options();
    let key =
        (options.get_host().to_owned(), options.get_port(), options.get_database().map(str::to_owned), revision_id);
    if let Some(catalogue) = kept(&key) {
        return Ok(catalogue);
    }
    let catalogue = Arc::new(read(db, revision_id).await?);
    keep(key, Arc::clone(&catalogue));
    Ok(catalogue)
}

fn kept(key: &Key) -> Option<Arc<Catalogue>> {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.clock += 1;
    let clock = cache.clock;
    let (catalogue, used) = cache.loaded.get_mut(key)?;
    *used = clock;
    Some(Arc::clone(catalogue))
}

fn keep(key: Key, catalogue: Arc<Catalogue>) {
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache.clock += 1;
    let clock = cache.clock;
    cache.loaded.insert(key, (catalogue, clock));
    if cache.loaded.len() > KEPT {
        let oldest = cache.loaded.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone());
        oldest.and_then(|oldest| cache.loaded.remove(&oldest));
    }
}

/// Reads a revision past the cache: two queries, then arrays.
pub async fn read(db: &PgPool, revision_id: i32) -> Result<Catalogue> {
    let revision = sqlx::query_scalar!("select number from catalogue_revisions where id = $1", revision_id);
    let revision = revision.fetch_optional(db).await?.ok_or(Error::NotFound("Catalogue revision"))?;
    let items = sqlx::query_as!(
        Item,
        r#"
        select item_id as id, items.number, name, prints_flat, to_confirm
        from catalogue_items
        join items on items.id = item_id
        where revision_id = $1
        order by item_id
        "#,
        revision_id,
    );
    let items = items.fetch_all(db).await?;
    let positions: HashMap<i32, ItemIndex> =
        (0..).zip(&items).map(|(index, item)| (item.id, ItemIndex(index))).collect();
    let rows = sqlx::query!(
        r#"
        select parent_id, child_id, quantity, note, to_confirm
        from catalogue_components
        where revision_id = $1
        order by parent_id, position
        "#,
        revision_id,
    );
    let mut edges = Vec::new();
    for row in rows.fetch_all(db).await? {
        let (Some(parent), Some(child)) = (positions.get(&row.parent_id), positions.get(&row.child_id)) else {
            return Err(Error::Invalid(format!(
                "Catalogue revision {revision} has a component without its item (rows {} and {} of items). Import the catalogue again.",
                row.parent_id, row.child_id
            )));
        };
        let component =
            Component { child: *child, quantity: row.quantity.normalize(), note: row.note, to_confirm: row.to_confirm };
        edges.push((*parent, component));
    }
    Ok(Catalogue::new(revision_id, revision, items, edges))
}
