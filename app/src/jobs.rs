//! /jobs: what the workers do, did and will do, for those who run them.

use crate::routes::Routes;

mod actions;
pub mod alerts;
mod arguments;
mod batches;
mod list;
mod overview;
mod queues;
mod schedules;
mod show;
mod workers;

pub fn routes() -> Routes {
    Routes::new()
        .and(overview::routes())
        .and(alerts::routes())
        .and(list::routes())
        .and(queues::routes())
        .and(workers::routes())
        .and(schedules::routes())
        .and(batches::routes())
        .and(actions::routes())
        .and(show::routes())
}
