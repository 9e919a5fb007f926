//! /jobs/…: one job, from the click that asked for it to what it made.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
