//! `app demo [large]`: people, customers, catalogue and orders to try the product with. Everything is invented, goes in
//! through the doors real work uses, and goes in once.

use crate::catalogue;
use anyhow::{Context, Result, bail};
use models::{
    audit::Actor,
    drafts::Draft,
    orders::submit::{self, Submission},
    users::{NewUser, Role, User, passwords},
};
use sqlx::{Connection, PgConnection, PgPool};

pub mod configurations;
pub mod jobs;
pub mod large;
mod orders;

/// One password for every demo account, printed with the logins; never accepted in production because demo data is not.
pub const PASSWORD: &str = "clean-sinks-every-day";
const PEOPLE: &str = include_str!("../demo/people.tsv");
const CUSTOMERS: &str = include_str!("../demo/customers.tsv");

/// Loads what is missing and says how to log in. `large` is how many orders are generated on top.
///
/// # Errors
/// In production, and when the database refuses.
pub async fn run(db: &PgPool, environment: &str, large: Option<u32>) -> Result<String> {
    if environment == "production" {
        bail!("ENVIRONMENT is production. Demo people share one printed password, so they are not loaded there.");
    }
    let hash = passwords::hash(PASSWORD.into()).await.ok().context("The demo password could not be hashed.")?;
    let mut connection = db.acquire().await.context("The database does not answer.")?;
    let people = people(&mut connection, &hash).await?;
    customers(&mut connection).await?;
    the_catalogue(&mut connection).await?;
    let made = sample_orders(db, &people).await?;
    if let Some(orders) = large {
        large::fill(&mut connection, &hash, orders).await?;
    }
    Ok(logins(&people, made))
}

/// Rows of one of our tables: no quotes, one tab between fields, a head that is skipped.
fn rows<const FIELDS: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; FIELDS]> {
    table.lines().skip(1).filter_map(|row| row.split('\t').collect::<Vec<_>>().try_into().ok())
}

async fn people(db: &mut PgConnection, hash: &str) -> Result<Vec<User>> {
    let mut people = Vec::new();
    for [name, _, role, email] in rows::<4>(PEOPLE) {
        people.push(match User::find_by_email(&mut *db, email).await? {
            Some(known) => known,
            None => {
                let mut tx = db.begin().await?;
                let new = NewUser { email, name, role: role_of(role)? };
                let made = User::create(&mut tx, &Actor::system(), new, hash).await?;
                tx.commit().await?;
                made
            }
        });
    }
    Ok(people)
}

/// The codes of the business documents, as people.tsv has them.
fn role_of(code: &str) -> Result<Role> {
    Ok(match code {
        "PRODUCTION_COORDINATOR" => Role::Coordinator,
        "ADMIN" => Role::Administrator,
        "PROCUREMENT_SPECIALIST" => Role::Procurement,
        "QC_PERSON" => Role::Qc,
        "ASSEMBLER" => Role::Assembler,
        "SERVICE_DEPARTMENT" => Role::Service,
        other => bail!("people.tsv names the role {other}, which does not exist."),
    })
}

async fn customers(db: &mut PgConnection) -> Result<()> {
    let (names, cities): (Vec<String>, Vec<String>) =
        rows::<2>(CUSTOMERS).map(|[name, city]| (name.to_owned(), city.to_owned())).unzip();
    let keys: Vec<String> = names.iter().map(|name| models::configurations::words::key(name)).collect();
    sqlx::query!(
        r#"
        insert into customers (name, name_key, city)
        select name, key, city from unnest($1::text[], $2::text[], $3::text[]) as row (name, key, city)
        on conflict (name_key) do nothing
        "#,
        &names,
        &keys,
        &cities,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Only where no catalogue is: a real one that was imported stays in force.
async fn the_catalogue(db: &mut PgConnection) -> Result<()> {
    let known = sqlx::query_scalar!(r#"select exists (select from catalogue_revisions) as "known!""#);
    if known.fetch_one(&mut *db).await? {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    catalogue::demo::import(&mut tx, &Actor::system()).await?;
    tx.commit().await?;
    Ok(())
}

/// The invented orders, through the same submit as everybody's: all of them at once, so that a run that was interrupted
/// leaves none behind. Nothing when there are orders already.
async fn sample_orders(db: &PgPool, people: &[User]) -> Result<usize> {
    let known = sqlx::query_scalar!(r#"select exists (select from orders) as "known!""#).fetch_one(db).await?;
    let coordinator = people.iter().find(|person| person.role == Role::Coordinator);
    let (false, Some(coordinator)) = (known, coordinator) else { return Ok(0) };
    let today = models::site::today();
    let sample = orders::sample(today);
    let mut tx = db.begin().await?;
    for answers in &sample {
        let draft = Draft::create(&mut tx, coordinator, answers).await?;
        let actor = Actor::from(coordinator);
        let judge = |answers: &_, house: &_| models::drafts::review(answers, house, None);
        match submit::submit(&mut tx, coordinator, &actor, draft, models::site::zone().name(), judge).await? {
            Submission::Created(order) => orders::ask_for_boms(&mut tx, &order, coordinator).await?,
            Submission::Existing(_) => {}
            Submission::Refused(review) => bail!("A demo order is refused: {}", orders::first_problem(&review)),
        }
    }
    tx.commit().await?;
    Ok(sample.len())
}

fn logins(people: &[User], orders: usize) -> String {
    let mut text = String::from("Demo logins, all with the password ");
    text.push_str(PASSWORD);
    text.push('\n');
    for person in people {
        text.push_str(&format!("  {:<42} {}, {}\n", person.email, person.name, person.role.title()));
    }
    if orders > 0 {
        text.push_str(&format!("{orders} demo orders were created; the worker makes their BOMs.\n"));
    }
    text
}
