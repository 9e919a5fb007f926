//! QR codes: a text as something a scanner reads.

use crate::errors::Error;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;
use views::components::Qr;

/// The drawing of a text. Medium correction: a scratched badge still reads.
///
/// # Errors
/// When the text is too long for any code.
pub fn draw(text: &str) -> Result<Qr, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|error| anyhow::anyhow!("{error}"))?;
    let (width, mut path) = (code.width(), String::new());
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            // Writing to a String can't fail.
            let _ = write!(path, "M{} {}h1v1h-1z", at % width, at / width);
        }
    }
    Ok(Qr { width, path })
}
