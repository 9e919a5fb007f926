//! The catalogue: every number we order, make or install, and what each is made of, by revision.

pub mod graph;

pub use graph::{Catalogue, Component, Item, ItemIndex};
