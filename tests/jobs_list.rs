//! The list of jobs: found by anything that is known about them, the same page however they move.

mod export;
mod failures;
mod ledger;
mod page;
mod search;
mod views;
