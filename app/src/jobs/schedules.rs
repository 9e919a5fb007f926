//! /jobs/schedules: what is asked for by the clock.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
