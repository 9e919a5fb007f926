//! How much one person may ask of the product in a minute, by role; and one place on the network before anybody has
//! logged in. Kept in the memory of the process: with two web processes each counts for itself, so the bound is theirs
//! together.

use crate::{errors::Error, limits, routes::Rule, session::Visitor};
use models::{
    jobs::about,
    users::{Role, User},
};
use poem::{Request, http::Method};
use sqlx::PgConnection;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};
use tokio::time::{Duration, Instant};

/// What a request costs us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cost {
    /// A page or a part of one.
    Page,
    Write,
    Search,
    /// A whole table as a file.
    Export,
    /// A file that is kept or judged.
    Upload,
    /// Files of ours, streams and health, which have bounds of their own.
    Nothing,
}

impl Cost {
    /// What the table of routes says about this request, and whether it searches.
    pub fn of(rule: &Rule, req: &Request) -> Cost {
        let query = req.uri().query().unwrap_or_default();
        let searches = || {
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            fields.any(|(name, value)| matches!(name, "search" | "q") && !value.is_empty())
        };
        match rule.method {
            _ if limits::FREE.iter().any(|free| rule.pattern.starts_with(free)) => Cost::Nothing,
            Method::POST if rule.limit >= limits::DOCUMENT => Cost::Upload,
            Method::POST => Cost::Write,
            _ if rule.pattern.ends_with(".csv") || query.contains("format=") || query.contains("as=csv") => {
                Cost::Export
            }
            _ if rule.pattern.ends_with("/export") || rule.pattern.starts_with("/documents/") => Cost::Export,
            _ if searches() => Cost::Search,
            _ => Cost::Page,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Cost::Page | Cost::Nothing => "pages",
            Cost::Write => "changes",
            Cost::Search => "searches",
            Cost::Export => "files to save",
            Cost::Upload => "uploads",
        }
    }
}

/// So many of a kind in a minute, all at once if need be: pages, changes, searches, files to save, uploads.
/// `None` is whoever has not logged in.
const fn per_minute(role: Option<Role>) -> [u32; 5] {
    match role {
        Some(Role::Administrator) => [1200, 240, 240, 30, 30],
        Some(Role::Coordinator) => [1200, 240, 240, 20, 60],
        Some(Role::Procurement) => [1200, 120, 240, 20, 20],
        Some(Role::Qc) => [900, 240, 120, 20, 60],
        Some(Role::Assembler) => [900, 240, 60, 20, 30],
        Some(Role::Service) => [600, 60, 120, 10, 10],
        // A whole shift may log in from behind one address.
        None => [600, 240, 30, 5, 5],
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Person(i64),
    /// The network of a peer: an IPv6 household has more addresses than we have memory.
    Network(IpAddr),
    /// Networks that no longer fit into the table.
    Crowd,
}

/// When each budget would be whole again. A moment ahead of now is what was spent.
#[derive(Default)]
pub struct Budgets(Mutex<HashMap<(Who, Cost), Instant>>);

impl Budgets {
    /// Takes one request's cost. `percent` scales the table.
    ///
    /// # Errors
    /// With the time until the budget allows it again.
    pub fn spend(&self, visitor: &Visitor, cost: Cost) -> Result<(), Error> {
        let session = visitor.known_session();
        let role = session.map(|session| session.user.role);
        let who = session.map_or_else(|| network(&visitor.peer), |session| Who::Person(session.user.id));
        let most = most(role, cost, visitor.app.config.budget_percent);
        let Some(most) = most else { return Ok(()) };
        self.take(who, cost, most, Instant::now()).map_err(|wait| Error::Spent { wait, what: cost.word(), kept: None })
    }

    fn take(&self, who: Who, cost: Cost, most: u32, now: Instant) -> Result<(), Duration> {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = budgets.contains_key(&(who, cost));
        if !is_known && budgets.len() >= limits::BUDGETS {
            budgets.retain(|_, whole| *whole > now);
        }
        let is_full = !is_known && budgets.len() >= limits::BUDGETS;
        let who = if is_full && !matches!(who, Who::Person(_)) { Who::Crowd } else { who };
        let (minute, one) = (Duration::from_secs(60), Duration::from_secs(60) / most);
        let whole = budgets.get(&(who, cost)).copied().unwrap_or(now).max(now) + one;
        if whole > now + minute {
            return Err(whole - now - minute);
        }
        budgets.insert((who, cost), whole);
        Ok(())
    }
}

fn most(role: Option<Role>, cost: Cost, percent: u32) -> Option<u32> {
    let place = match cost {
        Cost::Page => 0,
        Cost::Write => 1,
        Cost::Search => 2,
        Cost::Export => 3,
        Cost::Upload => 4,
        Cost::Nothing => return None,
    };
    Some((per_minute(role)[place].saturating_mul(percent) / 100).max(1))
}

fn network(peer: &str) -> Who {
    match peer.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            Who::Network(octets.into())
        }
        Ok(address) => Who::Network(address),
        Err(_) => Who::Crowd,
    }
}

/// Refuses the job that would be one too many of those somebody asked for and that have not ended. The jobs of an order
/// itself are not asked for one by one and not counted here.
///
/// # Errors
/// 429 when there are `limits::LIVE_JOBS` already.
pub async fn room_for_job(tx: &mut PgConnection, user: &User) -> Result<(), Error> {
    let live = about::live_of(tx, user.id, limits::LIVE_JOBS).await?;
    if live >= limits::LIVE_JOBS {
        return Err(Error::TooManyJobs(live));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_budget_is_spent_at_once_and_grows_back_evenly() {
        let (budgets, now, who) = (Budgets::default(), Instant::now(), Who::Person(1));
        for _ in 0..30 {
            assert!(budgets.take(who, Cost::Export, 30, now).is_ok());
        }
        assert_eq!(budgets.take(who, Cost::Export, 30, now), Err(Duration::from_secs(2)));
        assert!(budgets.take(who, Cost::Page, 30, now).is_ok(), "another kind has its own");
        assert!(budgets.take(Who::Person(2), Cost::Export, 30, now).is_ok(), "so has another person");
        assert!(budgets.take(who, Cost::Export, 30, now + Duration::from_secs(2)).is_ok());
        assert!(budgets.take(who, Cost::Export, 30, now + Duration::from_secs(2)).is_err());
        assert!(budgets.take(who, Cost::Export, 30, now + 2 * MINUTE).is_ok());
    }

    #[test]
    fn strangers_from_everywhere_take_no_memory_and_lock_out_nobody_who_logged_in() {
        let (budgets, now) = (Budgets::default(), Instant::now());
        for number in 0..limits::BUDGETS as u32 + 5000 {
            let _ = budgets.take(Who::Network(IpAddr::from(number.to_be_bytes())), Cost::Page, 600, now);
        }
        assert!(budgets.0.lock().unwrap().len() <= limits::BUDGETS + 1);
        let known = Who::Network(IpAddr::from(7u32.to_be_bytes()));
        assert!(budgets.take(known, Cost::Page, 600, now).is_ok());
        assert!(budgets.take(Who::Person(1), Cost::Page, 600, now).is_ok());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
    }

    #[test]
    fn no_role_is_without_a_bound_and_percent_scales_them_all() {
        for role in Role::ALL.into_iter().map(Some).chain([None]) {
            for cost in [Cost::Page, Cost::Write, Cost::Search, Cost::Export, Cost::Upload] {
                assert!(most(role, cost, 100).is_some_and(|most| (5..=1200).contains(&most)));
                assert!(most(role, cost, 1).is_some_and(|most| most >= 1));
            }
        }
        assert_eq!(most(None, Cost::Nothing, 100), None);
    }
}
