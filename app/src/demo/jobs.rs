//! Plenty of jobs of every kind, state and cause, for judging the job pages. Two machines hold the same rows.

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, PgConnection};

const STRETCH: &str = include_str!("jobs.sql");
/// Jobs of one transaction.
const ROWS: u32 = 50_000;
/// Past months that the jobs reach into at most.
const MONTHS: &str = "
    do $$
    declare
        month date := date_trunc('month', now())::date;
        parent text;
    begin
        for i in 1..3 loop
            month := (month - interval '1 month')::date;
            foreach parent in array array['jobs', 'job_attempts', 'job_texts'] loop
                execute format('create table if not exists %I partition of %I for values from (%L) to (%L)',
                    parent || '_' || to_char(month, 'YYYYMM'), parent,
                    first_uuid_at(month::timestamptz), first_uuid_at((month + interval '1 month')::timestamptz));
            end loop;
        end loop;
    end $$";

/// Adds so many jobs, the newest asked for just now, one each five seconds back. Waiting ones are due tomorrow, so that a
/// worker leaves them alone.
///
/// # Errors
/// When the database refuses; the triggers are left out, which takes its owner.
pub async fn fill(db: &mut PgConnection, jobs: u32) -> Result<()> {
    sqlx::raw_sql(MONTHS).execute(&mut *db).await?;
    let until: String = sqlx::query_scalar("select now()::text").fetch_one(&mut *db).await?;
    for first in (1..=jobs).step_by(ROWS as usize) {
        let last = (first + ROWS - 1).min(jobs);
        let settings = format!(
            "begin; set local statement_timeout = 0; set local session_replication_role = replica;
             set local demo.first = {first}; set local demo.last = {last}; set local demo.jobs = {jobs};
             set local demo.until = '{until}';"
        );
        let stretch = format!("{settings}\n{STRETCH}\ncommit;");
        sqlx::raw_sql(AssertSqlSafe(stretch)).execute(&mut *db).await.context("The generated jobs stopped.")?;
        eprint!("\r{last} jobs");
    }
    eprintln!();
    sqlx::raw_sql("vacuum analyze jobs").execute(&mut *db).await?;
    sqlx::raw_sql("vacuum analyze job_texts").execute(&mut *db).await?;
    sqlx::raw_sql("vacuum analyze job_attempts").execute(&mut *db).await?;
    Ok(())
}
