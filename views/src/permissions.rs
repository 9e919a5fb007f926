//! Who may do what, and while what holds: the table of permissions, and every address with what it asks for.

use crate::components::{Header, code};
use crate::layout;
use maud::{Markup, html};
use models::permissions::{self, State};
use models::users::{Can, Role};

/// One address of the web process.
#[derive(Debug, Clone)]
pub struct Place {
    pub method: String,
    pub pattern: String,
    /// "public", "signed in" or the action.
    pub needs: String,
    pub roles: Vec<Role>,
}

pub fn page(places: &[Place]) -> Markup {
    let actions = permissions::actions();
    let facts = format!(
        "{} actions, {} roles, {} addresses. What is not listed nobody may do.",
        actions.len(),
        Role::ALL.len(),
        places.len()
    );
    layout::main(html! {
        (Header::new("Permissions").facts(&facts))
        h2 { "What each role may do" }
        div .table data-keep {
            div .scroll tabindex="0" role="region" aria-label="What each role may do" {
                table {
                    caption { "Actions by role" }
                    thead { tr { th scope="col" { "Action" } @for role in Role::ALL { th scope="col" { (role.title()) } } th scope="col" { "Others are told" } } }
                    tbody { @for action in &actions { (row(*action)) } }
                }
            }
        }
        h2 { "What must hold" }
        div .table data-keep {
            table {
                caption { "States an action may need, and what is said when one is missing" }
                thead { tr { th scope="col" { "While" } th scope="col" { "Otherwise" } } }
                tbody { @for state in State::ALL { tr { th scope="row" { (state.words()) } td { (state.refusal()) } } } }
            }
        }
        h2 { "Addresses" }
        (addresses(places))
    })
}

fn row(action: Can) -> Markup {
    html! {
        tr {
            th scope="row" { (words(action)) }
            @for role in Role::ALL {
                @let said = permissions::said(role, action);
                td { @if said == "no" { span .soft { "no" } } @else { (said) } }
            }
            td { (action.refusal()) }
        }
    }
}

fn addresses(places: &[Place]) -> Markup {
    html! {
        div .table data-keep {
            div .scroll tabindex="0" role="region" aria-label="Addresses" {
                table {
                    caption { "Every address and the action it asks for" }
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
}
