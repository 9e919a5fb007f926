//! The shell around every page: side bar, top bar, the stream of changes, and the place where sentences are spoken.

use crate::{
    assets,
    components::{icon, menus},
    navigation,
};
use maud::{DOCTYPE, Markup, html};
use models::{
    sessions::Seat,
    users::{Can, User},
};
use serde_json::json;

/// For `hx-boost` on a link that leads to another page: everything but the stream is replaced, bars included.
pub const BOOST: &str = "target:#page select:#page swap:outerHTML";

/// The element that navigation replaces; target and select of an HX-Location answer.
pub const PAGE: &str = "#page";

/// What htmx may do. Refusals aren't swapped in: the script speaks their sentence, so nothing on the page is lost.
const HTMX: &str = r#"{"defaultTimeout":30000,"extensions":"sse,app","noSwap":[204,304,401,403,404,409,413,415,429,"5xx"],"morphIgnore":["data-htmx-powered","open"]}"#;

/// A step above this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    pub label: String,
    pub href: String,
}

impl Crumb {
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Crumb {
        Crumb { label: label.into(), href: href.into() }
    }
}

/// What the shell shows besides the page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shell<'a> {
    pub title: &'a str,
    /// The parents; the title is added.
    pub crumbs: &'a [Crumb],
    pub csrf: &'a str,
    /// Path and query of the page: lights its entry, and where a changed preference returns to.
    pub path: &'a str,
    /// Missing on the log-in page and for strangers: then there are no bars and no stream.
    pub user: Option<&'a User>,
    /// The bench tablet they share.
    pub seat: Option<&'a Seat>,
    /// Alerts about the jobs that nobody has seen; shown to those who steer jobs.
    pub alerts: i64,
    /// `light`, `dark`, or anything else for what the system says.
    pub theme: &'a str,
    /// `desk` or `bench`.
    pub density: &'a str,
    /// 100, 115 or 130 percent.
    pub text_size: i16,
    /// What was just done, with its way back; see [`crate::components::toast`].
    pub toast: Option<&'a Markup>,
}

/// The whole document. `main` brings its own main element, see [`main`].
pub fn page(shell: &Shell<'_>, main: Markup) -> Markup {
    let Some(user) = shell.user else { return bare(shell, main) };
    let body = html! {
        a .skip href="#main" { "Skip to the page" }
        div #live hx-sse:connect="/events" hx-trigger="load, stream:retry" hx-target="this" hx-swap="none" {}
        div #page .shell hx-history-elt {
            (side(user, shell))
            header .top {
                a .btn data-kind="quiet" href="#menu" { (icon("menu")) "Menu" }
                (breadcrumb(shell.crumbs, shell.title))
                @if let Some(seat) = shell.seat { (menus::lock(shell, seat)) }
                (menus::person(shell, user))
            }
            (main)
            @if let Some(toast) = shell.toast { div role="status" { (toast) } }
        }
        div #status role="status" aria-live="polite" {}
    };
    document(shell, body)
}

/// The main element of every page: focus goes here after navigation.
pub fn main(content: Markup) -> Markup {
    html! { main #main tabindex="-1" { (content) } }
}

/// The part htmx asked for, with the title for the browser's tab.
pub fn fragment(title: &str, part: Markup) -> Markup {
    html! { title { (tab_title(title)) } (part) }
}

/// The style sheet of one page (`bom.css`): stands first in what that page puts into main, so that it comes along
/// when only the page is replaced.
pub fn stylesheet(name: &str) -> Markup {
    html! { link rel="stylesheet" href=(assets::url(name)); }
}

/// A document without bars, for strangers: logging in, an error before anybody is known.
fn bare(shell: &Shell<'_>, main: Markup) -> Markup {
    document(
        shell,
        html! {
            div #page .bare hx-history-elt {
                a .brand href="/" { (icon("mark")) "Torvan Workflow" }
                (main)
            }
            div #status role="status" aria-live="polite" {}
        },
    )
}

fn document(shell: &Shell<'_>, body: Markup) -> Markup {
    let theme = Some(shell.theme).filter(|theme| matches!(*theme, "light" | "dark"));
    let text_size = Some(shell.text_size).filter(|size| matches!(size, 115 | 130));
    let density = if shell.density == "bench" { "bench" } else { "desk" };
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme] data-density=(density) data-text-size=[text_size] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (tab_title(shell.title)) }
                meta name="htmx-config" content=(HTMX);
                link rel="icon" href=(assets::url("mark.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets::url("app.css"));
                link rel="stylesheet" href=(assets::url("print.css")) media="print";
                script src=(assets::url("app.js")) defer {}
                @if shell.seat.is_some() { script src=(assets::url("station.js")) defer {} }
            }
            body hx-headers:inherited=(json!({ "X-CSRF-Token": shell.csrf })) { (body) }
        }
    }
}

fn tab_title(title: &str) -> String {
    format!("{title} · Torvan Workflow")
}

fn side(user: &User, shell: &Shell<'_>) -> Markup {
    let entries = navigation::entries(user.role);
    let here = navigation::current(entries, shell.path);
    html! {
        div #menu .side {
            a .brand href=(entries.first().map_or("/", |first| first.href)) { (icon("mark")) span { "Torvan Workflow" } }
            a .close href="#main" { (icon("close")) "Close menu" }
            nav aria-label="Main" hx-boost:inherited=(BOOST) {
                ul {
                    @for entry in entries {
                        li { a href=(entry.href) aria-current=[(here == Some(*entry)).then_some("page")] { (icon(entry.icon)) (entry.label)
                            @if entry.href == "/jobs" && user.may(Can::SteerJobs) { (alert_count(shell.alerts)) }
                        } }
                    }
                }
            }
        }
    }
}

/// The number of alerts beside "Jobs"; nothing while there is none.
pub fn alert_count(alerts: i64) -> Markup {
    html! {
        small #alert-count hx-get="/jobs/alerts/count" hx-trigger="alerts:all from:#live throttle:1s, resync from:#live" hx-swap="outerHTML" {
            @if alerts > 0 { b { (alerts) } span .hidden { @if alerts == 1 { " open alert" } @else { " open alerts" } } }
        }
    }
}

fn breadcrumb(crumbs: &[Crumb], title: &str) -> Markup {
    html! {
        nav .crumbs aria-label="Breadcrumb" hx-boost:inherited=(BOOST) {
            ol {
                @for crumb in crumbs { li { a href=(crumb.href) { (crumb.label) } } }
                li aria-current="page" { (title) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::users::Role;

    fn user() -> User {
        User {
            id: 1,
            email: "m@example.com".into(),
            name: "Maya Keller".into(),
            initials: "MK".into(),
            role: Role::Coordinator,
        }
    }

    #[test]
    fn every_page_carries_the_token_the_stream_and_the_way_out() {
        let user = user();
        let shell = Shell { title: "Orders", user: Some(&user), csrf: "t0ken", path: "/orders", ..Shell::default() };
        let page = page(&shell, main(html! { h1 { "Orders" } })).into_string();
        for part in [
            r#"hx-headers:inherited="{&quot;X-CSRF-Token&quot;:&quot;t0ken&quot;}""#,
            r#"hx-sse:connect="/events""#,
            r#"action="/logout""#,
            r#"<input type="hidden" name="csrf" value="t0ken">"#,
            r#"href="/orders" aria-current="page""#,
        ] {
            assert!(page.contains(part), "{part} is missing");
        }
    }

    #[test]
    fn pages_hold_nothing_the_content_policy_refuses() {
        let user = user();
        let shell = Shell { title: "Today", user: Some(&user), csrf: "t", path: "/", ..Shell::default() };
        let stranger = Shell { title: "Log in", ..Shell::default() };
        let components = crate::components_page::page("t");
        for page in [page(&shell, main(html! {})), page(&stranger, main(html! {})), components] {
            let page = page.into_string();
            let attributes = page.split("=\"").filter_map(|text| text.rsplit(' ').next());
            let inline = attributes.filter(|name| *name == "style" || name.starts_with("on") || *name == "hx-on");
            assert_eq!(inline.collect::<Vec<_>>(), Vec::<&str>::new());
            assert!(!page.contains("<style") && !page.contains("javascript:"));
            assert_eq!(page.matches("<script").count(), page.matches("<script src=").count());
        }
    }

    #[test]
    fn strangers_get_no_bars_and_no_stream() {
        let page = page(&Shell::default(), main(html! {})).into_string();
        assert!(!page.contains("/events") && !page.contains("/orders"));
    }
}
