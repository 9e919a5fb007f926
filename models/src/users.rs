//! People: who they are, the role they work in, and what that role may do.

pub mod accounts;
pub mod links;
pub mod passkeys;
pub mod passwords;
pub mod people;
pub mod second_factors;

pub use accounts::{NewUser, Preferences, authenticate, authenticate_again, set_password};

use serde::{Deserialize, Serialize};

/// The six roles of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    Coordinator,
    Administrator,
    Procurement,
    Qc,
    Assembler,
    Service,
}

impl Role {
    pub const ALL: [Role; 6] =
        [Role::Coordinator, Role::Administrator, Role::Procurement, Role::Qc, Role::Assembler, Role::Service];

    /// The name people say.
    pub fn title(self) -> &'static str {
        match self {
            Role::Coordinator => "Production coordinator",
            Role::Administrator => "Administrator",
            Role::Procurement => "Procurement specialist",
            Role::Qc => "QC inspector",
            Role::Assembler => "Assembler",
            Role::Service => "Service department",
        }
    }

    /// Whether the table of permissions lists this at all; what must hold of the object is asked with
    /// [`User::may_now`].
    pub fn may(self, action: Can) -> bool {
        crate::permissions::grants(self, action).next().is_some()
    }
}

/// Everything that needs permission, one word each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    SeeCatalogue,
    SeeComponents,
    SeeRevisions,
    /// The list of orders: number, customer, stage, want date.
    SeeOrders,
    /// One order with its builds, documents and history.
    SeeOrderDetails,
    SeeBoms,
    EnterOrders,
    GenerateBoms,
    /// Signing the BOM in force, so that parts are ordered by it.
    ApproveBoms,
    SendBackBoms,
    MakePartsLists,
    OverrideGeometry,
    EditCatalogue,
    SetCosts,
    SeeRules,
    /// Beginning a draft from a version.
    CopyRules,
    EditRules,
    PublishRules,
    SeeSystem,
    /// Inviting people, giving them roles, ending their sessions.
    ManagePeople,
    ManageSettings,
    /// The audit trail: search, entries, exports.
    SeeAudit,
    /// Keeping a record from ageing.
    HoldRecords,
    /// The job dashboard, read only.
    SeeJobs,
    /// Renaming and deleting saved views of the list of jobs.
    ChangeViews,
    /// Retrying, cancelling, pausing, scheduling: everything that changes what the workers do.
    SteerJobs,
}

impl Can {
    /// The sentence that refuses, naming who may.
    pub fn refusal(self) -> &'static str {
        match self {
            Can::SeeCatalogue | Can::SeeComponents => "Log in first.",
            Can::SeeRevisions => "Revisions of the catalogue are seen by everyone but the service department.",
            Can::SeeOrders | Can::SeeBoms => "Orders are seen by everyone but the service department.",
            Can::SeeOrderDetails => {
                "Assemblers open the orders of builds that are assigned to them, and none is assigned to you. The service department opens none."
            }
            Can::EnterOrders => "Production coordinators enter orders.",
            Can::GenerateBoms => "Production coordinators generate BOMs.",
            Can::ApproveBoms => "Procurement approves BOMs.",
            Can::SendBackBoms => "Procurement sends BOMs back.",
            Can::MakePartsLists => "Coordinators and procurement make parts lists.",
            Can::OverrideGeometry => "An administrator decides about basins that are wider than the sink.",
            Can::EditCatalogue => "Administrators change the catalogue.",
            Can::SetCosts => "Procurement sets costs.",
            Can::SeeRules => "BOM rules are seen by coordinators, procurement, QC and administrators.",
            Can::CopyRules | Can::PublishRules => "Administrators change the BOM rules.",
            Can::EditRules => "Administrators change the BOM rules.",
            Can::SeeSystem => "Administrators see the system pages.",
            Can::ManagePeople => "Administrators look after accounts.",
            Can::SeeAudit => "Administrators read the audit trail.",
            Can::HoldRecords => "Administrators put records on hold.",
            Can::ManageSettings => "Administrators change the settings.",
            Can::SeeJobs => "Jobs are seen by coordinators, procurement and administrators.",
            Can::ChangeViews => "Whoever saved a view changes it, or an administrator.",
            Can::SteerJobs => "Administrators decide what the workers do.",
        }
    }
}

/// A person, as every request and every audit row knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub initials: String,
    pub role: Role,
}

impl User {
    pub fn may(&self, action: Can) -> bool {
        self.role.may(action)
    }

    /// Refuses with the sentence that names who may.
    pub fn must(&self, action: Can) -> crate::Result<()> {
        if self.may(action) { Ok(()) } else { Err(crate::Error::Forbidden(action.refusal().into())) }
    }
}
