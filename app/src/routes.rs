//! Every address of the web process: what may be done there, by whom. The router is built from this table alone,
//! so a route that declares no permission does not exist.

use crate::{gate, limits};
pub use declared::{Declared, Upload};
use models::users::{Can, Role};
use poem::{Endpoint, EndpointExt, IntoEndpoint, Response, Route, RouteMethod, endpoint::BoxEndpoint, http::Method};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

mod declared;

/// All of it, in the order of the shop.
pub fn all() -> Routes {
    Routes::new()
        .and(crate::sessions::routes())
        .and(crate::account::routes())
        .and(crate::people::routes())
        .and(crate::events::routes())
        .and(crate::health::routes())
        .and(crate::assets::routes())
        .and(crate::system::routes())
        .and(crate::permissions::routes())
        .and(crate::settings::routes())
        .and(crate::company::pages::routes())
        .and(crate::today::routes())
        .and(crate::orders::routes())
        .and(crate::catalogue::routes())
        .and(crate::boms::routes())
        .and(crate::rules::routes())
        .and(crate::configurator::routes())
        .and(crate::stations::routes())
        .and(crate::jobs::routes())
        .and(crate::audit::routes())
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, logged in or not.
    Public,
    /// Anybody logged in, whatever the role.
    SignedIn,
    /// Whoever may do this.
    To(Can),
}

impl Access {
    pub fn allows(self, role: Option<Role>) -> bool {
        match self {
            Access::Public => true,
            Access::SignedIn => role.is_some(),
            Access::To(action) => role.is_some_and(|role| role.may(action)),
        }
    }
}

impl From<Can> for Access {
    fn from(action: Can) -> Access {
        Access::To(action)
    }
}

/// What browsers and proxies may keep of a route's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePolicy {
    /// Nothing: it may be personal.
    NoStore,
    /// What the handler says itself: assets, streams.
    Own,
}

/// What the table says about one route.
#[derive(Debug, Clone)]
pub struct Rule {
    pub method: Method,
    pub pattern: String,
    pub access: Access,
    pub cache: CachePolicy,
    /// Bytes of the largest body.
    pub limit: usize,
    /// How long the handler may take once the form is there.
    pub deadline: Duration,
    /// The fields it takes. A route that writes says so, or the process does not start.
    pub fields: Option<Declared>,
}

/// A noun's routes. `takes`, `limit`, `cache` and `deadline` speak about the route before them.
#[derive(Default)]
pub struct Routes(Vec<(Rule, BoxEndpoint<'static, Response>)>);

impl Routes {
    pub fn new() -> Routes {
        Routes::default()
    }

    pub fn get<E>(self, pattern: &str, access: impl Into<Access>, handler: E) -> Routes
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        self.add(Method::GET, pattern, access.into(), handler)
    }

    pub fn post<E>(self, pattern: &str, access: impl Into<Access>, handler: E) -> Routes
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        self.add(Method::POST, pattern, access.into(), handler)
    }

    /// The fields of its form besides the token, each once. `name+` may come more than once, `start-*` stands for all
    /// that begin so.
    pub fn takes(self, names: &'static [&'static str]) -> Routes {
        self.declare(Declared::form(names))
    }

    /// The parts of its upload, written the same way.
    pub fn takes_files(self, names: &'static [&'static str]) -> Routes {
        self.declare(Declared::upload(names))
    }

    /// Names in the query of its form's address.
    pub fn takes_in_address(mut self, names: &'static [&'static str]) -> Routes {
        if let Some(fields) = self.0.last_mut().and_then(|(rule, _)| rule.fields.as_mut()) {
            fields.in_address = names;
        }
        self
    }

    fn declare(mut self, fields: Declared) -> Routes {
        if let Some((rule, _)) = self.0.last_mut() {
            rule.fields = Some(fields);
        }
        self
    }

    /// Largest body in bytes, where it is not an ordinary form.
    pub fn limit(mut self, bytes: usize) -> Routes {
        if let Some((rule, _)) = self.0.last_mut() {
            rule.limit = bytes;
        }
        self
    }

    /// How long the handler may take, where it is not an ordinary page.
    pub fn deadline(mut self, time: Duration) -> Routes {
        if let Some((rule, _)) = self.0.last_mut() {
            rule.deadline = time;
        }
        self
    }

    pub fn cache(mut self, policy: CachePolicy) -> Routes {
        if let Some((rule, _)) = self.0.last_mut() {
            rule.cache = policy;
        }
        self
    }

    pub fn and(mut self, more: Routes) -> Routes {
        self.0.extend(more.0);
        self
    }

    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().map(|(rule, _)| rule)
    }

    fn add<E>(mut self, method: Method, pattern: &str, access: Access, handler: E) -> Routes
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        let (cache, limit, deadline) = (CachePolicy::NoStore, limits::FORM, limits::PAGE);
        let rule = Rule { method, pattern: pattern.into(), access, cache, limit, deadline, fields: None };
        self.0.push((rule, handler.into_endpoint().map_to_response().boxed()));
        self
    }

    /// The router, each route behind its gate.
    ///
    /// # Errors
    /// When a route is listed twice, writes without naming its fields, or has a pattern that can't be read: the process
    /// must not start.
    pub fn into_route(self) -> anyhow::Result<Route> {
        let mut patterns: BTreeMap<String, Vec<(Rule, BoxEndpoint<'static, Response>)>> = BTreeMap::new();
        for (rule, handler) in self.0 {
            patterns.entry(rule.pattern.clone()).or_default().push((rule, handler));
        }
        let mut route = Route::new();
        for (pattern, handlers) in patterns {
            let mut methods = RouteMethod::new();
            let mut seen = Vec::new();
            for (rule, handler) in handlers {
                anyhow::ensure!(!seen.contains(&rule.method), "{} {pattern} is listed twice", rule.method);
                let is_declared = rule.method == Method::GET || rule.fields.is_some();
                anyhow::ensure!(is_declared, "{} {pattern} does not say which fields it takes", rule.method);
                seen.push(rule.method.clone());
                methods = methods.method(rule.method.clone(), gated(rule, handler));
            }
            route = route.try_at(&pattern, methods)?;
        }
        Ok(route)
    }
}

fn gated(rule: Rule, handler: BoxEndpoint<'static, Response>) -> impl Endpoint<Output = Response> + 'static {
    let rule = Arc::new(rule);
    handler.around(move |handler, req| gate::pass(rule.clone(), handler, req))
}

/// The table as text, for `app permissions` and for auditors.
pub fn permissions() -> String {
    let mut lines = vec![format!("{:<6} {:<44} {:<18} roles", "", "route", "action")];
    for rule in all().rules() {
        let action = match rule.access {
            Access::Public => "public".into(),
            Access::SignedIn => "signed in".into(),
            Access::To(action) => format!("{action:?}"),
        };
        let roles: Vec<String> = Role::ALL
            .iter()
            .filter(|role| rule.access.allows(Some(**role)))
            .map(|role| format!("{role:?}").to_lowercase())
            .collect();
        let roles = if roles.len() == Role::ALL.len() { "all".into() } else { roles.join(" ") };
        lines.push(format!("{:<6} {:<44} {:<18} {roles}", rule.method, rule.pattern, action));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[poem::handler]
    fn change() {}

    #[test]
    fn a_route_that_writes_without_naming_its_fields_keeps_the_process_from_starting() {
        let routes = || Routes::new().post("/parts", Access::SignedIn, change);
        let refused = routes().into_route().err().map(|error| error.to_string());
        assert_eq!(refused.as_deref(), Some("POST /parts does not say which fields it takes"));
        assert!(routes().takes(&[]).into_route().is_ok());
        assert!(all().into_route().is_ok());
    }
}
