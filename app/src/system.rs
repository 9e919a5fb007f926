//! /system: how the product runs, for administrators; and every part its pages are made of, for whoever builds them.

mod security;

use crate::{
    App, Page,
    health::{self, Health},
    hx::Hx,
    limits,
    routes::Routes,
};
use models::{jobs::workers::Worker, users::Can};
use poem::{handler, web::Data};
use std::sync::Arc;
use views::{components_page, layout::Crumb, system as view};

pub fn routes() -> Routes {
    Routes::new().get("/system", Can::SeeSystem, overview).get("/system/security", Can::SeeSystem, security::show).get(
        "/system/components",
        Can::SeeComponents,
        components,
    )
}

#[handler]
async fn overview(hx: Hx, Data(app): Data<&Arc<App>>) -> Page {
    let health = Health::look(app).await;
    let database = health.database.as_ref();
    let system = view::System {
        now: database.map_or_else(chrono::Utc::now, |database| database.now),
        version: health::VERSION,
        up_seconds: app.started.elapsed().as_secs(),
        postgresql: database.map(|database| database.version.as_str()),
        is_migrated: database.is_some_and(|database| database.is_current),
        postgresql_ms: health.database_ms,
        redis_ms: health.redis_ms,
        streams: app.live.open_streams(),
        streams_at_most: limits::STREAMS,
        connections_in_use: app.db.size() as usize - app.db.num_idle().min(app.db.size() as usize),
        connections_at_most: app.config.pool as usize,
        workers: &Worker::alive(&app.db).await?,
    };
    Ok(hx.page("System", &[], view::overview(&system), view::state(&system)))
}

#[handler]
async fn components(hx: Hx) -> Page {
    let page = components_page::page(&hx.csrf());
    Ok(hx.page("Components", &[Crumb::new("System", "/system")], page.clone(), page))
}
