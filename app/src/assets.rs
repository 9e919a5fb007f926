//! /assets: style sheets, the script and the icons. Their address holds their hash, so browsers keep them for ever.

use crate::{
    Page,
    errors::Error,
    routes::{Access, CachePolicy, Routes},
    session::header_text,
};
use poem::{
    Body, Request, Response, handler,
    http::{StatusCode, header},
    web::Path,
};
use views::assets;

pub fn routes() -> Routes {
    Routes::new().get("/assets/:name", Access::Public, asset).cache(CachePolicy::Own)
}

#[handler]
fn asset(req: &Request, Path(name): Path<String>) -> Page {
    let asset = assets::find(&format!("/assets/{name}")).ok_or_else(Error::not_found)?;
    let packed = accepts_gzip(header_text(req, "accept-encoding"));
    let answer = Response::builder()
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::VARY, "Accept-Encoding")
        .header(header::ETAG, &asset.etag);
    if names(header_text(req, "if-none-match"), &asset.etag) {
        return Ok(answer.status(StatusCode::NOT_MODIFIED).finish());
    }
    let answer = answer.content_type(asset.content_type);
    if !packed {
        return Ok(answer.body(Body::from(&asset.bytes[..])));
    }
    Ok(answer.header(header::CONTENT_ENCODING, "gzip").body(Body::from(&asset.gzip[..])))
}

/// Whether gzip is named and not refused with `q=0`. A wildcard alone gets the plain bytes.
fn accepts_gzip(encodings: &str) -> bool {
    encodings.split(',').any(|encoding| {
        let mut parts = encoding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let refused = |part: &str| {
            part.strip_prefix("q=").is_some_and(|quality| quality.parse::<f32>().is_ok_and(|quality| quality == 0.0))
        };
        is_gzip && !parts.any(refused)
    })
}

/// Whether a browser's list of known tags holds this one; weak tags compare alike, as a read wants it.
fn names(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bytes_go_only_to_who_can_read_them() {
        for yes in ["gzip", "br, gzip;q=0.5", "GZIP", "deflate,gzip;q=1.0"] {
            assert!(accepts_gzip(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip; q=0.0", "*", "br;q=1e9", "xgzip"] {
            assert!(!accepts_gzip(no), "{no}");
        }
    }

    #[test]
    fn a_known_tag_is_found_in_its_list() {
        assert!(names("\"a\", W/\"b\"", "\"b\"") && names("*", "\"b\""));
        assert!(!names("", "\"b\"") && !names("\"c\"", "\"b\""));
    }
}
