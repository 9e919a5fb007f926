//! `app admin EMAIL NAME`: the first administrator of a new house; there is no account that anybody could know before.
//! `app second-factor remove EMAIL REASON`: for the day the last administrator has lost the phone.

use crate::people::joining;
use anyhow::{Result, bail};
use models::{
    audit::Actor,
    users::{
        NewUser, Role, User,
        links::{self, Purpose},
        people, second_factors,
    },
};
use sqlx::PgPool;

/// Makes the account and its invitation, or a new invitation when the last one ran out. Returns what to tell.
///
/// # Errors
/// When somebody administrates already: from then on people are invited on the page People.
pub async fn run(db: &PgPool, email: &str, name: &str) -> Result<String> {
    let mut tx = db.begin().await?;
    // Two who start the house at once: the second finds the first one's account.
    sqlx::query("select pg_advisory_xact_lock(hashtext('first administrator'))").execute(&mut *tx).await?;
    let (_, administrators) = people::counts(&mut *tx).await?;
    if administrators > 0 {
        bail!("There is an administrator already. People are invited on the page People.");
    }
    let token = match User::find_by_email(&mut *tx, email).await? {
        Some(user) => {
            let person = people::find(&mut *tx, user.id).await?;
            if person.state != people::State::Invited || user.role != Role::Administrator {
                bail!("{email} has an account already, {}. Use another address.", person.state.word());
            }
            links::make(&mut tx, &Actor::system(), &user, Purpose::Invitation).await?
        }
        None => {
            let new = NewUser { email, name, role: Role::Administrator };
            people::invite(&mut tx, &Actor::system(), new).await?.1
        }
    };
    tx.commit().await?;
    let path = joining::path(Purpose::Invitation, token.as_str());
    Ok(format!(
        "Open this in a browser within {} h, after the address of your site. It works once.\n{path}",
        links::HOURS
    ))
}

/// Takes the second factor off a person when nobody is left who could do it on a page. The password stays.
///
/// # Errors
/// When nobody has this address, there is no second factor, or no reason is given.
pub async fn remove_second_factor(db: &PgPool, email: &str, reason: &str) -> Result<String> {
    if reason.trim().is_empty() {
        bail!("Say why, after the address. The reason is kept in the audit trail.");
    }
    let mut tx = db.begin().await?;
    let Some(user) = User::find_by_email(&mut *tx, email).await? else { bail!("Nobody has the address {email}.") };
    second_factors::remove(&mut tx, &Actor::system(), &user, reason.trim()).await?;
    tx.commit().await?;
    Ok(format!("{} logs in with the password alone until a second factor is set up again.", user.name))
}
