//! /jobs/workers: who is there to do the work.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
