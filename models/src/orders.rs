//! Orders: what a customer asked us to build, from intake to the loading dock.

pub mod detail;
pub mod list;
pub mod moves;
pub mod stages;
pub mod submit;
pub mod troubles;

pub use detail::{Build, HistoryEntry, Order};
pub use list::{Filter, ListPage, Listed, View};
pub use stages::Stage;
