//! /jobs/list: every job there is, found by anything that is known about it.

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
}
