//! Orders being entered: kept as typed at every step, by one person at a time, until they become an order.

pub mod answers;
pub mod header;
pub mod preview;
pub mod review;

pub use answers::{MOST_BUILDS, OrderAnswers};
pub use header::{Header, Heading, House, Priority};
pub use preview::{Change, Preview, PreviewLine, preview};
pub use review::{BuildReview, Review, review};

use crate::configurations::words::key;
use crate::users::{Can, User};
use crate::{Error, Result, audit};
use audit::{Actor, Entry};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{PgConnection, PgExecutor, types::Json};
use uuid::Uuid;

/// One draft and who saved it last.
#[derive(Debug, Clone)]
pub struct Draft {
    pub id: i64,
    pub owner_id: i64,
    pub answers: OrderAnswers,
    /// Grows with every save.
    pub version: i32,
    /// The open page that saved it last.
    pub editor: Option<Uuid>,
    pub saved_by: String,
    pub updated_at: DateTime<Utc>,
    /// The order it became.
    pub order_number: Option<String>,
}

/// A line of "My drafts".
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: i64,
    pub owner: String,
    pub answers: OrderAnswers,
    pub updated_at: DateTime<Utc>,
}

/// What a page saw when it was opened: which page it is, and which version it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub editor: Uuid,
    pub version: i32,
}

impl From<Json<OrderAnswers>> for OrderAnswers {
    fn from(stored: Json<OrderAnswers>) -> OrderAnswers {
        stored.0
    }
}

impl Draft {
    pub async fn create(tx: &mut PgConnection, user: &User, answers: &OrderAnswers) -> Result<i64> {
        user.must(Can::EnterOrders)?;
        let id = sqlx::query_scalar!(
            "insert into drafts (owner_id, saved_by, answers) values ($1, $1, $2) returning id",
            user.id,
            Json(answers) as _,
        );
        Ok(id.fetch_one(&mut *tx).await?)
    }

    /// The draft, for its owner and for administrators; to everybody else it does not exist.
    pub async fn find(db: impl PgExecutor<'_>, user: &User, id: i64) -> Result<Draft> {
        user.must(Can::EnterOrders)?;
        let draft = sqlx::query_as!(
            Draft,
            r#"
            select d.id, d.owner_id, d.answers as "answers: Json<OrderAnswers>", d.version, d.editor,
                   coalesce(u.name, '') as "saved_by!", d.updated_at, o.number as "order_number?"
            from drafts d
            left join users u on u.id = d.saved_by
            left join order_keys o on o.draft_id = d.id
            where d.id = $1 and d.discarded_at is null
            "#,
            id,
        );
        let draft = draft.fetch_optional(db).await?.ok_or(Error::NotFound("Draft"))?;
        let is_theirs = draft.owner_id == user.id || user.may_now(Can::EnterOrders, &[]);
        if is_theirs { Ok(draft) } else { Err(Error::Hidden("Draft")) }
    }

    /// The draft, held until the transaction ends, so that saves and submits take turns.
    pub async fn hold(tx: &mut PgConnection, user: &User, id: i64) -> Result<Draft> {
        sqlx::query!("select id from drafts where id = $1 for update", id).fetch_optional(&mut *tx).await?;
        Draft::find(&mut *tx, user, id).await
    }

    /// Somebody else's page saved it after this page was opened.
    pub fn is_behind(&self, seen: Seen) -> bool {
        self.version != seen.version && self.editor != Some(seen.editor)
    }

    /// Keeps the answers. The draft must be held.
    ///
    /// # Errors
    /// `Stale` when another page saved meanwhile; nothing is written then.
    pub async fn save(&mut self, tx: &mut PgConnection, user: &User, seen: Seen) -> Result<()> {
        if let Some(number) = &self.order_number {
            return Err(Error::Stale(format!("This draft is order {number} already. Change it there.")));
        }
        if self.is_behind(seen) {
            let who = if self.saved_by == user.name {
                "You saved this draft on another page".into()
            } else {
                format!("{} saved this draft", self.saved_by)
            };
            return Err(Error::Stale(format!(
                "{who} after this page was opened. Your answers below are not saved yet."
            )));
        }
        let saved = sqlx::query!(
            r#"
            update drafts set answers = $2, version = version + 1, editor = $3, saved_by = $4, updated_at = now()
            where id = $1
            returning version, updated_at
            "#,
            self.id,
            Json(&self.answers) as _,
            seen.editor,
            user.id,
        );
        let saved = saved.fetch_one(&mut *tx).await?;
        (self.version, self.updated_at) = (saved.version, saved.updated_at);
        (self.editor, self.saved_by) = (Some(seen.editor), user.name.clone());
        Ok(())
    }

    /// Drafts that are neither discarded nor orders yet, latest first; an administrator sees everybody's.
    pub async fn open(db: impl PgExecutor<'_>, user: &User) -> Result<Vec<Listed>> {
        user.must(Can::EnterOrders)?;
        let drafts = sqlx::query_as!(
            Listed,
            r#"
            select d.id, u.name as owner, d.answers as "answers: Json<OrderAnswers>", d.updated_at
            from drafts d
            join users u on u.id = d.owner_id
            where d.discarded_at is null and (d.owner_id = $1 or $2)
              and not exists (select from order_keys o where o.draft_id = d.id)
            order by d.owner_id <> $1, d.updated_at desc
            limit 100
            "#,
            user.id,
            user.may_now(Can::EnterOrders, &[]),
        );
        Ok(drafts.fetch_all(db).await?)
    }

    /// Puts the draft away. It is kept for the record and shown to nobody.
    pub async fn discard(tx: &mut PgConnection, user: &User, actor: &Actor, id: i64) -> Result<()> {
        let draft = Draft::hold(tx, user, id).await?;
        if let Some(number) = draft.order_number {
            return Err(Error::Invalid(format!("This draft is order {number} already and stays with it.")));
        }
        sqlx::query!("update drafts set discarded_at = now() where id = $1", id).execute(&mut *tx).await?;
        let number = id.to_string();
        audit::record(tx, actor, Entry { action: "discarded", noun: "drafts", object_id: &number, ..Entry::default() })
            .await
    }
}

impl House {
    /// Looks up what the answers collide with. `zone` is the site's, as PostgreSQL names it.
    pub async fn look(db: &mut PgConnection, answers: &OrderAnswers, zone: &str) -> Result<House> {
        let po = key(&answers.po_number);
        let numbers: Vec<String> = answers.builds().map(|(_, number, _)| key(number)).collect();
        let found = sqlx::query!(
            r#"
            select (now() at time zone $1)::date as "today!: NaiveDate",
                   (select number from order_keys where po_key = $2) as po_taken_by
            "#,
            zone,
            po,
        );
        let found = found.fetch_one(&mut *db).await?;
        let taken = sqlx::query!(
            "select b.number_key, o.number from builds b join order_keys o on o.order_id = b.order_id where b.number_key = any($1)",
            &numbers,
        );
        let taken = taken.fetch_all(&mut *db).await?;
        Ok(House {
            today: found.today,
            po_taken_by: found.po_taken_by,
            builds_taken: taken.into_iter().map(|row| (row.number_key, row.number)).collect(),
        })
    }
}

/// Names of customers for the field's suggestions.
pub async fn known_customers(db: impl PgExecutor<'_>) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!("select name from customers where is_active order by id desc limit 200")
        .fetch_all(db)
        .await?)
}

/// Offers numbers for builds that nobody has used: a counter that skips what was typed by hand.
pub async fn offer_numbers(tx: &mut PgConnection, count: usize) -> Result<Vec<String>> {
    for _ in 0..2 {
        let offers = sqlx::query_scalar!(
            r#"select nextval('build_number_offers')::text as "number!" from generate_series(1, $1)"#,
            count as i32,
        );
        let offers = offers.fetch_all(&mut *tx).await?;
        let taken =
            sqlx::query_scalar!(r#"select exists(select from builds where number_key = any($1)) as "is!""#, &offers);
        if !taken.fetch_one(&mut *tx).await? {
            return Ok(offers);
        }
        sqlx::query!(
            r#"
            select setval('build_number_offers', greatest(
                (select max(number_key::bigint) from builds where number_key ~ '^[0-9]{1,12}$'),
                (select last_value from build_number_offers)))
            "#
        )
        .fetch_one(&mut *tx)
        .await?;
    }
    Err(Error::Invalid("No free build numbers were found. Type the numbers by hand.".into()))
}
