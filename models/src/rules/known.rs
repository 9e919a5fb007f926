//! Known BOMs kept with the product (`golden_cases`).

use super::validation::Known;
use crate::audit::{self, Actor, Entry};
use crate::golden::Case;
use crate::{Error, Result};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// All known BOMs of a family, by name.
pub async fn all(db: impl PgExecutor<'_>, family: &str) -> Result<Vec<Known>> {
    let rows =
        sqlx::query!("select name, configuration, expected from golden_cases where family = $1 order by name", family);
    let rows = rows.fetch_all(db).await?;
    let unreadable = |name: &str| Error::Invalid(format!("The known BOM {name} can no longer be read. Save it again."));
    rows.into_iter()
        .map(|row| {
            let configuration = serde_json::from_value(row.configuration).map_err(|_| unreadable(&row.name))?;
            let expected = serde_json::from_value(row.expected).map_err(|_| unreadable(&row.name))?;
            Ok(Known { name: row.name, configuration, expected })
        })
        .collect()
}

/// Keeps cases; one of the same name is replaced. A case without a readable configuration is refused.
pub async fn save(tx: &mut PgConnection, actor: &Actor, cases: &[Case]) -> Result<()> {
    for case in cases {
        let configuration =
            case.configuration.as_ref().map_err(|why| Error::Invalid(format!("{}: {why}", case.name)))?;
        sqlx::query!(
            r#"
            insert into golden_cases (name, family, configuration, expected, saved_by)
            values ($1, $2, $3, $4, $5)
            on conflict (name) do update
                set family = excluded.family, configuration = excluded.configuration, expected = excluded.expected,
                    saved_by = excluded.saved_by, saved_at = now()
            "#,
            case.name,
            configuration.family.word(),
            configuration.document(),
            json!(case.expected),
            actor.name,
        )
        .execute(&mut *tx)
        .await?;
        let after = Some(json!({ "lines": case.expected.len() }));
        let entry = Entry { action: "saved", noun: "golden_cases", object_id: &case.name, after, ..Entry::default() };
        audit::record(tx, actor, entry).await?;
    }
    Ok(())
}
