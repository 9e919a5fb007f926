//! Saved views of the list of jobs: a filter with a name. The address is the state, so a view is an address.

use crate::audit::{self, Actor, Entry};
use crate::permissions::State;
use crate::users::{Can, User};
use crate::{Error, Result};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// Characters of a name.
pub const LONGEST_NAME: usize = 60;
/// Characters of a query; an address has more room than any filter needs.
pub const LONGEST_QUERY: usize = 2_000;
/// Views of one person.
const MOST: i64 = 50;
const PAGE: &str = "jobs";

/// One view as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub id: i64,
    pub name: String,
    /// What follows the question mark.
    pub query: String,
    pub is_shared: bool,
    /// Opens when the list is asked for without a filter.
    pub is_default: bool,
    pub owner: String,
    pub is_own: bool,
}

/// What the owner can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    pub name: &'a str,
    pub is_shared: bool,
    pub is_default: bool,
}

impl View {
    /// A person's own views and those that others share, own ones first.
    pub async fn all(db: impl PgExecutor<'_>, user: &User) -> Result<Vec<View>> {
        let views = sqlx::query_as!(
            View,
            r#"
            select v.id, v.name, v.query, v.is_shared, v.is_default and v.user_id = $1 as "is_default!", u.name as owner,
                   v.user_id = $1 as "is_own!"
            from saved_views v
            join users u on u.id = v.user_id
            where v.page = $2 and (v.user_id = $1 or v.is_shared)
            order by v.user_id <> $1, lower(v.name), v.id
            limit 200
            "#,
            user.id,
            PAGE,
        );
        Ok(views.fetch_all(db).await?)
    }

    /// Whether this person may rename, share or delete it.
    pub fn is_changed_by(&self, user: &User) -> bool {
        let own: &[State] = if self.is_own { &[State::Own] } else { &[] };
        (self.is_own || self.is_shared) && user.may_now(Can::ChangeViews, own)
    }

    /// Keeps a filter under a name.
    ///
    /// # Errors
    /// When the name is used already, or there are too many.
    pub async fn save(
        tx: &mut PgConnection,
        user: &User,
        actor: &Actor,
        query: &str,
        change: Change<'_>,
    ) -> Result<i64> {
        let count = sqlx::query_scalar!(
            r#"select count(*) as "count!" from saved_views where user_id = $1 and page = $2"#,
            user.id,
            PAGE,
        );
        if count.fetch_one(&mut *tx).await? >= MOST {
            return Err(Error::Invalid(format!("You have {MOST} views. Delete one you no longer use first.")));
        }
        let saved = sqlx::query_scalar!(
            r#"
            insert into saved_views (user_id, page, name, query, is_shared) values ($1, $2, $3, $4, $5)
            on conflict do nothing
            returning id
            "#,
            user.id,
            PAGE,
            change.name,
            query,
            change.is_shared,
        );
        let Some(id) = saved.fetch_optional(&mut *tx).await? else { return Err(taken(change.name)) };
        let after = json!({ "name": change.name, "query": query, "shared": change.is_shared });
        record(tx, actor, "saved", id, None, Some(after)).await?;
        Ok(id)
    }

    /// Renames, shares or makes it the usual one. Another person's shared view is changed by administrators only, and
    /// is never their usual one by that.
    ///
    /// # Errors
    /// When the name is used already.
    pub async fn change(&self, tx: &mut PgConnection, user: &User, actor: &Actor, change: Change<'_>) -> Result<()> {
        self.must_be_changed_by(user)?;
        let is_default = change.is_default && self.is_own;
        if is_default {
            sqlx::query!(
                "update saved_views set is_default = false where user_id = $1 and page = $2 and is_default",
                user.id,
                PAGE
            )
            .execute(&mut *tx)
            .await?;
        }
        let changed = sqlx::query!(
            r#"
            update saved_views set name = $2, is_shared = $3, is_default = case when $5 then $4 else is_default end
            where id = $1
              and not exists (
                  select from saved_views other
                  where other.id <> $1 and other.user_id = saved_views.user_id and other.page = saved_views.page
                    and lower(other.name) = lower($2)
              )
            "#,
            self.id,
            change.name,
            change.is_shared,
            is_default,
            self.is_own,
        );
        if changed.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(taken(change.name));
        }
        let before = json!({ "name": self.name, "shared": self.is_shared, "usual": self.is_default });
        let after = json!({ "name": change.name, "shared": change.is_shared, "usual": is_default });
        record(tx, actor, "changed", self.id, Some(before), Some(after)).await
    }

    /// Whether anybody has a view of this id, shared or not.
    pub async fn is_there(db: impl PgExecutor<'_>, id: i64) -> Result<bool> {
        let found = sqlx::query_scalar!(r#"select exists (select from saved_views where id = $1) as "found!""#, id);
        Ok(found.fetch_one(db).await?)
    }

    pub async fn delete(&self, tx: &mut PgConnection, user: &User, actor: &Actor) -> Result<()> {
        self.must_be_changed_by(user)?;
        let deleted = sqlx::query!("delete from saved_views where id = $1", self.id);
        if deleted.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(Error::NotFound("View"));
        }
        let before = json!({ "name": self.name, "query": self.query, "shared": self.is_shared });
        record(tx, actor, "deleted", self.id, Some(before), None).await
    }

    fn must_be_changed_by(&self, user: &User) -> Result<()> {
        if self.is_changed_by(user) {
            return Ok(());
        }
        Err(Error::Forbidden(format!("{} changes this view, or an administrator.", self.owner)))
    }
}

fn taken(name: &str) -> Error {
    Error::Invalid(format!("Name: there is a view \"{name}\" already. Choose another name."))
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: &str,
    id: i64,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> Result<()> {
    let entry = Entry { action, noun: "views", object_id: &id.to_string(), before, after, ..Entry::default() };
    audit::record(tx, actor, entry).await
}
