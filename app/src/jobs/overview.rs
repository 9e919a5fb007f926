//! /jobs: queues, workers and failures at a glance.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
