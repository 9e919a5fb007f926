//! The stages a build goes through, from the draft to the customer's loading dock (domain f.2).

use serde::{Deserialize, Serialize};

/// Where a build is. The order shows the stage of its least advanced build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Stage {
    Draft,
    OrderCreated,
    BomApproved,
    PartsSent,
    ReadyForPreQc,
    PreQcRework,
    ReadyForProduction,
    InAssembly,
    OnHoldParts,
    InTesting,
    TestingComplete,
    PackagingComplete,
    ReadyForFinalQc,
    FinalQcRework,
    ReadyForShip,
    Shipped,
    Delivered,
    Cancelled,
}

/// One of six tones, by what somebody has to do; never by department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageTone {
    Idle,
    Waiting,
    Moving,
    Held,
    Stop,
    Good,
}

impl Stage {
    pub const ALL: [Stage; 18] = [
        Stage::Draft,
        Stage::OrderCreated,
        Stage::BomApproved,
        Stage::PartsSent,
        Stage::ReadyForPreQc,
        Stage::PreQcRework,
        Stage::ReadyForProduction,
        Stage::InAssembly,
        Stage::OnHoldParts,
        Stage::InTesting,
        Stage::TestingComplete,
        Stage::PackagingComplete,
        Stage::ReadyForFinalQc,
        Stage::FinalQcRework,
        Stage::ReadyForShip,
        Stage::Shipped,
        Stage::Delivered,
        Stage::Cancelled,
    ];

    /// The word of the database and of filters in URLs.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::OrderCreated => "order_created",
            Stage::BomApproved => "bom_approved",
            Stage::PartsSent => "parts_sent",
            Stage::ReadyForPreQc => "ready_for_pre_qc",
            Stage::PreQcRework => "pre_qc_rework",
            Stage::ReadyForProduction => "ready_for_production",
            Stage::InAssembly => "in_assembly",
            Stage::OnHoldParts => "on_hold_parts",
            Stage::InTesting => "in_testing",
            Stage::TestingComplete => "testing_complete",
            Stage::PackagingComplete => "packaging_complete",
            Stage::ReadyForFinalQc => "ready_for_final_qc",
            Stage::FinalQcRework => "final_qc_rework",
            Stage::ReadyForShip => "ready_for_ship",
            Stage::Shipped => "shipped",
            Stage::Delivered => "delivered",
            Stage::Cancelled => "cancelled",
        }
    }

    pub fn from_word(word: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.word() == word)
    }

    /// The name people read.
    pub fn title(self) -> &'static str {
        match self {
            Stage::Draft => "Draft",
            Stage::OrderCreated => "Order created",
            Stage::BomApproved => "BOM approved",
            Stage::PartsSent => "Parts sent",
            Stage::ReadyForPreQc => "Ready for Pre-QC",
            Stage::PreQcRework => "Pre-QC rework",
            Stage::ReadyForProduction => "Ready for production",
            Stage::InAssembly => "In assembly",
            Stage::OnHoldParts => "On hold: parts",
            Stage::InTesting => "In testing",
            Stage::TestingComplete => "Testing complete",
            Stage::PackagingComplete => "Packaging complete",
            Stage::ReadyForFinalQc => "Ready for final QC",
            Stage::FinalQcRework => "Final QC rework",
            Stage::ReadyForShip => "Ready to ship",
            Stage::Shipped => "Shipped",
            Stage::Delivered => "Delivered",
            Stage::Cancelled => "Cancelled",
        }
    }

    pub fn tone(self) -> StageTone {
        match self {
            Stage::Draft | Stage::Cancelled => StageTone::Idle,
            Stage::OrderCreated
            | Stage::BomApproved
            | Stage::ReadyForPreQc
            | Stage::ReadyForProduction
            | Stage::TestingComplete
            | Stage::PackagingComplete
            | Stage::ReadyForFinalQc => StageTone::Waiting,
            Stage::PartsSent | Stage::InAssembly | Stage::InTesting => StageTone::Moving,
            Stage::OnHoldParts => StageTone::Held,
            Stage::PreQcRework | Stage::FinalQcRework => StageTone::Stop,
            Stage::ReadyForShip | Stage::Shipped | Stage::Delivered => StageTone::Good,
        }
    }

    /// Segment of the 14-segment rail, from 1. Side stages sit on the segment they interrupt; cancelled has none.
    pub fn segment(self) -> Option<u8> {
        let segment = match self {
            Stage::Cancelled => return None,
            Stage::Draft => 1,
            Stage::OrderCreated => 2,
            Stage::BomApproved => 3,
            Stage::PartsSent => 4,
            Stage::ReadyForPreQc | Stage::PreQcRework => 5,
            Stage::ReadyForProduction => 6,
            Stage::InAssembly | Stage::OnHoldParts => 7,
            Stage::InTesting => 8,
            Stage::TestingComplete => 9,
            Stage::PackagingComplete => 10,
            Stage::ReadyForFinalQc | Stage::FinalQcRework => 11,
            Stage::ReadyForShip => 12,
            Stage::Shipped => 13,
            Stage::Delivered => 14,
        };
        Some(segment)
    }

    /// Who must do what next, as a sentence for the order page.
    pub fn next_step(self) -> &'static str {
        match self {
            Stage::Draft => "The coordinator finishes the configuration.",
            Stage::OrderCreated => "Procurement reviews the BOM.",
            Stage::BomApproved => "Procurement sends parts out, or calls QC when nothing is outsourced.",
            Stage::PartsSent => "Procurement receives the sink structure.",
            Stage::ReadyForPreQc => "QC inspects the sink structure.",
            Stage::PreQcRework => "The structure is reworked and shown to QC again.",
            Stage::ReadyForProduction => "An assembler takes the build.",
            Stage::InAssembly => "The assembler finishes the assembly tasks.",
            Stage::OnHoldParts => "Procurement receives the missing parts.",
            Stage::InTesting => "The assembler finishes the end-of-line test.",
            Stage::TestingComplete => "The assembler packs the build.",
            Stage::PackagingComplete => "The assembler signs the build off for final QC.",
            Stage::ReadyForFinalQc => "QC makes the final inspection.",
            Stage::FinalQcRework => "The build is reworked and shown to QC again.",
            Stage::ReadyForShip => "The coordinator ships the order.",
            Stage::Shipped => "The customer receives the order.",
            Stage::Delivered | Stage::Cancelled => "Nothing is left to do.",
        }
    }

    /// The machine of f.2. An administrator's override is a separate act, not a transition.
    pub fn can_become(self, next: Stage) -> bool {
        use Stage::*;
        match next {
            Draft => false,
            // A new version of an approved BOM has to be approved again.
            OrderCreated => matches!(self, Draft | BomApproved),
            BomApproved => self == OrderCreated,
            PartsSent => self == BomApproved,
            ReadyForPreQc => matches!(self, PartsSent | BomApproved | PreQcRework),
            PreQcRework | ReadyForProduction => self == ReadyForPreQc,
            InAssembly => matches!(self, ReadyForProduction | OnHoldParts | InTesting),
            OnHoldParts | InTesting => self == InAssembly,
            TestingComplete => self == InTesting,
            PackagingComplete => self == TestingComplete,
            ReadyForFinalQc => matches!(self, PackagingComplete | FinalQcRework),
            FinalQcRework | ReadyForShip => self == ReadyForFinalQc,
            Shipped => self == ReadyForShip,
            Delivered => self == Shipped,
            Cancelled => self < Shipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stage::{self, *};

    #[test]
    fn every_stage_is_found_by_its_word() {
        assert!(Stage::ALL.into_iter().all(|stage| Stage::from_word(stage.word()) == Some(stage)));
    }

    #[test]
    fn pre_qc_comes_before_production() {
        assert!(ReadyForPreQc.can_become(ReadyForProduction));
        assert!(!BomApproved.can_become(ReadyForProduction));
    }

    #[test]
    fn a_shipped_build_cannot_be_cancelled() {
        assert!(ReadyForShip.can_become(Cancelled));
        assert!(!Shipped.can_become(Cancelled));
        assert!(!Delivered.can_become(Cancelled));
    }

    #[test]
    fn nothing_leaves_cancelled_or_delivered() {
        assert!(Stage::ALL.into_iter().all(|next| !Delivered.can_become(next)));
        assert!(Stage::ALL.into_iter().all(|next| !Cancelled.can_become(next)));
    }
}
