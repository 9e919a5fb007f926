//! /jobs/batches: jobs that were asked for together.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
