//! Style sheets, the script and the icons: compiled in, named by what is in them, ready to send.
//!
//! `app.js` is htmx, its stream extension and our scripts in one file: as separate deferred files they race.
//! `app.css` is `global.css` with every file of `css/components`. Other files of `css/` are served by themselves.

use flate2::{Compression, write::GzEncoder};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io::Write, sync::LazyLock};

#[derive(RustEmbed)]
#[folder = "../assets"]
struct Files;

/// A file as it is sent. Its address changes with its content, so it may be kept for ever.
#[derive(Debug)]
pub struct Asset {
    /// `/assets/app-1f0e….css`
    pub path: String,
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
    pub gzip: Vec<u8>,
    /// With its quotes, as the header wants it.
    pub etag: String,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(collect);
static BY_PATH: LazyLock<BTreeMap<&'static str, &'static Asset>> =
    LazyLock::new(|| ASSETS.values().map(|asset| (asset.path.as_str(), asset)).collect());

/// The address of `app.css`, `app.js`, `print.css`, `bom.css`, `sprite.svg`, …; the bare name when there is none.
pub fn url(name: &str) -> &'static str {
    ASSETS.get(name).map_or("/assets/missing", |asset| &asset.path)
}

/// What stands at `path` (`/assets/…`), if anything.
pub fn find(path: &str) -> Option<&'static Asset> {
    BY_PATH.get(path).copied()
}

/// Everything there is, by name.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Asset)> {
    ASSETS.iter().map(|(name, asset)| (name.as_str(), asset))
}

fn collect() -> BTreeMap<String, Asset> {
    let scripts =
        ["js/vendor/htmx.min.js", "js/vendor/hx-sse.min.js", "js/app.js", "js/bom.js", "js/live.js", "js/jobs.js"];
    let script = scripts.map(text).join("\n;\n");
    let mut names: Vec<String> = Files::iter().map(|name| name.into_owned()).collect();
    names.sort();
    let parts = names.iter().filter(|name| name.starts_with("css/components/") && name.ends_with(".css"));
    let style = std::iter::once("css/global.css").chain(parts.map(String::as_str)).map(text).collect::<String>();
    let mut all = vec![("app.js".to_string(), script), ("app.css".into(), tight(&style))];
    for name in &names {
        match name.rsplit_once('/') {
            Some(("css", file)) if file != "global.css" && file.ends_with(".css") => {
                all.push((file.into(), tight(&text(name))))
            }
            Some(("js", file @ ("station.js" | "passkeys.js"))) => all.push((file.into(), text(name))),
            Some(("icons", file)) => all.push((file.into(), text(name))),
            _ => {}
        }
    }
    all.into_iter().map(|(name, text)| (name.clone(), Asset::new(&name, text.into_bytes()))).collect()
}

fn text(name: &str) -> String {
    let file = Files::get(name).map(|file| file.data.into_owned()).unwrap_or_default();
    String::from_utf8_lossy(&file).into_owned()
}

/// Without comments and indentation; strings of ours never hold either.
fn tight(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    let mut out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    for (long, short) in [(" {", "{"), ("{ ", "{"), ("; ", ";"), (" }", "}"), ("} ", "}"), (";}", "}"), (", ", ",")] {
        out = out.replace(long, short);
    }
    out
}

impl Asset {
    fn new(name: &str, bytes: Vec<u8>) -> Asset {
        let mut hash = hex::encode(Sha256::digest(&bytes));
        hash.truncate(16);
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let content_type = match ending {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };
        let path = format!("/assets/{stem}-{hash}.{ending}");
        Asset { path, content_type, gzip: gzip(&bytes), bytes, etag: format!("\"{hash}\"") }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory can't fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod contrast;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assets_address_changes_with_its_content() {
        let old = Asset::new("app.css", b"a".to_vec());
        let new = Asset::new("app.css", b"b".to_vec());
        assert_ne!(old.path, new.path);
        assert!(new.path.starts_with("/assets/app-") && new.path.ends_with(".css"));
    }

    #[test]
    fn every_asset_is_found_at_its_address() {
        for (name, asset) in all() {
            assert_eq!(find(url(name)).map(|found| &found.etag), Some(&asset.etag), "{name}");
        }
        assert!(find("/assets/app.css").is_none());
    }

    #[test]
    fn the_script_is_one_file_with_htmx_first() {
        let script = String::from_utf8(find(url("app.js")).unwrap().bytes.clone()).unwrap();
        let place = |part: &str| script.find(part).unwrap();
        assert!(place("var htmx=") < place("hx-sse") && place("hx-sse") < place("registerExtension('app'"));
    }

    #[test]
    fn vendored_scripts_are_what_the_package_holds() {
        let read_me = text("js/vendor/README.md");
        for name in ["htmx.min.js", "hx-sse.min.js"] {
            let sum = hex::encode(Sha256::digest(text(&format!("js/vendor/{name}"))));
            assert!(read_me.contains(&sum), "{name} is not the file its README names");
        }
    }

    #[test]
    fn the_first_visit_stays_light() {
        let gz = |bytes: &[u8]| gzip(bytes).len();
        let weights = [
            ("core style", find(url("app.css")).unwrap().gzip.len(), 8_200),
            ("our script", gz(text("js/app.js").as_bytes()), 2_000),
            ("whole script", find(url("app.js")).unwrap().gzip.len(), 18_000),
            ("icons", find(url("sprite.svg")).unwrap().gzip.len(), 5_000),
        ];
        for (what, weight, budget) in weights {
            assert!(weight <= budget, "{what} weighs {weight} bytes compressed, {budget} at most");
        }
    }
}
