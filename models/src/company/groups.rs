//! Which group at the provider gives which role here. Somebody in several gets the highest of them; somebody in none of
//! these comes in nowhere.

use super::LONGEST_NAME;
use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
    users::Role,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgExecutor};

/// The highest first: whoever is in several groups works in the role that stands earliest here.
pub const ORDER: [Role; 6] =
    [Role::Administrator, Role::Coordinator, Role::Procurement, Role::Qc, Role::Assembler, Role::Service];

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: i64,
    pub name: String,
    pub role: Role,
    pub revision: i32,
    pub changed_at: DateTime<Utc>,
    pub changed_by: Option<String>,
}

/// Rows of one page.
pub const PER_PAGE: i64 = 50;

/// One page of the table by name, and how many rows there are in all.
pub async fn list(db: impl PgExecutor<'_>, search: &str, page: i64) -> Result<(Vec<Group>, i64)> {
    let rows = sqlx::query!(
        r#"
        select g.id, g.name, g.role as "role: Role", g.revision, g.changed_at, u.name as "changed_by?",
            count(*) over () as "total!"
        from group_roles g left join users u on u.id = g.changed_by
        where $1 = '' or strpos(lower(g.name), lower($1)) > 0
        order by lower(g.name), g.id
        limit $2 offset $3
        "#,
        search.trim(),
        PER_PAGE,
        page.max(0) * PER_PAGE,
    );
    let rows = rows.fetch_all(db).await?;
    let total = rows.first().map_or(0, |row| row.total);
    let groups = rows.into_iter().map(|row| Group {
        id: row.id,
        name: row.name,
        role: row.role,
        revision: row.revision,
        changed_at: row.changed_at,
        changed_by: row.changed_by,
    });
    Ok((groups.collect(), total))
}

/// The row with this number.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn find(db: impl PgExecutor<'_>, id: i64) -> Result<Group> {
    let group = sqlx::query_as!(
        Group,
        r#"
        select g.id, g.name, g.role as "role: Role", g.revision, g.changed_at, u.name as "changed_by?"
        from group_roles g left join users u on u.id = g.changed_by
        where g.id = $1
        "#,
        id,
    );
    group.fetch_optional(db).await?.ok_or(Error::NotFound("Group"))
}

/// The role of somebody in these groups, and the group that gives it.
pub async fn role_of(db: impl PgExecutor<'_>, groups: &[String]) -> Result<Option<(Role, String)>> {
    let known = sqlx::query!(
        r#"select name, role as "role: Role" from group_roles where name = any($1) order by name"#,
        groups
    );
    let known = known.fetch_all(db).await?;
    Ok(ORDER.into_iter().find_map(|role| known.iter().find(|row| row.role == role).map(|row| (role, row.name.clone()))))
}

/// Gives a group a role.
///
/// # Errors
/// `Invalid` for a name that is none, one that is in the table already, and without a reason.
pub async fn add(tx: &mut PgConnection, actor: &Actor, name: &str, role: Role, reason: &str) -> Result<()> {
    let name = name_of(name)?;
    said(reason)?;
    let made = sqlx::query_scalar!(
        "insert into group_roles (name, role, changed_by) values ($1, $2, $3) on conflict (name) do nothing returning id",
        name,
        role as Role,
        actor.user_id,
    );
    if made.fetch_optional(&mut *tx).await?.is_none() {
        return Err(Error::Invalid(format!("{name} is in the table already. Open it to give it another role.")));
    }
    note(tx, actor, "gave a group a role", None, Some(told(name, role)), reason).await
}

/// Gives a group another role, from the next log-in of its people on.
///
/// # Errors
/// `Invalid` without a reason, `Stale` when somebody changed the row since.
pub async fn change(tx: &mut PgConnection, actor: &Actor, group: &Group, role: Role, reason: &str) -> Result<()> {
    said(reason)?;
    let changed = sqlx::query!(
        r#"
        update group_roles set role = $3, revision = revision + 1, changed_at = now(), changed_by = $4
        where id = $1 and revision = $2
        "#,
        group.id,
        group.revision,
        role as Role,
        actor.user_id,
    );
    if changed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(stale(group));
    }
    let (before, after) = (told(&group.name, group.role), told(&group.name, role));
    note(tx, actor, "gave a group another role", Some(before), Some(after), reason).await
}

/// Takes a group off the table: it gives no role from the next log-in of its people on.
///
/// # Errors
/// The same.
pub async fn remove(tx: &mut PgConnection, actor: &Actor, group: &Group, reason: &str) -> Result<()> {
    said(reason)?;
    let removed = sqlx::query!("delete from group_roles where id = $1 and revision = $2", group.id, group.revision);
    if removed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(stale(group));
    }
    note(tx, actor, "took a group's role", Some(told(&group.name, group.role)), None, reason).await
}

fn name_of(typed: &str) -> Result<&str> {
    let name = typed.trim();
    let length = name.chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
        let right = format!("A group has 1 to {LONGEST_NAME} characters, exactly as the provider says it.");
        return Err(Error::Invalid(right));
    }
    Ok(name)
}

fn said(reason: &str) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(Error::Invalid("Say why. The reason is kept.".into()));
    }
    Ok(())
}

fn stale(group: &Group) -> Error {
    Error::Stale(format!("Somebody changed {} while you looked. This is how it stands now.", group.name))
}

fn told(name: &str, role: Role) -> Value {
    json!({ "group": name, "role": role })
}

async fn note(
    tx: &mut PgConnection,
    actor: &Actor,
    action: &str,
    before: Option<Value>,
    after: Option<Value>,
    reason: &str,
) -> Result<()> {
    let entry = Entry { action, noun: "settings", object_id: "groups", before, after, reason: reason.trim() };
    audit::record(tx, actor, entry).await
}
