//! /jobs/queues: one queue, its figures, its pause and its limit.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
