//! The list of jobs: found by anything that is known about them, the same page however they move.

mod ledger;
mod search;
