//! The log-in page.

use maud::{Markup, html};

/// `email` is what was typed before, `next` the place to go on to.
pub fn login(csrf: &str, email: &str, next: &str, problem: Option<&str>) -> Markup {
    html! {
        main #main tabindex="-1" hx-history-elt {
            h1 { "Log in" }
            form method="post" action="/login" {
                (crate::forms::csrf(csrf))
                input type="hidden" name="next" value=(next);
                label for="email" { "Mail address" }
                input #email type="email" name="email" value=(email) autocomplete="username" required
                    aria-describedby=[problem.map(|_| "login-problem")];
                label for="password" { "Password" }
                input #password type="password" name="password" autocomplete="current-password" required
                    aria-describedby=[problem.map(|_| "login-problem")];
                @if let Some(problem) = problem { p #login-problem role="alert" { (problem) } }
                button .btn { "Log in" }
            }
        }
    }
}
