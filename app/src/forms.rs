//! Reading what people type: forms as ordered fields, and texts without anything invisible in them.

use crate::{errors::Error, limits};
use poem::{FromRequest, Request, RequestBody, http::header};
use unicode_normalization::UnicodeNormalization;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fields,
    Upload,
    Other,
}

pub fn kind(req: &Request) -> Kind {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => Kind::Fields,
        "multipart/form-data" => Kind::Upload,
        _ => Kind::Other,
    }
}

/// A form's fields in the order of the page, at most `limits::FIELDS`. A name may come more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of this name; empty when the field is missing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }
}

impl<'a> FromRequest<'a> for Fields {
    async fn from_request(_: &'a Request, body: &mut RequestBody) -> poem::Result<Fields> {
        let bytes = body.take()?.into_bytes().await?;
        Ok(Fields(parse(&bytes)?))
    }
}

/// The query of the address as fields, for pages whose filters are many.
pub struct Asked(pub Fields);

impl<'a> FromRequest<'a> for Asked {
    async fn from_request(req: &'a Request, _: &mut RequestBody) -> poem::Result<Asked> {
        Ok(Asked(Fields(parse(req.uri().query().unwrap_or_default().as_bytes())?)))
    }
}

/// The whole body of a form. The route's meter has bounded its size and its time.
pub async fn read(req: &mut Request) -> Result<Vec<u8>, Error> {
    req.take_body().into_vec().await.map_err(|_| Error::Invalid("The form broke off on its way.".into()))
}

/// The names of a form's fields as they were sent. One that can't be read is left to `parse`, which says so.
pub fn names(bytes: &[u8]) -> impl Iterator<Item = String> {
    let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs.filter_map(|pair| decode(pair.split(|byte| *byte == b'=').next().unwrap_or_default(), true))
}

/// Splits `name=value&…`. Refuses what is no UTF-8, control characters, and more fields than any form has.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let mut fields = Vec::new();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == limits::FIELDS {
            return Err(Error::Invalid(format!("A form has at most {} fields.", limits::FIELDS)));
        }
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = equals.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        let (name, value) = (decode(name, true), decode(value, true));
        match (name, value) {
            (Some(name), Some(value)) if !has_controls(&name) && !has_controls(&value) => fields.push((name, value)),
            _ => {
                return Err(Error::Invalid(
                    "The form holds characters that can't be shown. Remove them and send it again.".into(),
                ));
            }
        }
    }
    Ok(fields)
}

/// Percent-decodes; `+` is a blank in forms only. None when it isn't UTF-8 or breaks off.
pub fn decode(text: &[u8], plus_is_blank: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' if plus_is_blank => out.push(b' '),
            b'%' => {
                let mut byte = [0];
                hex::decode_to_slice(rest.get(..2)?, &mut byte).ok()?;
                out.push(byte[0]);
                rest = &rest[2..];
            }
            other => out.push(*other),
        }
    }
    String::from_utf8(out).ok()
}

/// NUL and its kin. Tabs and line ends may stand in notes, so they pass here.
pub fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// What a text field takes.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// As the page calls the field, for the sentence that refuses.
    pub label: &'a str,
    /// Characters, not bytes.
    pub longest: usize,
    /// Notes have lines; names and numbers have one.
    pub lines: bool,
}

/// A typed text as we keep it: composed (NFC), line ends as LF, no blanks around it, nothing invisible that could
/// make one name look like another.
///
/// # Errors
/// A sentence for the field when it is too long or holds what can't be shown.
pub fn text(value: &str, rules: Text<'_>) -> Result<String, String> {
    let composed: String = value.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
    let composed = composed.trim().to_string();
    let label = rules.label;
    if composed.chars().any(|c| c.is_control() && !(rules.lines && matches!(c, '\t' | '\n'))) {
        return Err(format!("{label} holds characters that can't be shown. Remove them."));
    }
    if composed.chars().any(|c| turns_text_around(c) || (!rules.lines && hides_in_names(c))) {
        return Err(format!("{label} holds characters that change how the text reads. Type it again."));
    }
    let length = composed.chars().count();
    if length > rules.longest {
        return Err(format!("{label} has {length} characters. It takes at most {}.", rules.longest));
    }
    Ok(composed)
}

/// Bidirectional controls: they show letters in another order than they are stored.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters of no width. In notes they join emoji and some scripts; in a name they only deceive.
fn hides_in_names(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{00ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_the_order_of_the_page() {
        let fields = Fields(parse(b"basin=1&basin=2&note=a+b%26c&empty").unwrap());
        assert_eq!(fields.all("basin").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("note"), "a b&c");
        assert!(fields.has("empty") && !fields.has("missing"));
    }

    #[test]
    fn a_form_with_invisible_or_broken_bytes_is_refused() {
        for bad in [&b"name=a%00b"[..], b"name=%1b", b"n%00=1", b"name=%ff", b"name=%4", b"name=%zz"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        assert!(parse("a=1&".repeat(limits::FIELDS + 1).as_bytes()).is_err());
    }

    #[test]
    fn a_name_is_what_it_looks_like() {
        let name = Text { label: "Customer", longest: 10, lines: false };
        assert_eq!(text("  Cafe\u{301} ", name), Ok("Café".into()));
        assert!(text("abc\u{202e}fed", name).is_err());
        assert!(text("a\u{200b}b", name).is_err());
        assert!(text("two\nlines", name).is_err());
        assert_eq!(text("elevenchars", name).unwrap_err(), "Customer has 11 characters. It takes at most 10.");
        assert_eq!(text("two\r\nlines 👩‍🔧", Text { lines: true, longest: 20, ..name }), Ok("two\nlines 👩‍🔧".into()));
    }
}
