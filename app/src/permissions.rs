//! /system/permissions: the table of permissions and the table of routes, as administrators and auditors read them.

use crate::{
    Page,
    errors::Error,
    forms::Asked,
    hx::Hx,
    routes::{self, Access, Routes, Rule},
    settings::role,
};
use models::users::{Can, Role};
use poem::handler;
use views::{
    layout::Crumb,
    permissions::{self as view, Area, Asked as Looked, Place},
};

pub fn routes() -> Routes {
    Routes::new().get("/system/permissions", Can::SeeSystem, show)
}

#[handler]
async fn show(hx: Hx, Asked(asked): Asked) -> Page {
    let unknown =
        |what: &str, typed: &str| Error::Invalid(format!("\"{typed}\" is no {what}. Choose one of the list."));
    let looked = Looked {
        role: match asked.get("role") {
            "" => None,
            word => Some(role(word).map_err(|_| unknown("role", word))?),
        },
        area: match asked.get("area") {
            "" => None,
            word => Some(Area::from_word(word).ok_or_else(|| unknown("area", word))?),
        },
        search: asked.get("q"),
    };
    let places: Vec<Place> = routes::all().rules().map(place).collect();
    let page = view::page(&places, &looked);
    Ok(hx.page("Permissions", &[Crumb::new("System", "/system")], page.clone(), page))
}

fn place(rule: &Rule) -> Place {
    let (needs, action) = match rule.access {
        Access::Public => ("Nothing".into(), None),
        Access::SignedIn => ("Being logged in".into(), None),
        Access::To(action) => (view::words(action), Some(action)),
    };
    let roles = Role::ALL.into_iter().filter(|role| rule.access.allows(Some(*role))).collect();
    Place { method: rule.method.to_string(), pattern: rule.pattern.clone(), needs, action, roles }
}
