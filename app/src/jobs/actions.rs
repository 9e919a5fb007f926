//! /jobs/…/retry and the like: what administrators do to jobs, one or many, and how it is undone.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
