//! Stations: tablets at the bench that several people share. The tablet is known by a cookie of its own; people come and
//! go with badge and PIN, each in a short session in their own name (21 CFR 11.100: no shared log-ins).

pub mod badges;
pub mod pins;

use crate::audit::{self, Actor, Entry};
use crate::sessions::{id_hash, random};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    pub id: i64,
    pub name: String,
    pub made_by: String,
    pub made_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A checked query whose rows are stations in use: `$and` are further conditions and the order.
macro_rules! stations {
    ($and:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Station,
            "select s.id, s.name, u.name as made_by, s.made_at, s.last_used_at
            from stations s join users u on u.id = s.made_by
            where s.retired_at is null " + $and
            $(, $argument)*
        )
    };
}

impl Station {
    pub async fn all(db: impl PgExecutor<'_>) -> Result<Vec<Station>> {
        Ok(stations!("order by s.name, s.id").fetch_all(db).await?)
    }

    /// The station of a tablet's cookie.
    pub async fn of_token(db: impl PgExecutor<'_>, token: &str) -> Result<Option<Station>> {
        Ok(stations!("and s.token_hash = $1", id_hash(token)).fetch_optional(db).await?)
    }

    /// # Errors
    /// NotFound when it never was or is retired.
    pub async fn find(db: impl PgExecutor<'_>, id: i64) -> Result<Station> {
        stations!("and s.id = $1", id).fetch_optional(db).await?.ok_or(Error::NotFound("Station"))
    }

    /// Makes this very device a station. The words of its cookie are told once and kept nowhere.
    ///
    /// # Errors
    /// Invalid when the name is too short or too long, or another station has it.
    pub async fn open(tx: &mut PgConnection, actor: &Actor, name: &str) -> Result<(Station, String)> {
        if !(2..=60).contains(&name.chars().count()) {
            return Err(Error::Invalid(format!("Name is \"{name}\". It takes 2 to 60 characters, like Bench 3.")));
        }
        let token = hex::encode(random()?);
        let id = sqlx::query_scalar!(
            "insert into stations (name, token_hash, made_by) values ($1, $2, $3)
            on conflict (lower(name)) where retired_at is null do nothing returning id",
            name,
            id_hash(&token),
            actor.user_id,
        );
        let Some(id) = id.fetch_optional(&mut *tx).await? else {
            return Err(Error::Invalid(format!(
                "Another station is called {name}. Choose another name, or retire that one."
            )));
        };
        let entry = Entry {
            action: "made",
            noun: "stations",
            object_id: &id.to_string(),
            after: Some(json!({"name": name})),
            ..Entry::default()
        };
        audit::record(tx, actor, entry).await?;
        Ok((Station::find(tx, id).await?, token))
    }

    /// Takes the station out of use: its tablet is an ordinary device again, and whoever is logged in there is out.
    ///
    /// # Errors
    /// Invalid without a reason.
    pub async fn retire(&self, tx: &mut PgConnection, actor: &Actor, reason: &str) -> Result<()> {
        if reason.is_empty() {
            return Err(Error::Invalid("Say why. The reason is kept with the change.".into()));
        }
        sqlx::query!("update stations set retired_at = now() where id = $1", self.id).execute(&mut *tx).await?;
        sqlx::query!("update sessions set revoked_at = now() where station_id = $1 and revoked_at is null", self.id)
            .execute(&mut *tx)
            .await?;
        let id = self.id.to_string();
        let before = Some(json!({"name": self.name}));
        let entry = Entry { action: "retired", noun: "stations", object_id: &id, before, reason, ..Entry::default() };
        audit::record(tx, actor, entry).await
    }

    /// Notes that somebody uses it.
    pub async fn used(&self, tx: &mut PgConnection) -> Result<()> {
        sqlx::query!("update stations set last_used_at = now() where id = $1", self.id).execute(tx).await?;
        Ok(())
    }
}
