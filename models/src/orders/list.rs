//! The order board: pages of orders, newest first, and how many there are.

use super::Stage;
use crate::Result;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgExecutor, PgPool};

/// Rows a page shows.
pub const PAGE: i64 = 50;
/// Filtered lists are counted up to here and say "1,000+" beyond: an exact count would cost more than the page.
pub const COUNTED: i64 = 1000;

/// The tabs above the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    #[default]
    All,
    DueThisWeek,
    Late,
    Mine,
}

impl View {
    pub const ALL: [View; 4] = [View::All, View::DueThisWeek, View::Late, View::Mine];

    pub fn word(self) -> &'static str {
        match self {
            View::All => "",
            View::DueThisWeek => "week",
            View::Late => "late",
            View::Mine => "mine",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            View::All => "All",
            View::DueThisWeek => "Due this week",
            View::Late => "Late",
            View::Mine => "Mine",
        }
    }

    pub fn from_word(word: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.word() == word)
    }
}

/// What somebody wants to see. Everything left out means "any".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub view: View,
    /// Part of an order number, PO number, customer or build number; never a pattern.
    pub search: Option<String>,
    pub stage: Option<Stage>,
    pub want_from: Option<NaiveDate>,
    pub want_to: Option<NaiveDate>,
    /// Entered by this person (view "Mine").
    pub entered_by: Option<i64>,
    /// Only what has not left the house (views "Due this week" and "Late").
    pub is_open: bool,
    /// Keyset: orders older than this row, or newer.
    pub older_than: Option<i64>,
    pub newer_than: Option<i64>,
}

/// One row of the board.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: i64,
    pub number: String,
    pub po_number: String,
    pub customer: String,
    pub project: String,
    pub builds: i64,
    pub stage: Stage,
    pub priority: String,
    pub want_on: NaiveDate,
    pub created_at: DateTime<Utc>,
}

/// One page, and where the next and the previous begin.
#[derive(Debug, Clone)]
pub struct ListPage {
    pub orders: Vec<Listed>,
    pub older_than: Option<i64>,
    pub newer_than: Option<i64>,
}

/// How many orders a filter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    Exactly(i64),
    AtLeast(i64),
}

/// A checked query whose rows are orders of the board. `$from` ends in "and" and has the page's key as `$1`, `$order`
/// closes the statement with the limit `$7`; the filters between them are always `$2` to `$6`.
macro_rules! listed {
    ($filter:ident, $from:tt, $order:tt, $key:expr $(, $pattern:expr)?) => {
        sqlx::query_as!(
            Listed,
            r#"
            select o.id as "id!", o.number as "number!", o.po_number as "po_number!", o.project as "project!",
                   o.stage as "stage!: Stage", o.priority as "priority!", o.want_on as "want_on!",
                   o.created_at as "created_at!",
                   (select c.name from customers c where c.id = o.customer_id) as "customer!",
                   (select count(*) from builds b where b.order_id = o.id) as "builds!"
            "#
                + $from
                + r#"
                ($2::text is null or o.stage = $2)
                and ($3::date is null or o.want_on >= $3)
                and ($4::date is null or o.want_on <= $4)
                and ($5::bigint is null or o.created_by = $5)
                and (not $6 or o.stage not in ('shipped', 'delivered', 'cancelled'))
                "#
                + $order,
            $key,
            $filter.stage.map(Stage::word),
            $filter.want_from,
            $filter.want_to,
            $filter.entered_by,
            $filter.is_open,
            PAGE + 1
            $(, $pattern)?
        )
    };
}

impl Filter {
    /// Nothing but the view "All" chosen: the total is kept by the table itself.
    pub fn is_everything(&self) -> bool {
        self.search.is_none()
            && self.stage.is_none()
            && self.want_from.is_none()
            && self.want_to.is_none()
            && self.entered_by.is_none()
            && !self.is_open
    }

    /// The page, by key in both directions: page 1,000 costs what page 1 costs.
    pub async fn page(&self, db: impl PgExecutor<'_>) -> Result<ListPage> {
        let backwards = self.newer_than.is_some();
        let mut orders = match (&self.search, backwards) {
            (Some(_), false) => self.searched(db).await?,
            (Some(_), true) => self.searched_backwards(db).await?,
            (None, false) => self.browsed(db).await?,
            (None, true) => self.browsed_backwards(db).await?,
        };
        let has_more = orders.len() as i64 > PAGE;
        orders.truncate(PAGE as usize);
        if backwards {
            orders.reverse();
        }
        let first = orders.first().map(|order| order.id);
        let last = orders.last().map(|order| order.id);
        let starts_at_top = !backwards && self.older_than.is_none();
        Ok(ListPage {
            newer_than: first.filter(|_| if backwards { has_more } else { !starts_at_top }),
            older_than: last.filter(|_| backwards || has_more),
            orders,
        })
    }

    async fn browsed(&self, db: impl PgExecutor<'_>) -> Result<Vec<Listed>> {
        let orders = listed!(
            self,
            "from orders o where ($1::bigint is null or o.id < $1) and",
            "order by o.id desc limit $7",
            self.older_than
        );
        Ok(orders.fetch_all(db).await?)
    }

    async fn browsed_backwards(&self, db: impl PgExecutor<'_>) -> Result<Vec<Listed>> {
        let orders = listed!(self, "from orders o where o.id > $1 and", "order by o.id limit $7", self.newer_than);
        Ok(orders.fetch_all(db).await?)
    }

    async fn searched(&self, db: impl PgExecutor<'_>) -> Result<Vec<Listed>> {
        let orders = listed!(
            self,
            "from orders_matching($8) hit join orders o on o.id = hit where ($1::bigint is null or o.id < $1) and",
            "order by o.id desc limit $7",
            self.older_than,
            self.pattern()
        );
        Ok(orders.fetch_all(db).await?)
    }

    async fn searched_backwards(&self, db: impl PgExecutor<'_>) -> Result<Vec<Listed>> {
        let orders = listed!(
            self,
            "from orders_matching($8) hit join orders o on o.id = hit where o.id > $1 and",
            "order by o.id limit $7",
            self.newer_than,
            self.pattern()
        );
        Ok(orders.fetch_all(db).await?)
    }

    /// Exact when nothing is filtered, else counted up to [`COUNTED`].
    pub async fn total(&self, db: impl PgExecutor<'_>) -> Result<Total> {
        if self.is_everything() {
            let kept = sqlx::query_scalar!(r#"select coalesce(sum(orders), 0)::bigint as "total!" from order_counts"#);
            return Ok(Total::Exactly(kept.fetch_one(db).await?));
        }
        let counted =
            if self.search.is_some() { self.count_searched(db).await? } else { self.count_browsed(db).await? };
        Ok(if counted > COUNTED { Total::AtLeast(COUNTED) } else { Total::Exactly(counted) })
    }

    async fn count_browsed(&self, db: impl PgExecutor<'_>) -> Result<i64> {
        let counted = sqlx::query_scalar!(
            r#"
            select count(*) as "total!"
            from (
                select 1 as found
                from orders o
                where ($1::text is null or o.stage = $1)
                  and ($2::date is null or o.want_on >= $2)
                  and ($3::date is null or o.want_on <= $3)
                  and ($4::bigint is null or o.created_by = $4)
                  and (not $5 or o.stage not in ('shipped', 'delivered', 'cancelled'))
                limit $6
            ) found
            "#,
            self.stage.map(Stage::word),
            self.want_from,
            self.want_to,
            self.entered_by,
            self.is_open,
            COUNTED + 1,
        );
        Ok(counted.fetch_one(db).await?)
    }

    async fn count_searched(&self, db: impl PgExecutor<'_>) -> Result<i64> {
        let counted = sqlx::query_scalar!(
            r#"
            select count(*) as "total!"
            from (
                select 1 as found
                from orders_matching($7) hit
                join orders o on o.id = hit
                where ($1::text is null or o.stage = $1)
                  and ($2::date is null or o.want_on >= $2)
                  and ($3::date is null or o.want_on <= $3)
                  and ($4::bigint is null or o.created_by = $4)
                  and (not $5 or o.stage not in ('shipped', 'delivered', 'cancelled'))
                limit $6
            ) found
            "#,
            self.stage.map(Stage::word),
            self.want_from,
            self.want_to,
            self.entered_by,
            self.is_open,
            COUNTED + 1,
            self.pattern(),
        );
        Ok(counted.fetch_one(db).await?)
    }

    /// The typed text as an `ilike` pattern that means itself: `%`, `_` and `\` are letters.
    fn pattern(&self) -> Option<String> {
        let search = self.search.as_deref()?;
        let escaped = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        Some(format!("%{escaped}%"))
    }
}

/// Orders not yet delivered whose want date lies before `until`, soonest first: what Today shows.
pub async fn due(db: &PgPool, until: NaiveDate, limit: i64) -> Result<Vec<Listed>> {
    let orders = sqlx::query_as!(
        Listed,
        r#"
        select o.id, o.number, o.po_number, c.name as customer, o.project, o.stage as "stage: Stage", o.priority,
               o.want_on, o.created_at, (select count(*) from builds b where b.order_id = o.id) as "builds!"
        from orders o
        join customers c on c.id = o.customer_id
        where o.want_on <= $1 and o.stage not in ('shipped', 'delivered', 'cancelled')
        order by o.want_on, o.id
        limit $2
        "#,
        until,
        limit,
    );
    Ok(orders.fetch_all(db).await?)
}

/// How many orders came in after the newest one a page shows.
pub async fn newer_than(db: impl PgExecutor<'_>, seen: i64) -> Result<i64> {
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "newer!" from (select from orders where id > $1 limit 1000) newer"#,
        seen,
    );
    Ok(counted.fetch_one(db).await?)
}
