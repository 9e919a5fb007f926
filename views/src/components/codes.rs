//! QR codes, drawn as one path so that they print sharp at every size.

use maud::{Markup, html};

/// The dark squares of a code, one unit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    /// Squares on a side.
    pub width: usize,
    pub path: String,
}

/// The code with the quiet margin of four squares that scanners need. `says` is what it is, not what it holds.
pub fn qr_code(qr: &Qr, says: &str) -> Markup {
    let side = qr.width + 8;
    html! {
        svg .qr viewBox={ "-4 -4 " (side) " " (side) } role="img" aria-label=(says) shape-rendering="crispEdges" {
            rect x="-4" y="-4" width=(side) height=(side) {}
            path d=(qr.path) {}
        }
    }
}
