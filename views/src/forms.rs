//! Parts of forms.

use maud::{Markup, html};

/// Proves that the form is ours. Stands first in its form: an upload is searched only at its beginning.
pub fn csrf(token: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(token); }
}
