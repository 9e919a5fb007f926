//! The roles of the database that the two processes work as. They own nothing: they read and write rows, and what is
//! only ever added to they can't change. The owner alone changes the shape of the database.

use crate::Result;
use sqlx::{PgConnection, PgExecutor};

/// The web process works as this role.
pub const WEB: &str = "torvan_web";
/// The worker works as this one.
pub const WORKER: &str = "torvan_worker";

/// What could be done about the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// Both are there and have their rights.
    Both,
    /// Not there, and this login may not make them.
    NotAllowed,
}

/// Makes the roles where they are missing and this login may, and says what they may do. They are made without a
/// password: who starts the processes gives them one, or names them in `pg_hba.conf`.
pub async fn ensure(connection: &mut PgConnection) -> Result<Made> {
    for (role, statement) in
        [(WEB, "create role torvan_web login noinherit"), (WORKER, "create role torvan_worker login noinherit")]
    {
        let found = sqlx::query!(
            r#"
            select exists (select from pg_roles where rolname = $1) as "exists!",
                   (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as "may_make!"
            "#,
            role,
        );
        let found = found.fetch_one(&mut *connection).await?;
        if !found.exists && !found.may_make {
            return Ok(Made::NotAllowed);
        }
        if !found.exists {
            make(connection, statement).await?;
        }
    }
    // Two at once would get in each other's way.
    sqlx::query!("select from pg_advisory_lock(hashtextextended('roles', 0))").execute(&mut *connection).await?;
    let granted = sqlx::query!("select from grant_roles()").execute(&mut *connection).await;
    sqlx::query!("select from pg_advisory_unlock(hashtextextended('roles', 0))").execute(&mut *connection).await?;
    granted?;
    Ok(Made::Both)
}

/// Roles belong to the whole server: somebody migrating another database may have made it in this moment.
async fn make(connection: &mut PgConnection, statement: &'static str) -> Result<()> {
    match sqlx::raw_sql(statement).execute(connection).await {
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42710" | "23505")) => Ok(()),
        made => Ok(made.map(drop)?),
    }
}

/// What this login could do to the trail that nobody should be able to, as words; empty when it is as it should be.
pub async fn powers(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    let row = sqlx::query!(
        r#"
        select current_user::text as "who!",
               (select rolsuper from pg_roles where rolname = current_user) as "is_superuser!",
               pg_has_role(current_user, (select relowner from pg_class where oid = 'audit_log'::regclass), 'member')
                   as "is_owner!",
               array(
                   select t.name || ': ' || lower(p.name)
                   from unnest(append_only_tables() || '{audit_chain, audit_head}'::text[]) as t(name)
                   cross join unnest('{UPDATE, DELETE, TRUNCATE}'::text[]) as p(name)
                   where to_regclass(t.name) is not null and has_table_privilege(current_user, t.name, p.name)
               ) as "rights!: Vec<String>"
        "#
    );
    let row = row.fetch_one(db).await?;
    let mut powers = Vec::new();
    if row.is_superuser {
        powers.push(format!("{} is a superuser", row.who));
    } else if row.is_owner {
        powers.push(format!("{} owns the tables", row.who));
    } else {
        powers.extend(row.rights.into_iter().map(|right| format!("{} may change {right}", row.who)));
    }
    Ok(powers)
}
