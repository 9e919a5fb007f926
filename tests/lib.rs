//! What tests stand on. The tests themselves are in `main.rs` and the files it names.

pub use support::browser::{Browser, Scripts};
pub use support::database::Database;

pub mod support;
