//! The BOM of a build: its configuration through the rules and the catalogue in force, kept as the build's next version.

use crate::{Context, Done, Failure};
use models::audit::{self, Actor, Entry};
use models::boms::approval;
use models::boms::explode::{self, explode};
use models::boms::store::{self, Generation};
use models::boms::{ChosenLine, Line};
use models::catalogue::{self, Catalogue};
use models::configurations::{Configuration, Family};
use models::orders::{Build, Stage};
use models::rules::{self, Rules};
use serde_json::json;
use sqlx::{PgExecutor, PgPool};
use std::sync::Arc;

/// Reads the catalogue and rules in force, so that the first BOM of a worker need not wait for them.
pub async fn warm_up(db: &PgPool) {
    for family in Family::ALL {
        let _ = rules::active(db, family.word()).await;
    }
    let _ = catalogue::active(db).await;
}

pub async fn perform(build_id: i64, context: &Context) -> Result<Done, Failure> {
    let (number, configuration) = load(build_id, context).await?;
    let rules = rules::active(context.db(), configuration.family.word()).await?;
    let catalogue = catalogue::active(context.db()).await?;
    context.progress(1, 3, "Choosing and expanding the lines").await;
    let (chosen, lines) = compute(context, &configuration, &rules, &catalogue).await?;
    context.progress(2, 3, &format!("Keeping {} lines", lines.len())).await;

    let generation = Generation {
        build_id,
        configuration: &configuration,
        template_id: rules.template.id,
        catalogue: &catalogue,
        chosen: &chosen,
        lines: &lines,
        job_id: Some(context.run().id),
        generated_by: context.run().requested_by,
    };
    let mut tx = context.begin().await?;
    let kept = store::save(&mut tx, &generation).await?;
    let actor = Actor::of(&mut tx, context.run().requested_by, &context.run().trace_id).await?;
    approval::reopen(&mut tx, &actor, build_id, kept.version).await?;
    let after = json!({"version": kept.version, "lines": lines.len(), "catalogue_revision": catalogue.revision,
        "template": rules.template.id, "job": context.run().id});
    let entry = Entry { action: "generated", noun: "boms", object_id: &number, after: Some(after), ..Entry::default() };
    audit::record(&mut tx, &actor, entry).await?;
    audit::announce(&mut tx, "build", &build_id.to_string()).await?;
    context.log(&format!("BOM version {} of {number} with {} lines", kept.version, lines.len()));
    context.commit(tx, &format!("bom:{}", kept.bom_id)).await
}

/// A BOM of a build that has left the shop would be read by nobody, and one of a cancelled build would mislead.
pub async fn may_run(build_id: i64, db: impl PgExecutor<'_>) -> Result<(), String> {
    match Build::stage_of(db, build_id).await {
        Ok((number, stage @ (Stage::Cancelled | Stage::Shipped | Stage::Delivered))) => {
            Err(format!("Build {number} is {}. Its BOM stays as it is.", stage.title().to_lowercase()))
        }
        Ok(_) => Ok(()),
        Err(models::Error::NotFound(_)) => Err("The build does not exist any more.".into()),
        Err(_) => Err("The build could not be looked up. Try again.".into()),
    }
}

/// The build's number and what was ordered.
async fn load(build_id: i64, context: &Context) -> Result<(String, Configuration), Failure> {
    let (number, document) = Build::document(context.db(), build_id).await?;
    match serde_json::from_value(document) {
        Ok(configuration) => Ok((number, configuration)),
        Err(error) => {
            let text = format!("The configuration of {number} can't be read: {error}.");
            Err(Failure::last_word("configuration", text))
        }
    }
}

/// Rules and expansion have budgets of their own: lines, depth and steps are limited, and nothing in there waits.
async fn compute(
    context: &Context,
    configuration: &Configuration,
    rules: &Arc<Rules>,
    catalogue: &Arc<Catalogue>,
) -> Result<(Vec<ChosenLine>, Vec<Line>), Failure> {
    let (configuration, rules, catalogue) = (configuration.clone(), rules.clone(), catalogue.clone());
    let work = move || {
        let chosen = rules.lines(&configuration).map_err(|error| Failure::last_word("rules", error.to_string()))?;
        let lines =
            explode(&catalogue, &chosen).map_err(|error| Failure::last_word(class(&error), error.to_string()))?;
        Ok((chosen, lines))
    };
    context.compute(work).await?
}

/// The word that groups a failed expansion with its like.
fn class(error: &explode::Error) -> &'static str {
    match error {
        explode::Error::Cycle { .. } => "catalogue_cycle",
        explode::Error::Missing { .. } => "catalogue_missing",
        explode::Error::Overflow { .. } => "quantity_overflow",
        explode::Error::TooDeep { .. } => "bom_too_deep",
        explode::Error::TooManyLines { .. } => "bom_too_long",
    }
}
