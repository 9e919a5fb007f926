//! BOMs of open orders that were made with other rules or another catalogue than those in force.

use crate::Result;
use sqlx::PgExecutor;

/// How many there are, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outdated {
    /// Builds whose BOM in force is one of them.
    pub builds: i64,
    pub orders: i64,
    /// Made with other rules; some of them with another catalogue as well.
    pub other_rules: i64,
    pub other_catalogue: i64,
}

/// A build and its order, by their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenBuild {
    pub build_id: i64,
    pub order_id: i64,
}

macro_rules! outdated {
    ($type:ident, $before:tt, $after:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            $type,
            $before
                + r#"
                from boms m
                join builds b on b.id = m.build_id
                join orders o on o.id = b.order_id
                left join bom_templates t on t.family = o.family and t.status = 'active'
                left join catalogue_revisions r on r.status = 'active'
                where m.is_active and b.stage not in ('shipped', 'delivered', 'cancelled')
                  and (m.template_id <> t.id or m.catalogue_revision_id <> r.id)
                "#
                + $after
            $(, $argument)*
        )
    };
}

impl Outdated {
    pub async fn count(db: impl PgExecutor<'_>) -> Result<Outdated> {
        let count = outdated!(
            Outdated,
            r#"
            select count(*) as "builds!", count(distinct b.order_id) as "orders!",
                   count(*) filter (where m.template_id <> t.id) as "other_rules!",
                   count(*) filter (where m.catalogue_revision_id <> r.id) as "other_catalogue!"
            "#,
            ""
        );
        Ok(count.fetch_one(db).await?)
    }

    /// The builds, those wanted first coming first.
    pub async fn builds(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<OpenBuild>> {
        let builds = outdated!(
            OpenBuild,
            "select b.id as build_id, b.order_id",
            "order by o.want_on, o.id, b.position limit $1",
            limit
        );
        Ok(builds.fetch_all(db).await?)
    }
}
