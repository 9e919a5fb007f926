//! The catalogue: every number we order, make or install, and what each is made of, by revision.

pub mod browse;
pub mod compare;
pub mod costs;
pub mod defects;
pub mod files;
pub mod graph;
pub mod handmade;
pub mod import;
pub mod revise;
pub mod revisions;
pub mod uploads;
pub mod usage;

pub use files::Files;
pub use graph::{Catalogue, Component, Item, ItemIndex};
pub use load::{active, load, read};

mod checks;
mod corrections;
mod draft;
mod json;
mod load;
mod soundness;
mod source;
mod store;
