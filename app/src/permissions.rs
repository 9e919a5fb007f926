//! /system/permissions: the table of permissions and the table of routes, as administrators and auditors read them.

use crate::{
    Page,
    hx::Hx,
    routes::{self, Access, Routes, Rule},
};
use models::users::{Can, Role};
use poem::handler;
use views::{
    layout::Crumb,
    permissions::{self as view, Place},
};

pub fn routes() -> Routes {
    Routes::new().get("/system/permissions", Can::SeeSystem, show)
}

#[handler]
async fn show(hx: Hx) -> Page {
    let places: Vec<Place> = routes::all().rules().map(place).collect();
    let page = view::page(&places);
    Ok(hx.page("Permissions", &[Crumb::new("System", "/system")], page.clone(), page))
}

fn place(rule: &Rule) -> Place {
    let needs = match rule.access {
        Access::Public => "Nothing".into(),
        Access::SignedIn => "Being logged in".into(),
        Access::To(action) => view::words(action),
    };
    let roles = Role::ALL.into_iter().filter(|role| rule.access.allows(Some(*role))).collect();
    Place { method: rule.method.to_string(), pattern: rule.pattern.clone(), needs, roles }
}
