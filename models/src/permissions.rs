//! Who may do what, and while what holds: one table, deny by default. Routes, handlers and buttons all ask it, and it is
//! what `app permissions --table` prints and administrators read.

use crate::users::{Can, Role, User};
use crate::{Error, Result};
use Can::*;
use Role::*;

/// What must hold of the object for an action to be possible. Whoever loads the object says which of these hold for the
/// person who looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The person made it.
    Own,
    /// The build is assigned to the person.
    Assigned,
    /// Somebody else configured, generated or wrote what is to be signed (21 CFR 11.10(f)).
    MadeByOthers,
    /// The BOM is the one in force.
    InForce,
    /// Nobody has signed it.
    Unsigned,
    /// The build has neither left the shop nor been cancelled.
    Underway,
    /// The version of the rules has not been published.
    Draft,
}

impl State {
    pub const ALL: [State; 7] = [
        State::Own,
        State::Assigned,
        State::MadeByOthers,
        State::InForce,
        State::Unsigned,
        State::Underway,
        State::Draft,
    ];

    /// After "while": "while it is their own".
    pub fn words(self) -> &'static str {
        match self {
            State::Own => "it is their own",
            State::Assigned => "the build is assigned to them",
            State::MadeByOthers => "somebody else made it",
            State::InForce => "it is the version in force",
            State::Unsigned => "nobody has signed it",
            State::Underway => "the build is not shipped or cancelled",
            State::Draft => "the version is a draft",
        }
    }

    /// The sentence for somebody whose role may, but not now.
    pub fn refusal(self) -> &'static str {
        match self {
            State::Own => "Whoever made this changes it, or an administrator.",
            State::Assigned => "This build is not assigned to you.",
            State::MadeByOthers => "You made this; another person must sign it.",
            State::InForce => "A newer version is in force. Open that one.",
            State::Unsigned => "This is signed already and stays as it is.",
            State::Underway => "The build has left the shop or was cancelled. Its BOM stays as it is.",
            State::Draft => "This version has been published and stays as it is. Copy it to change it.",
        }
    }
}

/// One row: these roles may do this while all of these hold; always when there is none.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    pub action: Can,
    pub roles: &'static [Role],
    pub while_all: &'static [State],
}

const fn always(action: Can, roles: &'static [Role]) -> Grant {
    Grant { action, roles, while_all: &[] }
}

const fn only(action: Can, roles: &'static [Role], while_all: &'static [State]) -> Grant {
    Grant { action, roles, while_all }
}

/// Everybody but the service department, which sees no production orders (domain (b)).
const SHOP: &[Role] = &[Coordinator, Administrator, Procurement, Qc, Assembler];
const OFFICE: &[Role] = &[Coordinator, Administrator, Procurement];

/// The whole table. What is not in it nobody may do.
pub const TABLE: &[Grant] = &[
    always(SeeCatalogue, &Role::ALL),
    always(SeeComponents, &Role::ALL),
    always(SeeRevisions, SHOP),
    always(EditCatalogue, &[Administrator]),
    always(SetCosts, &[Administrator, Procurement]),
    always(SeeOrders, SHOP),
    always(SeeOrderDetails, &[Coordinator, Administrator, Procurement, Qc]),
    only(EnterOrders, &[Coordinator], &[State::Own]),
    always(EnterOrders, &[Administrator]),
    always(OverrideGeometry, &[Administrator]),
    always(SeeBoms, &[Coordinator, Administrator, Procurement, Qc]),
    only(SeeBoms, &[Assembler], &[State::Assigned]),
    only(GenerateBoms, &[Coordinator, Administrator], &[State::Underway]),
    only(
        ApproveBoms,
        &[Procurement, Administrator],
        &[State::InForce, State::Unsigned, State::Underway, State::MadeByOthers],
    ),
    only(SendBackBoms, &[Procurement, Administrator], &[State::InForce, State::Unsigned, State::Underway]),
    always(MakePartsLists, OFFICE),
    always(SeeRules, &[Administrator, Coordinator, Procurement, Qc]),
    always(CopyRules, &[Administrator]),
    only(EditRules, &[Administrator], &[State::Draft]),
    only(PublishRules, &[Administrator], &[State::Draft, State::MadeByOthers]),
    always(SeeJobs, OFFICE),
    only(ChangeViews, &[Coordinator, Procurement], &[State::Own]),
    always(ChangeViews, &[Administrator]),
    always(SteerJobs, &[Administrator]),
    always(SeeSystem, &[Administrator]),
    always(ManagePeople, &[Administrator]),
    always(ManageSettings, &[Administrator]),
    always(SeeAudit, &[Administrator]),
    always(HoldRecords, &[Administrator]),
];

/// What takes a password at a desk: a shared tablet with a PIN is no place to decide about people, rules or the system.
pub fn needs_a_desk(action: Can) -> bool {
    matches!(
        action,
        ManagePeople | ManageSettings | SeeSystem | SteerJobs | EditCatalogue | CopyRules | EditRules | PublishRules
    )
}

/// The rows about a role and an action.
pub fn grants(role: Role, action: Can) -> impl Iterator<Item = &'static Grant> {
    TABLE.iter().filter(move |grant| grant.action == action && grant.roles.contains(&role))
}

/// The actions of the table, each once, in its order.
pub fn actions() -> Vec<Can> {
    let mut actions: Vec<Can> = TABLE.iter().map(|grant| grant.action).collect();
    actions.dedup();
    actions
}

/// What a role may do with an action, for people: "yes", "no", or what must hold.
pub fn said(role: Role, action: Can) -> String {
    let mut ways = grants(role, action).map(|grant| {
        let states: Vec<&str> = grant.while_all.iter().map(|state| state.words()).collect();
        if states.is_empty() { "yes".into() } else { format!("while {}", states.join(" and ")) }
    });
    let first: Option<String> = ways.next();
    first.map_or_else(|| "no".into(), |first| ways.fold(first, |all, way| format!("{all}; {way}")))
}

/// Role × action × state as text, one line each, for `app permissions --table` and for auditors.
pub fn table() -> String {
    let lines = actions().into_iter().flat_map(|action| {
        Role::ALL.into_iter().map(move |role| {
            let name = format!("{action:?}");
            format!("{name:<18} {:<14} {}", format!("{role:?}").to_lowercase(), said(role, action))
        })
    });
    let head = format!("{:<18} {:<14} {}", "action", "role", "allowed");
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

impl User {
    /// Whether this can be done with an object of which all of `holds` is true.
    pub fn may_now(&self, action: Can, holds: &[State]) -> bool {
        grants(self.role, action).any(|grant| grant.while_all.iter().all(|state| holds.contains(state)))
    }

    /// Refuses with the sentence that names who may, or what stands in the way.
    ///
    /// # Errors
    /// `Forbidden`, with the sentence.
    pub fn must_now(&self, action: Can, holds: &[State]) -> Result<()> {
        if self.may_now(action, holds) {
            return Ok(());
        }
        let missing = grants(self.role, action).flat_map(|grant| grant.while_all).find(|state| !holds.contains(state));
        Err(Error::Forbidden(missing.map_or(action.refusal(), |state| state.refusal()).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(role: Role) -> User {
        User { id: 1, email: "a@b.example".into(), name: "Ana".into(), initials: "A".into(), role }
    }

    const READY: [State; 4] = [State::InForce, State::Unsigned, State::Underway, State::MadeByOthers];

    #[test]
    fn who_made_a_bom_approves_it_in_no_role() {
        for role in Role::ALL {
            assert!(!somebody(role).may_now(ApproveBoms, &READY[..3]), "{role:?}");
        }
        assert!(somebody(Procurement).may_now(ApproveBoms, &READY));
        assert!(!somebody(Coordinator).may_now(ApproveBoms, &READY));
    }

    #[test]
    fn a_refusal_names_who_may_or_what_stands_in_the_way() {
        let said = |role, holds: &[State]| match somebody(role).must_now(ApproveBoms, holds) {
            Err(Error::Forbidden(sentence)) => sentence,
            other => panic!("{other:?}"),
        };
        assert_eq!(said(Coordinator, &READY), "Procurement approves BOMs.");
        assert_eq!(said(Procurement, &READY[..3]), State::MadeByOthers.refusal());
        assert_eq!(said(Procurement, &READY[1..]), State::InForce.refusal());
    }

    #[test]
    fn the_table_says_every_role_and_action_once() {
        let table = table();
        assert_eq!(table.lines().count(), 1 + actions().len() * Role::ALL.len());
        assert!(table.contains("EnterOrders        coordinator    while it is their own"), "{table}");
        assert!(table.contains("SteerJobs          service        no"), "{table}");
    }
}
