//! Addresses within one BOM: the state of the page is its address.

use super::View;
use models::boms::outline::{SMALL, Wish};

/// Where somebody stands, for links that change one thing and keep the rest.
#[derive(Debug, Clone)]
pub struct Address<'a> {
    build: &'a str,
    version: Option<i32>,
    view: View,
    wish: &'a Wish,
}

/// The address of a build's BOM.
pub fn base(build: &str) -> String {
    format!("/builds/{}/bom", encode(build))
}

/// A number as part of an address.
pub fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The fold a page has when nobody chose one: a large BOM opens with its level 0 only.
pub fn usual_fold(lines: usize) -> Option<i16> {
    Some(if lines > SMALL { 0 } else { 1 })
}

impl<'a> Address<'a> {
    pub fn new(build: &'a str, version: Option<i32>, view: View, wish: &'a Wish) -> Address<'a> {
        Address { build, version, view, wish }
    }

    pub fn is_flat(&self) -> bool {
        self.view == View::Flat
    }

    pub fn path(&self) -> String {
        match self.version {
            Some(version) => format!("{}/{version}", base(self.build)),
            None => base(self.build),
        }
    }

    /// The other layout; a search goes along.
    pub fn view(&self, view: View) -> String {
        let wish = Wish { from: 0, open: Vec::new(), shut: Vec::new(), ..self.wish.clone() };
        self.with(view, &wish)
    }

    pub fn from(&self, from: usize) -> String {
        self.wish(&Wish { from, ..self.wish.clone() })
    }

    /// The same layout with another wish.
    pub fn wish(&self, wish: &Wish) -> String {
        self.with(self.view, wish)
    }

    fn with(&self, view: View, wish: &Wish) -> String {
        let mut query: Vec<String> = Vec::new();
        if view == View::Flat {
            query.push("view=flat".into());
        } else {
            query.push(format!("fold={}", wish.fold.map_or("all".into(), |fold| fold.to_string())));
        }
        for (name, lines) in [("open", &wish.open), ("shut", &wish.shut)] {
            if !lines.is_empty() {
                let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
                query.push(format!("{name}={}", lines.join(",")));
            }
        }
        if !wish.search.is_empty() {
            query.push(format!("q={}", encode(&wish.search)));
        }
        if wish.from > 0 {
            query.push(format!("from={}", wish.from));
        }
        format!("{}?{}", self.path(), query.join("&"))
    }
}
