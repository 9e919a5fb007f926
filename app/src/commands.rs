//! The commands of `app`. Each does its work in the file of its noun; this is only the list.

use crate::{App, catalogue, catalogue::command::How, check, config, config::Config, demo, pool, routes, serve};
use anyhow::{Context, Result, bail};
use models::{
    audit::Actor,
    database_roles::{Made, WEB, WORKER},
    secrets,
    tls::Tls,
    users::{NewUser, Role, User, passwords},
};
use sqlx::{PgPool, postgres::PgConnectOptions};
use std::path::Path;
use std::{
    io::{IsTerminal, Read},
    str::FromStr,
};

const HELP: &str = "app COMMAND

  serve                        answer web requests until told to stop
  migrate                      bring the database's shape and the rights of its two roles up to date
  check                        check the settings, the database and Redis, then say what is wrong
  audit verify [--anchor FILE] compare every entry of the audit trail with the chain and the anchor; names the first bad one;
                               --since-last: only what came after the last check
  admin EMAIL NAME             make the first administrator's invitation, once, while there is none
  second-factor remove EMAIL REASON  take a lost second factor off; needed when no administrator can log in
  user add EMAIL ROLE NAME     make an account; the password is read from standard input
  import FOLDER [--dry-run]    judge assemblies.json, categories.json and parts.json of a folder, then import them;
                               --replace-revised: also over lines that were revised by hand
  bom FILE [--tsv]             print the BOM of a configuration document, as a tree or a table; saves nothing
  demo [large]                 load invented people, customers, catalogue and orders; large adds 100,000 orders
  demo jobs COUNT              add so many generated jobs of every state, for judging the job pages
  golden FILE... [--save]      replay reference cases and print every difference; --save keeps them for validation
  backup FOLDER [--keep N]     back up the database and all files into a new folder in FOLDER; only the latest N stay
  drill FOLDER                 restore the latest backup of FOLDER into a scratch database, check it and drop it again
  restore BACKUP               restore a backup into the empty database of DATABASE_URL and the empty STORAGE_DIR
  permissions                  print every route with the action it needs and who may do it
  permissions --table          print what every role may do, and while what holds
  help settings                print every setting of both processes, with what holds when it is not set
  help                         print this";

/// Runs one command.
///
/// # Errors
/// With a sentence for the person at the keyboard.
pub async fn run(words: &[&str]) -> Result<()> {
    match words {
        ["serve"] => serve::run(Config::from_env()?).await,
        ["migrate"] => migrate(&database()?).await,
        ["audit", "verify", rest @ ..] => crate::audit::command::verify(&database()?, rest).await,
        ["check"] => check::run(Config::from_env()?).await,
        ["admin", email, name @ ..] if !name.is_empty() => {
            println!("{}", crate::admin_command::run(&database()?, email, &name.join(" ")).await?);
            Ok(())
        }
        ["second-factor", "remove", email, reason @ ..] => {
            println!("{}", crate::admin_command::remove_second_factor(&database()?, email, &reason.join(" ")).await?);
            Ok(())
        }
        ["user", "add", email, role, name @ ..] => add_user(&database()?, email, role, &name.join(" ")).await,
        ["import", folder] => catalogue::command::import(&database()?, folder, How::Careful).await,
        ["import", folder, "--dry-run"] | ["import", "--dry-run", folder] => {
            catalogue::command::import(&database()?, folder, How::Dry).await
        }
        ["import", folder, "--replace-revised"] | ["import", "--replace-revised", folder] => {
            catalogue::command::import(&database()?, folder, How::Replacing).await
        }
        ["bom", rest @ ..] => crate::bom_command::run(&database()?, rest).await,
        ["golden", rest @ ..] => crate::golden::run(&database()?, rest).await,
        ["demo"] => load_demo(None).await,
        ["demo", "large"] => {
            // Not on standard output, which a script keeps until the end.
            eprintln!("Generating 100,000 orders. This takes about half a minute.");
            load_demo(Some(demo::large::WHOLE)).await
        }
        ["demo", "jobs", count] => demo_jobs(count).await,
        ["permissions", "--table"] => {
            println!("{}", models::permissions::table());
            Ok(())
        }
        ["backup", rest @ ..] => crate::backups::back_up(rest).await,
        ["drill", folder] => crate::backups::drill(Path::new(folder)).await,
        ["restore", backup] => crate::backups::restore(Path::new(backup)).await,
        ["permissions"] => {
            println!("{}", routes::permissions());
            Ok(())
        }
        ["help", "settings"] => {
            println!("{}", config::named::list());
            Ok(())
        }
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        [] => bail!("{HELP}"),
        unknown => bail!("There is no command \"{}\".\n\n{HELP}", unknown.join(" ")),
    }
}

/// The database of the settings, for a command that works and ends.
pub fn database() -> Result<PgPool> {
    let url = config::address(&secrets::environment(), "DATABASE_URL", &["postgres", "postgresql"])?;
    let options = PgConnectOptions::from_str(url.reveal())
        .map_err(|_| anyhow::anyhow!("DATABASE_URL can't be read. It should look like postgres://user@host/name."))?;
    let tls = Tls::read(&secrets::environment()).map_err(anyhow::Error::msg)?;
    Ok(PgPool::connect_lazy_with(match tls.database_ca {
        Some(authority) => options.ssl_root_cert(authority),
        None => options,
    }))
}

/// Applies what is missing, and makes the months ahead of everything kept by month.
pub async fn migrate(db: &PgPool) -> Result<()> {
    models::MIGRATOR.run(db).await.context("The migrations stopped. Nothing after the last whole one was applied.")?;
    models::partitions::prepare(db).await?;
    match models::database_roles::ensure(&mut *db.acquire().await?).await? {
        Made::Both => println!("The database has its latest shape. {WEB} and {WORKER} have their rights."),
        Made::NotAllowed => println!(
            "The database has its latest shape.\nThe roles {WEB} and {WORKER} are missing and this login may not make them. \
             Make them with \"create role {WEB} login\" and \"create role {WORKER} login\", then run this again."
        ),
    }
    Ok(())
}

async fn load_demo(large: Option<u32>) -> Result<()> {
    let environment = std::env::var("ENVIRONMENT").unwrap_or_default();
    println!("{}", demo::run(&database()?, &environment, large).await?);
    Ok(())
}

async fn demo_jobs(count: &str) -> Result<()> {
    if std::env::var("ENVIRONMENT").is_ok_and(|environment| environment == "production") {
        bail!("ENVIRONMENT is production. Generated jobs are not added there.");
    }
    let jobs = count.parse().ok().filter(|jobs| (1..=1_500_000).contains(jobs));
    let jobs = jobs.with_context(|| format!("{count:?} is no number of jobs. It is 1 to 1500000."))?;
    demo::jobs::fill(&mut *database()?.acquire().await?, jobs).await?;
    println!("{jobs} generated jobs were added.");
    Ok(())
}

/// The password never stands in the command line, where other processes could read it.
async fn add_user(db: &PgPool, email: &str, role: &str, name: &str) -> Result<()> {
    let role: Role = serde_json::from_value(role.into()).ok().with_context(|| {
        format!("{role:?} is no role. It is coordinator, administrator, procurement, qc, assembler or service.")
    })?;
    if std::io::stdin().is_terminal() {
        eprintln!("Password ({} characters or more), then Enter and Ctrl-D:", passwords::SHORTEST);
    }
    let mut password = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut password)
        .context("The password can't be read from standard input.")?;
    let password = password.trim_end_matches(['\r', '\n']);
    passwords::check_rules(password, email, name)?;
    let Ok(hash) = passwords::hash(password.to_string()).await else {
        bail!("The password could not be hashed. Try again.")
    };
    let mut tx = db.begin().await?;
    let user = User::create(&mut tx, &Actor::system(), NewUser { email, name, role }, &hash).await?;
    tx.commit().await?;
    println!("{} can log in as {}, {}.", user.name, user.email, role.title().to_lowercase());
    Ok(())
}

/// The app as commands and tests start it.
pub fn app(config: Config) -> Result<std::sync::Arc<App>> {
    models::site::keep_time_of(&config.time_zone).map_err(|problem| anyhow::anyhow!("TIME_ZONE: {problem}"))?;
    let db = pool(&config)?;
    App::new(config, db)
}
