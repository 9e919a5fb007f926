//! Who may do what, and while what holds: the table of permissions by area, and every address with what it asks for.

use crate::components::{Header, code, empty};
use crate::forms::{Choice, Field};
use crate::layout;
use crate::table::{chip, filters};
use maud::{Markup, html};
use models::permissions::{self, State};
use models::users::{Can, Role};

pub use area::Area;

mod area;

/// One address of the web process.
#[derive(Debug, Clone)]
pub struct Place {
    pub method: String,
    pub pattern: String,
    /// "public", "signed in" or the action.
    pub needs: String,
    pub action: Option<Can>,
    pub roles: Vec<Role>,
}

/// What somebody looks for; nothing shows everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    pub role: Option<Role>,
    pub area: Option<Area>,
    pub search: &'a str,
}

impl Asked<'_> {
    fn is_narrowed(&self) -> bool {
        self.role.is_some() || self.area.is_some() || !self.search.is_empty()
    }

    /// The columns of the table.
    fn roles(&self) -> Vec<Role> {
        self.role.map_or_else(|| Role::ALL.to_vec(), |role| vec![role])
    }

    fn finds(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.search.trim().to_lowercase())
    }

    /// What the role may do, of the area, with the word in its name or in its refusal.
    fn shows(&self, action: Can) -> bool {
        self.area.is_none_or(|area| area == Area::of(action))
            && self.role.is_none_or(|role| permissions::grants(role, action).next().is_some())
            && (self.finds(&words(action)) || self.finds(action.refusal()))
    }

    fn leads_to(&self, place: &Place) -> bool {
        self.area.is_none_or(|area| area == Area::of_place(place.action))
            && self.role.is_none_or(|role| place.roles.contains(&role))
            && (self.finds(&place.pattern) || self.finds(&place.needs))
    }
}

pub fn page(places: &[Place], asked: &Asked<'_>) -> Markup {
    let actions = permissions::actions();
    let facts = format!(
        "{} actions, {} roles, {} addresses. What is not listed nobody may do.",
        actions.len(),
        Role::ALL.len(),
        places.len()
    );
    let shown: Vec<Can> = actions.into_iter().filter(|action| asked.shows(*action)).collect();
    let places: Vec<&Place> = places.iter().filter(|place| asked.leads_to(place)).collect();
    layout::main(html! {
        (layout::stylesheet("people.css"))
        (Header::new("Permissions").facts(&facts))
        (search(asked))
        @if shown.is_empty() && places.is_empty() {
            (empty("Nothing here is like that.", html! { a href="/system/permissions" { "Show all permissions" } }))
        } @else {
            div .permissions {
                @if !shown.is_empty() { (matrix(&shown, asked)) }
                (addresses(&places, asked))
                (states())
            }
        }
    })
}

fn search(asked: &Asked<'_>) -> Markup {
    let roles: Vec<(String, &str)> = Role::ALL.into_iter().map(|role| (role_word(role), role.title())).collect();
    let roles: Vec<Choice<'_>> = std::iter::once(Choice::new("", "Every role"))
        .chain(roles.iter().map(|(word, title)| Choice::new(word, title)))
        .collect();
    let areas: Vec<Choice<'_>> = std::iter::once(Choice::new("", "Every area"))
        .chain(Area::ALL.iter().map(|area| Choice::new(area.word(), area.title())))
        .collect();
    let role = asked.role.map(role_word).unwrap_or_default();
    let chips = html! {
        (chip("Role", asked.role.map(|role| format!("Role: {}", role.title())).as_deref(), html! { (Field::select("role", "Role", &roles).value(&role)) }))
        (chip("Area", asked.area.map(|area| format!("Area: {}", area.title())).as_deref(), html! { (Field::select("area", "Area", &areas).value(asked.area.map_or("", Area::word))) }))
    };
    filters("/system/permissions", ("q", asked.search, "Action or address"), chips, asked.is_narrowed())
}

fn role_word(role: Role) -> String {
    format!("{role:?}").to_lowercase()
}

/// The table of permissions, an area at a time.
fn matrix(actions: &[Can], asked: &Asked<'_>) -> Markup {
    let (roles, one) = (asked.roles(), asked.role);
    let title =
        one.map_or_else(|| "What each role may do".into(), |role| format!("{}: what this role may do", role.title()));
    html! {
        h2 { (title) }
        div .table data-keep {
            div .scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    caption { "Actions by role" }
                    thead { tr { th scope="col" { "Action" } @for role in &roles { th scope="col" { (role.title()) } } } }
                    @for area in Area::ALL {
                        @let of_area: Vec<Can> = actions.iter().copied().filter(|action| Area::of(*action) == area).collect();
                        @if !of_area.is_empty() {
                            tbody {
                                tr .area { th scope="rowgroup" colspan=(roles.len() + 1) { (area.title()) } }
                                @for action in of_area { (row(action, &roles)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row(action: Can, roles: &[Role]) -> Markup {
    html! {
        tr {
            th scope="row" { (words(action)) small { (action.refusal()) } }
            @for role in roles {
                @let said = permissions::said(*role, action);
                td data-said=(said.split(' ').next().unwrap_or_default()) { (said) }
            }
        }
    }
}

/// The addresses of each area, folded until somebody looks for something.
fn addresses(places: &[&Place], asked: &Asked<'_>) -> Markup {
    html! {
        h2 { "Addresses" }
        @for area in Area::ALL {
            @let of_area: Vec<&&Place> = places.iter().filter(|place| Area::of_place(place.action) == area).collect();
            @if !of_area.is_empty() {
                details .more open[asked.area.is_some() || !asked.search.is_empty()] {
                    summary { (area.title()) ", " (of_area.len()) " addresses" }
                    (list(area, &of_area))
                }
            }
        }
        @if places.is_empty() { (empty("No address is like that.", html! {})) }
    }
}

fn list(area: Area, places: &[&&Place]) -> Markup {
    let caption = format!("{}: every address and what it asks for", area.title());
    html! {
        div .table data-keep {
            div .scroll tabindex="0" role="region" aria-label=(caption) {
                table {
                    caption { (caption) }
                    thead { tr { th scope="col" { "Address" } th scope="col" { "Asks for" } th scope="col" { "Roles" } } }
                    tbody {
                        @for place in places {
                            tr {
                                th scope="row" { (place.method) " " (code(&place.pattern)) }
                                td { (place.needs) }
                                td { (roles(&place.roles)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What an action may need besides the role.
fn states() -> Markup {
    html! {
        h2 { "What must hold" }
        details .more {
            summary { "What is said when it does not" }
            div .table data-keep {
                table {
                    caption { "States an action may need, and what is said when one is missing" }
                    thead { tr { th scope="col" { "While" } th scope="col" { "Otherwise" } } }
                    tbody { @for state in State::ALL { tr { th scope="row" { (state.words()) } td { (state.refusal()) } } } }
                }
            }
        }
    }
}

fn roles(roles: &[Role]) -> String {
    if roles.len() == Role::ALL.len() {
        return "all".into();
    }
    roles.iter().map(|role| role.title()).collect::<Vec<_>>().join(", ")
}

/// "ApproveBoms" as people say it: "Approve BOMs".
pub fn words(action: Can) -> String {
    let mut said = String::new();
    for (at, letter) in format!("{action:?}").chars().enumerate() {
        if at > 0 && letter.is_uppercase() {
            said.push(' ');
            said.extend(letter.to_lowercase());
        } else {
            said.push(letter);
        }
    }
    said.replace("boms", "BOMs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_said_in_words() {
        assert_eq!(words(Can::ApproveBoms), "Approve BOMs");
        assert_eq!(words(Can::SeeOrderDetails), "See order details");
    }

    #[test]
    fn every_action_stands_in_the_table_once_whatever_its_area() {
        let page = page(&[], &Asked::default()).into_string();
        for action in permissions::actions() {
            assert_eq!(page.matches(&format!(">{}<small>", words(action))).count(), 1, "{action:?}");
        }
    }
}
