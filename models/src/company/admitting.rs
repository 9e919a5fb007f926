//! Who somebody is here whom the provider vouches for: found by issuer and subject, the first time by an address the
//! provider has checked, else made when a group of theirs is in the table. Their role follows their groups each time.

use super::{CompanyAccount, groups};
use crate::{
    Error, Result,
    audit::{self, Actor, Entry},
    sessions,
    users::{NewUser, Role, User, accounts, people},
};
use serde_json::json;
use sqlx::PgConnection;

/// What the provider says of a person, its signature checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub issuer: String,
    pub subject: String,
    pub email: String,
    /// The provider has checked that the address is theirs.
    pub is_email_verified: bool,
    pub name: String,
    pub groups: Vec<String>,
    /// It asked for a second factor itself.
    pub has_second_factor: bool,
}

/// Why somebody the provider vouches for does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NoGroup,
    Unverified,
    Deactivated,
    Emergency,
    OtherPerson,
    LastAdministrator,
    Unnamed,
}

impl Refusal {
    /// The sentence for the person.
    pub fn sentence(self) -> &'static str {
        match self {
            Refusal::NoGroup => "None of your groups gives you a role here. Ask an administrator which group you need.",
            Refusal::Unverified => {
                "The company account does not vouch for your e-mail address. Have it confirmed there, then log in again."
            }
            Refusal::Deactivated => "Your account here is deactivated. An administrator can reactivate it.",
            Refusal::Emergency => "This address belongs to the emergency account, which logs in with its password.",
            Refusal::OtherPerson => {
                "Your address belongs here to somebody with another company account. An administrator has to look into it."
            }
            Refusal::LastAdministrator => {
                "Your groups would leave nobody to administrate. Another administrator has to be there first."
            }
            Refusal::Unnamed => "The company account does not say your name and address, so no account can be made.",
        }
    }

    /// A word or two for the trail.
    fn why(self) -> &'static str {
        match self {
            Refusal::NoGroup => "no group of theirs gives a role",
            Refusal::Unverified => "the address was not verified",
            Refusal::Deactivated => "the account is deactivated",
            Refusal::Emergency => "the address is the emergency account's",
            Refusal::OtherPerson => "the address is linked to another subject",
            Refusal::LastAdministrator => "nobody would be left to administrate",
            Refusal::Unnamed => "no name or address was told",
        }
    }
}

/// The person this is, with the role of their groups. What refuses them is written down and takes their sessions; the
/// caller commits either way.
///
/// # Errors
/// Only what the database says.
pub async fn admit(tx: &mut PgConnection, actor: &Actor, told: &Told) -> Result<std::result::Result<User, Refusal>> {
    // Two windows of one new person must not make two accounts.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('company_accounts'), hashtext($1))", told.subject)
        .execute(&mut *tx)
        .await?;
    let role = groups::role_of(&mut *tx, &told.groups).await?;
    let known = linked(&mut *tx, told).await?;
    let is_linked = known.is_some();
    let known = match known {
        Some(known) => Some(known),
        None => match by_address(&mut *tx, told).await? {
            Ok(found) => found,
            Err(refusal) => return refuse(tx, actor, told, None, refusal).await.map(Err),
        },
    };
    let Some((role, group)) = role else {
        let ending = known.as_ref().filter(|_| is_linked);
        return refuse(tx, actor, told, ending, Refusal::NoGroup).await.map(Err);
    };
    let user = match known {
        Some(known) if !known.is_active => {
            return refuse(tx, actor, told, Some(&known), Refusal::Deactivated).await.map(Err);
        }
        Some(known) => known.user,
        None => match make(&mut *tx, actor, told, role).await? {
            Ok(user) => user,
            Err(refusal) => return refuse(tx, actor, told, None, refusal).await.map(Err),
        },
    };
    if !is_linked {
        link(&mut *tx, actor, told, &user).await?;
    }
    match follow(&mut *tx, actor, user, role, &group).await {
        Err(Error::Invalid(_)) => {
            let known = linked(&mut *tx, told).await?;
            refuse(tx, actor, told, known.as_ref(), Refusal::LastAdministrator).await.map(Err)
        }
        followed => {
            sqlx::query!(
                "update company_accounts set last_used_at = now() where issuer = $1 and subject = $2",
                told.issuer,
                told.subject,
            )
            .execute(tx)
            .await?;
            followed.map(Ok)
        }
    }
}

/// Whether the provider spoke of this person.
pub async fn is_of(db: impl sqlx::PgExecutor<'_>, told: &Told, user_id: i64) -> Result<bool> {
    let is_of = sqlx::query_scalar!(
        r#"
        select exists (select from company_accounts where issuer = $1 and subject = $2 and user_id = $3) as "is_of!"
        "#,
        told.issuer,
        told.subject,
        user_id,
    );
    Ok(is_of.fetch_one(db).await?)
}

struct Known {
    user: User,
    is_active: bool,
}

async fn linked(tx: &mut PgConnection, told: &Told) -> Result<Option<Known>> {
    let row = sqlx::query!(
        r#"
        select u.id, u.email, u.name, u.initials, u.role as "role: Role", u.is_active
        from company_accounts c join users u on u.id = c.user_id
        where c.issuer = $1 and c.subject = $2
        "#,
        told.issuer,
        told.subject,
    );
    Ok(row.fetch_optional(tx).await?.map(|row| Known {
        user: User { id: row.id, email: row.email, name: row.name, initials: row.initials, role: row.role },
        is_active: row.is_active,
    }))
}

/// The account with their address, which nobody else has come in to, when the provider has checked the address.
async fn by_address(tx: &mut PgConnection, told: &Told) -> Result<std::result::Result<Option<Known>, Refusal>> {
    if !told.is_email_verified || told.email.is_empty() {
        return Ok(Err(Refusal::Unverified));
    }
    let row = sqlx::query!(
        r#"
        select u.id, u.email, u.name, u.initials, u.role as "role: Role", u.is_active,
            exists (select from company_accounts c where c.user_id = u.id) as "is_taken!"
        from users u where u.email_key = $1
        "#,
        accounts::key(&told.email),
    );
    let Some(row) = row.fetch_optional(&mut *tx).await? else { return Ok(Ok(None)) };
    let setting = crate::settings::read::<CompanyAccount>(&mut *tx).await?.value;
    if setting.emergency_account == Some(row.id) {
        return Ok(Err(Refusal::Emergency));
    }
    if row.is_taken {
        return Ok(Err(Refusal::OtherPerson));
    }
    let user = User { id: row.id, email: row.email, name: row.name, initials: row.initials, role: row.role };
    Ok(Ok(Some(Known { user, is_active: row.is_active })))
}

/// A new account, without a password. The name is printed beside signatures, so there has to be one.
async fn make(
    tx: &mut PgConnection,
    actor: &Actor,
    told: &Told,
    role: Role,
) -> Result<std::result::Result<User, Refusal>> {
    match User::create(tx, actor, NewUser { email: &told.email, name: &told.name, role }, "").await {
        Err(Error::Invalid(_)) => Ok(Err(Refusal::Unnamed)),
        made => made.map(Ok),
    }
}

async fn link(tx: &mut PgConnection, actor: &Actor, told: &Told, user: &User) -> Result<()> {
    sqlx::query!(
        "insert into company_accounts (issuer, subject, user_id) values ($1, $2, $3)",
        told.issuer,
        told.subject,
        user.id,
    )
    .execute(&mut *tx)
    .await?;
    // An invitation that waits would let whoever holds it choose a password for this person.
    crate::users::links::withdraw(&mut *tx, user.id).await?;
    let id = user.id.to_string();
    let after = Some(json!({ "issuer": told.issuer, "subject": told.subject }));
    let entry =
        Entry { action: "linked the company account", noun: "users", object_id: &id, after, ..Entry::default() };
    audit::record(tx, actor, entry).await
}

/// Gives them the role of their groups. Another one than before ends every session, so that nothing of the old one is
/// left in an open window.
async fn follow(tx: &mut PgConnection, actor: &Actor, user: User, role: Role, group: &str) -> Result<User> {
    if user.role == role {
        return Ok(user);
    }
    if user.role == Role::Administrator {
        people::keep_one_administrator(&mut *tx, &user).await?;
    }
    sqlx::query!("update users set role = $2, revision = revision + 1 where id = $1", user.id, role as Role)
        .execute(&mut *tx)
        .await?;
    sessions::end_all(&mut *tx, user.id).await?;
    let reason = format!("In the group {group}");
    let entry = Entry {
        action: "gave another role",
        noun: "users",
        object_id: &user.id.to_string(),
        before: Some(json!({ "role": user.role })),
        after: Some(json!({ "role": role })),
        reason: &reason,
    };
    audit::record(tx, actor, entry).await?;
    Ok(User { role, ..user })
}

/// Writes down that somebody did not come in, and ends what they still had open.
async fn refuse(
    tx: &mut PgConnection,
    actor: &Actor,
    told: &Told,
    known: Option<&Known>,
    refusal: Refusal,
) -> Result<Refusal> {
    let object = known.map_or("unknown".into(), |known| known.user.id.to_string());
    if let Some(known) = known {
        sessions::end_all(&mut *tx, known.user.id).await?;
    }
    let after = Some(json!({ "issuer": told.issuer, "subject": told.subject, "groups": told.groups.len() }));
    let entry = Entry {
        action: "log-in refused",
        noun: "users",
        object_id: &object,
        after,
        reason: refusal.why(),
        ..Entry::default()
    };
    audit::refused(tx, actor, entry).await?;
    Ok(refusal)
}
