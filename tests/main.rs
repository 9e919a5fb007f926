//! Every test of the house in one program, so that it is linked once.

#![allow(clippy::unwrap_used)] // everything here is a test

mod drafts;
mod golden;
mod ground;
mod jobs;
mod licences;
mod rules;
mod traceability;
mod workers;
