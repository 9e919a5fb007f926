//! The side bar: for each role the pages it works on, the first is where logging in leads.

use models::users::Role;

/// One way in the side bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub label: &'static str,
    pub href: &'static str,
    pub icon: &'static str,
}

const TODAY: Entry = Entry { label: "Today", href: "/", icon: "today" };
const ORDERS: Entry = Entry { label: "Orders", href: "/orders", icon: "orders" };
const PARTS: Entry = Entry { label: "Parts", href: "/catalogue", icon: "parts" };
const CATALOGUE: Entry = Entry { label: "Catalogue", href: "/catalogue", icon: "catalogue" };
const RULES: Entry = Entry { label: "BOM rules", href: "/rules", icon: "rules" };
const JOBS: Entry = Entry { label: "Jobs", href: "/jobs", icon: "jobs" };
const PEOPLE: Entry = Entry { label: "People", href: "/people", icon: "people" };
const AUDIT: Entry = Entry { label: "Audit", href: "/audit", icon: "file" };
const SYSTEM: Entry = Entry { label: "System", href: "/system", icon: "system" };

/// The entries of a role; only pages that exist.
pub fn entries(role: Role) -> &'static [Entry] {
    match role {
        Role::Coordinator | Role::Procurement => &[TODAY, ORDERS, PARTS, JOBS],
        Role::Qc => &[TODAY, ORDERS, PARTS],
        Role::Assembler => &[TODAY, PARTS],
        Role::Service => &[CATALOGUE],
        // Imports are found from the catalogue.
        Role::Administrator => &[TODAY, ORDERS, JOBS, CATALOGUE, RULES, PEOPLE, AUDIT, SYSTEM],
    }
}

/// The entry that `path` belongs to: the longest one it starts with.
pub fn current(entries: &[Entry], path: &str) -> Option<Entry> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    // An order being entered is an order already, as far as the way to it goes.
    let path = if path == "/drafts" || path.starts_with("/drafts/") { ORDERS.href } else { path };
    let holds = |href: &str| path == href || (href != "/" && path.starts_with(&format!("{href}/")));
    entries.iter().filter(|entry| holds(entry.href)).max_by_key(|entry| entry.href.len()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lights_the_entry_it_lies_under() {
        let label = |path| current(entries(Role::Administrator), path).map(|entry| entry.label);
        assert_eq!(label("/"), Some("Today"));
        assert_eq!(label("/orders/TOR-2026-0042?tab=bom"), Some("Orders"));
        assert_eq!(label("/drafts/7/customer"), Some("Orders"));
        assert_eq!(label("/catalogue/revisions/3"), Some("Catalogue"));
        assert_eq!(label("/catalogue/T2-BODY-61-72-HA"), Some("Catalogue"));
        assert_eq!(label("/ordersheet"), None);
    }

    #[test]
    fn jobs_stand_there_for_those_who_may_see_them() {
        for role in Role::ALL {
            assert_eq!(entries(role).contains(&JOBS), role.may(models::users::Can::SeeJobs), "{role:?}");
        }
    }

    #[test]
    fn nobody_has_more_than_eight_entries() {
        assert!(Role::ALL.into_iter().all(|role| (1..=8).contains(&entries(role).len())));
    }
}
