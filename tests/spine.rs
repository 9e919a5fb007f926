//! The spine: from a configuration to its bill of materials, through the real import, the real forms, the real worker.

mod browsing;
pub mod clerk;
mod golden;
mod journey;
