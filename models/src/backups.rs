//! Backups: what the database holds at one moment, and what became of backups taken and of drills.

use crate::{Result, audit};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, PgConnection, PgExecutor};
use uuid::Uuid;

/// Rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub table: String,
    pub rows: i64,
}

/// A file of the store that a document names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    pub id: Uuid,
    pub size_bytes: i64,
    pub sha256: String,
}

/// Everything the database holds, as one transaction sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    pub at: DateTime<Utc>,
    pub tables: Vec<Counted>,
    pub files: Vec<Filed>,
    /// Jobs that are not over: they run (again) after a restore.
    pub unfinished_jobs: i64,
}

impl Holdings {
    pub fn rows(&self) -> i64 {
        self.tables.iter().map(|counted| counted.rows).sum()
    }

    /// Counts everything. In a repeatable-read transaction the counts belong to one moment.
    pub async fn count(db: &mut PgConnection) -> Result<Holdings> {
        let at = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(&mut *db).await?;
        let mut tables = Vec::new();
        for table in tables_of(&mut *db).await? {
            // The names come from the catalogue of the database itself, quoted by it.
            let rows = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")));
            tables.push(Counted { rows: rows.fetch_one(&mut *db).await?, table });
        }
        let files =
            sqlx::query_as!(Filed, "select id, size_bytes, sha256 from documents where removed_at is null order by id");
        let files = files.fetch_all(&mut *db).await?;
        let unfinished =
            sqlx::query_scalar!(r#"select count(*) as "n!" from jobs where state in ('queued', 'running', 'retry')"#);
        Ok(Holdings { at, tables, files, unfinished_jobs: unfinished.fetch_one(&mut *db).await? })
    }

    /// Sentences for what is in one and not in the other.
    pub fn differences(&self, restored: &Holdings) -> Vec<String> {
        let rows_of = |holdings: &Holdings, table: &str| {
            holdings.tables.iter().find(|counted| counted.table == table).map(|counted| counted.rows)
        };
        let mut said: Vec<String> = Vec::new();
        for Counted { table, rows } in &self.tables {
            match rows_of(restored, table) {
                Some(found) if found == *rows => {}
                Some(found) => said.push(format!("{table} has {found} rows; {rows} were backed up.")),
                None => said.push(format!("{table} with {rows} rows is missing.")),
            }
        }
        if self.files != restored.files {
            said.push("The documents restored name other files than those backed up.".into());
        }
        said
    }
}

/// Ordinary tables and whole partitioned ones, quoted.
async fn tables_of(db: &mut PgConnection) -> Result<Vec<String>> {
    let tables = sqlx::query_scalar!(
        r#"
        select format('%I.%I', n.nspname, c.relname) as "name!"
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition
          and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
        order by 1
        "#
    );
    Ok(tables.fetch_all(db).await?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Backup,
    Drill,
}

/// How one backup or drill went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub kind: Kind,
    /// The moment whose data it holds.
    pub taken_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    pub took_ms: i64,
    pub rows: i64,
    pub files: i64,
    pub bytes: i64,
    /// What was wrong, a sentence each.
    pub findings: Vec<String>,
}

impl Outcome {
    /// Writes it down, with its audit row. The database decides when it ended.
    pub async fn keep(&self, tx: &mut PgConnection) -> Result<()> {
        let id = sqlx::query_scalar!(
            r#"
            insert into backup_runs (kind, taken_at, took_ms, rows, files, bytes, findings)
            values ($1, $2, $3, $4, $5, $6, $7)
            returning id
            "#,
            self.kind as Kind,
            self.taken_at,
            self.took_ms,
            self.rows,
            self.files,
            self.bytes,
            &self.findings,
        );
        let id = id.fetch_one(&mut *tx).await?.to_string();
        let action = match self.kind {
            Kind::Backup => "backed up",
            Kind::Drill => "restored for practice",
        };
        let entry = audit::Entry {
            action,
            noun: "backups",
            object_id: &id,
            after: Some(serde_json::json!({"rows": self.rows, "files": self.files, "findings": self.findings})),
            ..Default::default()
        };
        audit::record(tx, &audit::Actor::system(), entry).await
    }

    /// The latest of this kind.
    pub async fn latest(db: impl PgExecutor<'_>, kind: Kind) -> Result<Option<Outcome>> {
        let latest = sqlx::query_as!(
            Outcome,
            r#"
            select kind as "kind: Kind", taken_at, ended_at, took_ms, rows, files, bytes, findings
            from backup_runs
            where kind = $1
            order by ended_at desc
            limit 1
            "#,
            kind as Kind,
        );
        Ok(latest.fetch_optional(db).await?)
    }
}
