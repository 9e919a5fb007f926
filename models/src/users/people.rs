//! Everybody with an account, as administrators look after them: who they are, what they may do, whether they may come
//! in. Accounts are never deleted and their numbers never used again (21 CFR 11.100(a)).

use super::{NewUser, Role, User, accounts, links};
use crate::{Error, Result, audit, company, sessions};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Made, but nobody has chosen its password yet.
    Invited,
    Active,
    Deactivated,
}

impl State {
    pub const ALL: [State; 3] = [State::Active, State::Invited, State::Deactivated];

    pub fn word(self) -> &'static str {
        match self {
            State::Invited => "invited",
            State::Active => "active",
            State::Deactivated => "deactivated",
        }
    }

    fn of(is_active: bool, has_password: bool) -> State {
        match (is_active, has_password) {
            (false, _) => State::Deactivated,
            (true, false) => State::Invited,
            (true, true) => State::Active,
        }
    }
}

/// One person as administrators see them.
#[derive(Debug, Clone)]
pub struct Person {
    pub user: User,
    pub state: State,
    pub revision: i32,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub sessions: i64,
    pub has_second_factor: bool,
    /// When the open invitation or reset link ends.
    pub link_until: Option<DateTime<Utc>>,
}

/// What the list is narrowed to; empty shows everybody.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    pub search: &'a str,
    pub role: Option<Role>,
    pub state: Option<State>,
}

/// People of one page of the list.
pub const PER_PAGE: i64 = 50;

/// One page of people by name, and how many there are in all.
pub async fn list(db: impl PgExecutor<'_>, filter: &Filter<'_>, page: i64) -> Result<(Vec<Person>, i64)> {
    let rows = rows(db, filter, None, page.max(0) * PER_PAGE).await?;
    let total = rows.first().map_or(0, |row| row.total);
    Ok((rows.into_iter().map(Person::from).collect(), total))
}

/// The person with this number.
///
/// # Errors
/// `NotFound` when there is none.
pub async fn find(db: impl PgExecutor<'_>, id: i64) -> Result<Person> {
    let found = rows(db, &Filter::default(), Some(id), 0).await?.into_iter().next();
    found.map(Person::from).ok_or(Error::NotFound("Person"))
}

/// How many people could log in, and how many of them administrate.
pub async fn counts(db: impl PgExecutor<'_>) -> Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"
        select count(*) as "active!", count(*) filter (where role = 'administrator') as "administrators!"
        from users u
        where is_active and (password_hash <> '' or exists (select from company_accounts c where c.user_id = u.id))
        "#,
    );
    let row = row.fetch_one(db).await?;
    Ok((row.active, row.administrators))
}

struct Row {
    id: i64,
    email: String,
    name: String,
    initials: String,
    role: Role,
    is_active: bool,
    has_password: bool,
    revision: i32,
    created_at: DateTime<Utc>,
    last_seen_at: Option<DateTime<Utc>>,
    sessions: i64,
    has_second_factor: bool,
    link_until: Option<DateTime<Utc>>,
    total: i64,
}

impl From<Row> for Person {
    fn from(row: Row) -> Person {
        Person {
            state: State::of(row.is_active, row.has_password),
            user: User { id: row.id, email: row.email, name: row.name, initials: row.initials, role: row.role },
            revision: row.revision,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            sessions: row.sessions,
            has_second_factor: row.has_second_factor,
            link_until: row.link_until,
        }
    }
}

async fn rows(db: impl PgExecutor<'_>, filter: &Filter<'_>, id: Option<i64>, skip: i64) -> Result<Vec<Row>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        select u.id, u.email, u.name, u.initials, u.role as "role: Role", u.is_active,
            u.password_hash <> '' or exists (select from company_accounts c where c.user_id = u.id) as "has_password!", u.revision, u.created_at,
            s.last_seen_at as "last_seen_at?", coalesce(s.live, 0) as "sessions!",
            exists (select from second_factors f
                where f.user_id = u.id and f.confirmed_at is not null and f.removed_at is null) as "has_second_factor!",
            l.expires_at as "link_until?", count(*) over () as "total!"
        from users u
        left join lateral (
            select max(s.last_seen_at) as last_seen_at,
                count(*) filter (where s.revoked_at is null and s.absolute_until > now()
                    and s.last_seen_at > now() - make_interval(mins => coalesce(
                        (select (value->>'idle_minutes')::integer from settings where name = 'sessions'), 30))) as live
            from sessions s where s.user_id = u.id
        ) s on true
        left join account_links l
            on l.user_id = u.id and l.used_at is null and l.withdrawn_at is null and l.expires_at > now()
        where ($1 = '' or u.email_key like '%' || $1 || '%' or lower(u.name) like '%' || $1 || '%')
          and ($2::text is null or u.role = $2)
          and ($3::text is null or $3 = case
              when not u.is_active then 'deactivated'
              when u.password_hash <> '' or exists (select from company_accounts c where c.user_id = u.id) then 'active'
              else 'invited' end)
          and ($4::bigint is null or u.id = $4)
        order by lower(u.name), u.id
        limit $5 offset $6
        "#,
        escaped(&accounts::key(filter.search)),
        filter.role as Option<Role>,
        filter.state.map(State::word),
        id,
        PER_PAGE,
        skip,
    );
    Ok(rows.fetch_all(db).await?)
}

/// Letters that mean something to LIKE stand for themselves.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Makes an account nobody can log in to yet, and the link that lets its person choose a password.
///
/// # Errors
/// `Invalid` for an address that is none or has an account already, and for a name of no or too many letters.
pub async fn invite(tx: &mut PgConnection, actor: &audit::Actor, new: NewUser<'_>) -> Result<(User, links::Token)> {
    let user = User::create(&mut *tx, actor, new, "").await?;
    let token = links::make(tx, actor, &user, links::Purpose::Invitation).await?;
    Ok((user, token))
}

/// What an administrator changes about a person.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    pub name: &'a str,
    pub email: &'a str,
    pub role: Role,
    /// The revision the form was filled from.
    pub seen: i32,
    pub reason: &'a str,
}

/// Corrects name and address, gives another role. A new role ends every session, so that nothing of the old one is left
/// in an open window.
///
/// # Errors
/// `Stale` when somebody changed the person since, `Invalid` with the sentence of what can't be.
pub async fn change(tx: &mut PgConnection, actor: &audit::Actor, user: &User, new: Changes<'_>) -> Result<()> {
    let has_new_role = new.role != user.role;
    if has_new_role && new.reason.trim().is_empty() {
        return Err(Error::Invalid("Say why the role changes. The reason is kept.".into()));
    }
    if has_new_role && user.role == Role::Administrator {
        keep_one_administrator(&mut *tx, user).await?;
        keep_for_emergencies(&mut *tx, user).await?;
    }
    let (name, email) = (accounts::name_of(new.name)?, accounts::address_of(new.email)?);
    let key = accounts::key(email);
    let taken = sqlx::query_scalar!(
        r#"select exists (select from users where email_key = $1 and id <> $2) as "taken!""#,
        key,
        user.id,
    );
    if taken.fetch_one(&mut *tx).await? {
        return Err(Error::Invalid(format!("{email} has an account already.")));
    }
    let changed = sqlx::query!(
        r#"
        update users
        set name = $3, initials = $4, email = $5, email_key = $6, role = $7, revision = revision + 1
        where id = $1 and revision = $2
        "#,
        user.id,
        new.seen,
        name,
        accounts::initials(name),
        email,
        key,
        new.role as Role,
    );
    if changed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(stale(user));
    }
    if has_new_role {
        sessions::end_all(&mut *tx, user.id).await?;
    }
    let told = |name: &str, email: &str, role: Role| json!({ "name": name, "e-mail": email, "role": role });
    let entry = audit::Entry {
        action: if has_new_role { "gave another role" } else { "changed" },
        noun: "users",
        object_id: &user.id.to_string(),
        before: Some(told(&user.name, &user.email, user.role)),
        after: Some(told(name, email, new.role)),
        reason: new.reason.trim(),
    };
    audit::record(tx, actor, entry).await
}

/// Locks a person out or lets them in again. Every session of somebody locked out ends, and so does an open link.
///
/// # Errors
/// `Invalid` without a reason and for the last active administrator, `Stale` when somebody changed the person since.
pub async fn set_active(
    tx: &mut PgConnection,
    actor: &audit::Actor,
    person: &Person,
    is_active: bool,
    reason: &str,
) -> Result<()> {
    let user = &person.user;
    if reason.trim().is_empty() {
        return Err(Error::Invalid("Say why. The reason is kept.".into()));
    }
    if !is_active && user.role == Role::Administrator {
        keep_one_administrator(&mut *tx, user).await?;
    }
    if !is_active {
        keep_for_emergencies(&mut *tx, user).await?;
    }
    let changed = sqlx::query!(
        "update users set is_active = $2, revision = revision + 1 where id = $1 and revision = $3 and is_active <> $2",
        user.id,
        is_active,
        person.revision,
    );
    if changed.execute(&mut *tx).await?.rows_affected() == 0 {
        return Err(stale(user));
    }
    if !is_active {
        sessions::end_all(&mut *tx, user.id).await?;
        links::withdraw(&mut *tx, user.id).await?;
    }
    let entry = audit::Entry {
        action: if is_active { "reactivated" } else { "deactivated" },
        noun: "users",
        object_id: &user.id.to_string(),
        reason: reason.trim(),
        ..Default::default()
    };
    audit::record(tx, actor, entry).await
}

/// Refuses to take the house its last administrator. The rows stay locked until the change is over, so that two who
/// step down at once do not leave nobody.
pub(crate) async fn keep_one_administrator(tx: &mut PgConnection, leaving: &User) -> Result<()> {
    let active = sqlx::query_scalar!(
        r#"
        select id from users u
        where role = 'administrator' and is_active
            and (password_hash <> '' or exists (select from company_accounts c where c.user_id = u.id))
        order by id
        for update
        "#,
    );
    let active = active.fetch_all(tx).await?;
    if active == [leaving.id] {
        let name = &leaving.name;
        return Err(Error::Invalid(format!("{name} is the last active administrator. Make somebody else one first.")));
    }
    Ok(())
}

/// Refuses to take the house the one account that comes in while the company's provider is away.
async fn keep_for_emergencies(tx: &mut PgConnection, leaving: &User) -> Result<()> {
    if company::is_needed_in_emergency(tx, leaving.id).await? {
        let name = &leaving.name;
        let what = "is the emergency account, and the last administrator who comes in without the provider.";
        return Err(Error::Invalid(format!("{name} {what} Name another one first.")));
    }
    Ok(())
}

fn stale(user: &User) -> Error {
    Error::Stale(format!("Somebody changed {} while you looked. This is how it stands now.", user.name))
}
