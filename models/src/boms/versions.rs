//! The versions of one build's BOM: which there are, what each was made from, and whether that still holds.

use crate::configurations::{Configuration, words::key};
use crate::users::{Role, User};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::{PgConnection, PgExecutor, PgPool, types::Json};
use uuid::Uuid;

/// A build, what a BOM of it would be made from today, and every BOM it ever had.
#[derive(Debug, Clone)]
pub struct Book {
    pub build_id: i64,
    pub build: String,
    pub position: i16,
    pub order_id: i64,
    pub order: String,
    pub customer: String,
    pub po_number: String,
    pub project: String,
    pub configuration_hash: String,
    /// Number of the active catalogue revision, when there is one.
    pub revision_now: Option<i32>,
    /// Version of the rules in force for the order's family.
    pub rules_now: Option<i32>,
    /// Newest first.
    pub versions: Vec<Version>,
}

/// One generated BOM and the three things it is a function of.
#[derive(Debug, Clone)]
pub struct Version {
    pub bom_id: i64,
    pub version: i32,
    pub is_active: bool,
    pub configuration: Configuration,
    pub configuration_hash: String,
    pub template_id: i32,
    pub family: String,
    pub rules: i32,
    pub revision_id: i32,
    pub revision: i32,
    pub line_count: i32,
    pub item_count: i32,
    pub piece_count: Decimal,
    pub generated_by: Option<String>,
    pub generated_at: DateTime<Utc>,
    /// The job that made it.
    pub job_id: Option<Uuid>,
}

/// What changed after a version was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outdated {
    Configuration,
    /// Numbers of the revisions: its own and the active one.
    Catalogue {
        from: i32,
        to: i32,
    },
    Rules {
        from: i32,
        to: i32,
    },
}

impl Book {
    /// By the number on the build's label, in any spelling.
    pub async fn find(db: &PgPool, number: &str) -> Result<Book> {
        let row = sqlx::query!(
            r#"
            select b.id, b.number, b.position, b.configuration_hash, b.order_id, o.number as order_number,
                   o.po_number, o.project, c.name as customer,
                   (select number from catalogue_revisions where status = 'active') as revision_now,
                   (select version from bom_templates where family = o.family and status = 'active') as rules_now
            from builds b
            join orders o on o.id = b.order_id
            join customers c on c.id = o.customer_id
            where b.number_key = $1
            "#,
            key(number),
        );
        let row = row.fetch_optional(db).await?.ok_or(Error::NotFound("Build"))?;
        Ok(Book {
            versions: versions(db, row.id).await?,
            build_id: row.id,
            build: row.number,
            position: row.position,
            order_id: row.order_id,
            order: row.order_number,
            customer: row.customer,
            po_number: row.po_number,
            project: row.project,
            configuration_hash: row.configuration_hash,
            revision_now: row.revision_now,
            rules_now: row.rules_now,
        })
    }

    /// The version in force; none before the first was generated.
    pub fn active(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.is_active)
    }

    pub fn version(&self, number: i32) -> Result<&Version> {
        self.versions.iter().find(|version| version.version == number).ok_or(Error::NotFound("Version of the BOM"))
    }

    /// Holds the build until the transaction ends, so that nobody keeps a version meanwhile, and tells the number of the
    /// active version; 0 when there is none.
    pub async fn hold(&self, tx: &mut PgConnection) -> Result<i32> {
        sqlx::query!("select id from builds where id = $1 for update", self.build_id).fetch_one(&mut *tx).await?;
        let active = sqlx::query_scalar!("select version from boms where build_id = $1 and is_active", self.build_id);
        Ok(active.fetch_optional(&mut *tx).await?.unwrap_or(0))
    }

    /// What changed since a version was made; nothing while generating again would give the same.
    pub fn outdated(&self, version: &Version) -> Vec<Outdated> {
        let mut changes = Vec::new();
        if version.configuration_hash != self.configuration_hash {
            changes.push(Outdated::Configuration);
        }
        if let Some(to) = self.revision_now.filter(|now| *now != version.revision) {
            changes.push(Outdated::Catalogue { from: version.revision, to });
        }
        if let Some(to) = self.rules_now.filter(|now| *now != version.rules) {
            changes.push(Outdated::Rules { from: version.rules, to });
        }
        changes
    }

    /// Refuses who may not read this BOM, as if the build were not there. Assemblers see the builds assigned to them, and none is assigned to anybody
    /// before production.
    pub fn must_show(&self, user: &User) -> Result<()> {
        user.must(crate::users::Can::SeeBoms)?;
        if user.role == Role::Assembler {
            return Err(Error::Hidden("Build"));
        }
        Ok(())
    }
}

async fn versions(db: impl PgExecutor<'_>, build_id: i64) -> Result<Vec<Version>> {
    let rows = sqlx::query!(
        r#"
        select b.id, b.version, b.is_active, b.configuration as "configuration: Json<Configuration>",
               b.configuration_hash, b.template_id, t.family, t.version as rules, b.catalogue_revision_id,
               r.number as revision, b.line_count, b.item_count, b.piece_count, u.name as "generated_by?", b.generated_at,
               b.job_id
        from boms b
        join bom_templates t on t.id = b.template_id
        join catalogue_revisions r on r.id = b.catalogue_revision_id
        left join users u on u.id = b.generated_by
        where b.build_id = $1
        order by b.version desc
        "#,
        build_id,
    );
    Ok(rows
        .fetch_all(db)
        .await?
        .into_iter()
        .map(|row| Version {
            bom_id: row.id,
            version: row.version,
            is_active: row.is_active,
            configuration: row.configuration.0,
            configuration_hash: row.configuration_hash,
            template_id: row.template_id,
            family: row.family,
            rules: row.rules,
            revision_id: row.catalogue_revision_id,
            revision: row.revision,
            line_count: row.line_count,
            item_count: row.item_count,
            piece_count: row.piece_count.normalize(),
            generated_by: row.generated_by,
            generated_at: row.generated_at,
            job_id: row.job_id,
        })
        .collect())
}
