//! What htmx asks for and how it is answered. Nothing else in the web process knows its headers.

use crate::{
    errors::Error,
    session::{Visitor, cookie, header_text, set_cookie, visitor},
};
use maud::{Markup, html};
use models::{audit::Actor, sessions::Session};
use poem::{
    FromRequest, IntoResponse, Request, RequestBody, Response,
    http::{HeaderValue, Method, StatusCode, header},
};
use serde_json::json;
use std::sync::{Arc, atomic::Ordering::Relaxed};
use views::{
    jobs::actions::Did,
    layout::{self, Crumb, Shell},
};

/// The cookie that carries what was done to the next page.
const DID: &str = "did";

/// The request as the pages see it: full page or fragment, and for whom.
pub struct Hx {
    visitor: Arc<Visitor>,
    /// htmx asks; it follows its own redirects.
    is_htmx: bool,
    /// Only the part that changed is wanted. Boosted links and Back ask for the whole page and cut it themselves.
    wants_fragment: bool,
    is_get: bool,
    /// Path and query, to come back to after logging in.
    place: String,
    anonymous: Option<String>,
    /// What the change before this page did.
    did: Option<Did>,
}

impl<'a> FromRequest<'a> for Hx {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Hx> {
        let hx = Hx::new(req)?;
        hx.visitor.session().await?;
        Ok(hx)
    }
}

impl Hx {
    fn new(req: &Request) -> Result<Hx, Error> {
        let visitor = visitor(req)?.clone();
        Ok(Hx {
            is_htmx: header_text(req, "hx-request") == "true",
            wants_fragment: header_text(req, "hx-request-type") == "partial",
            is_get: matches!(*req.method(), Method::GET | Method::HEAD),
            place: req.uri().path_and_query().map_or("/".into(), |place| place.to_string()),
            anonymous: cookie(req, visitor.app.config.anonymous_cookie_name()),
            did: cookie(req, DID).as_deref().and_then(Did::from_text),
            visitor,
        })
    }

    /// For the page of an error, which must not fail again: who asks is shown when it can be found out.
    pub async fn for_error(req: &Request, error: &Error) -> Result<Hx, Error> {
        let hx = Hx::new(req)?;
        // An error before the look-up, as for an unknown address, still gets its navigation.
        if !matches!(error, Error::Away(_) | Error::Silent { .. }) {
            let _ = hx.visitor.session().await;
        }
        Ok(hx)
    }

    /// A page to read: `full` is the whole main part, `fragment` what htmx replaces.
    pub fn page(&self, title: &str, crumbs: &[Crumb], full: Markup, fragment: Markup) -> Response {
        self.answer(StatusCode::OK, title, crumbs, full, fragment)
    }

    /// After a change: htmx gets the fragment and the new address, a browser goes there.
    pub fn changed(&self, path: &str, fragment: Markup) -> Response {
        if !self.is_htmx {
            return self.see(path);
        }
        let mut response = respond(StatusCode::OK, fragment);
        set(&mut response, "hx-push-url", path);
        response
    }

    /// A form with a problem: 422, the same page with the sentences in it. htmx cuts out its target.
    pub fn refused(&self, title: &str, crumbs: &[Crumb], main: Markup) -> Response {
        self.answer(StatusCode::UNPROCESSABLE_ENTITY, title, crumbs, main.clone(), main)
    }

    /// A form that came too late: 409, the page as things stand now.
    pub fn conflict(&self, title: &str, crumbs: &[Crumb], main: Markup) -> Response {
        self.answer(StatusCode::CONFLICT, title, crumbs, main.clone(), main)
    }

    /// Go and look there: after a change whose result is another page.
    pub fn see(&self, path: &str) -> Response {
        if self.is_htmx {
            let mut response = respond(StatusCode::OK, html! {});
            let place = json!({ "path": path, "target": layout::PAGE, "select": layout::PAGE, "swap": "outerHTML" });
            set(&mut response, "hx-location", &place.to_string());
            return response;
        }
        redirect(StatusCode::SEE_OTHER, path)
    }

    /// The same after something that can be undone: the page says so once and offers the way back.
    pub fn see_done(&self, path: &str, did: Did) -> Response {
        let mut response = self.see(path);
        set_cookie(&mut response, &self.visitor.app.config, DID, &did.to_text());
        response
    }

    /// The whole page again, shell included: after logging in or out, or a new theme.
    pub fn reload(&self, path: &str) -> Response {
        if self.is_htmx {
            let mut response = respond(StatusCode::OK, html! {});
            set(&mut response, "hx-redirect", path);
            return response;
        }
        redirect(StatusCode::SEE_OTHER, path)
    }

    /// An error's page with its number, or its sentence alone for a fragment.
    pub fn error(&self, status: StatusCode, sentence: &str) -> Response {
        let main = views::errors::page(status.as_u16(), sentence, &self.visitor.request_id);
        self.answer(status, views::errors::title(status.as_u16()), &[], main.clone(), main)
    }

    /// The same with what was typed, to be sent again.
    pub fn error_keeping(&self, status: StatusCode, sentence: &str, kept: &views::errors::Kept) -> Response {
        let main = views::errors::page_keeping(status.as_u16(), sentence, &self.visitor.request_id, kept, &self.csrf());
        self.answer(status, views::errors::title(status.as_u16()), &[], main.clone(), main)
    }

    /// Strangers: a browser goes to the log-in page and comes back, htmx leaves its page, anything else is told.
    /// `kept` is where a form waits that was being filled in.
    pub fn to_login(&self, kept: Option<&str>) -> Response {
        let here = if self.is_get && !self.wants_fragment { self.place.as_str() } else { "/" };
        let back = kept.unwrap_or(here);
        let door = if self.visitor.is_station { "/station" } else { "/login" };
        let path = format!("{door}?next={}", encode(&crate::sessions::local(back)));
        if self.place.starts_with("/events") || self.place.starts_with("/api/") {
            return crate::errors::bare(StatusCode::UNAUTHORIZED);
        }
        if self.is_htmx {
            let mut response = respond(StatusCode::UNAUTHORIZED, html! {});
            set(&mut response, "hx-redirect", &path);
            return response;
        }
        redirect(StatusCode::SEE_OTHER, &path)
    }

    /// Somebody whose role needs a second factor is led to set one up, whatever was asked for.
    pub fn to_enrol(&self) -> Response {
        const PLACE: &str = "/account/second-factor";
        if self.place.starts_with("/events") || self.place.starts_with("/api/") {
            return crate::errors::bare(StatusCode::FORBIDDEN);
        }
        if self.is_htmx {
            let mut response = respond(StatusCode::FORBIDDEN, html! {});
            set(&mut response, "hx-redirect", PLACE);
            return response;
        }
        redirect(StatusCode::SEE_OTHER, PLACE)
    }

    /// For the hidden field of every form.
    pub fn csrf(&self) -> String {
        crate::csrf::token(&self.visitor, self.anonymous.as_deref())
    }

    /// Gives a stranger what the log-in form's token is bound to; the cookie has to carry it. Kept from an earlier
    /// log-in page, so that two open ones both work.
    pub fn admit_stranger(&mut self) -> Result<String, Error> {
        let kept = self.anonymous.take().filter(|nonce| nonce.len() == 64);
        let nonce = kept.map_or_else(crate::csrf::nonce, Ok)?;
        self.anonymous = Some(nonce.clone());
        Ok(nonce)
    }

    /// Stands for this browser: its session, or for a stranger the cookie that its log-in page set.
    pub fn holder(&self) -> Option<Vec<u8>> {
        let session = self.session().map(|session| session.id_hash.clone());
        session.or_else(|| self.anonymous.as_deref().map(models::sessions::id_hash))
    }

    /// Who acts and from where, for the audit trail.
    pub fn actor(&self) -> Actor {
        let actor = self
            .session()
            .map_or_else(nobody, |session| Actor { session: session.mark(), ..Actor::from(&session.user) });
        Actor { peer: self.visitor.peer.clone(), request_id: self.visitor.request_id.clone(), ..actor }
    }

    pub fn session(&self) -> Option<&Session> {
        self.visitor.known_session()
    }

    pub fn visitor(&self) -> &Visitor {
        &self.visitor
    }

    pub fn request_id(&self) -> &str {
        &self.visitor.request_id
    }

    /// htmx asks, for a part or for a whole page.
    pub fn is_htmx(&self) -> bool {
        self.is_htmx
    }

    pub fn wants_fragment(&self) -> bool {
        self.wants_fragment
    }

    fn answer(&self, status: StatusCode, title: &str, crumbs: &[Crumb], full: Markup, fragment: Markup) -> Response {
        if self.wants_fragment {
            return respond(status, layout::fragment(title, fragment));
        }
        let session = self.session();
        let csrf = self.csrf();
        let did = self.did.filter(|_| self.is_get && session.is_some());
        let toast = did.map(|did| did.toast(&csrf));
        let shell = Shell {
            title,
            crumbs,
            csrf: &csrf,
            path: &self.place,
            user: session.map(|session| &session.user),
            seat: session.and_then(|session| session.seat.as_ref()),
            alerts: self.visitor.app.alerts.load(Relaxed),
            theme: session.map_or("system", |session| &session.theme),
            density: session.map_or("desk", |session| &session.density),
            text_size: session.map_or(100, |session| session.text_size),
            toast: toast.as_ref(),
        };
        let mut response = respond(status, layout::page(&shell, full));
        if toast.is_some() {
            set_cookie(&mut response, &self.visitor.app.config, DID, "");
        }
        response
    }
}

fn nobody() -> Actor {
    Actor { name: "Nobody".into(), role: "anonymous".into(), ..Actor::system() }
}

fn respond(status: StatusCode, markup: Markup) -> Response {
    let mut response = markup.into_response();
    response.set_status(status);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("HX-Request-Type, HX-Request"));
    response
}

fn redirect(status: StatusCode, path: &str) -> Response {
    let mut response = Response::builder().status(status).finish();
    set(&mut response, "location", path);
    response
}

/// Paths come from us or were checked; one that is no header value after all is left out.
fn set(response: &mut Response, name: &'static str, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) => drop(response.headers_mut().insert(name, value)),
        Err(_) => tracing::warn!(name, "a header value that can't be sent"),
    }
}

/// Percent-encodes for a query.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
