//! Every background job: its arguments, how it is asked for, and its work.

use serde::{Deserialize, Serialize};

/// One variant per job, so neither the worker nor the pages can forget one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Job {
    GenerateBom { build_id: i64 },
}
