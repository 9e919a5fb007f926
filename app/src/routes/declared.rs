//! The fields of a form that a route takes, as its line of the table names them. Whatever else is sent is refused
//! before anything happens, so that nothing a page did not ask for is taken over (OWASP ASVS 15.3.3).

use crate::{errors::Error, forms, limits};
use poem::{
    FromRequest, Request, RequestBody,
    web::{Field, Multipart},
};
use std::collections::HashSet;

/// The names besides the token's, each once. `name+` may come more than once, `start-*` stands for all that begin so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    pub names: &'static [&'static str],
    /// Whether the fields come as the parts of an upload.
    pub is_upload: bool,
    /// Names in the query of the form's address.
    pub in_address: &'static [&'static str],
}

impl Declared {
    pub const fn form(names: &'static [&'static str]) -> Declared {
        Declared { names, is_upload: false, in_address: &[] }
    }

    pub const fn upload(names: &'static [&'static str]) -> Declared {
        Declared { names, is_upload: true, in_address: &[] }
    }

    /// # Errors
    /// `Invalid`, naming the first field of the form's bytes that is not taken, or not twice.
    pub fn check(&self, bytes: &[u8]) -> Result<(), Error> {
        refuse_others(self.names, forms::names(bytes))
    }

    /// # Errors
    /// The same for the address.
    pub fn check_address(&self, req: &Request) -> Result<(), Error> {
        refuse_others(self.in_address, forms::names(req.uri().query().unwrap_or_default().as_bytes()))
    }

    /// # Errors
    /// `Unsupported` when a form comes as an upload or the other way round.
    pub fn check_kind(&self, req: &Request) -> Result<(), Error> {
        match forms::kind(req) {
            forms::Kind::Upload if !self.is_upload => Err(Error::Unsupported("No files are taken here.".into())),
            forms::Kind::Fields if self.is_upload => {
                Err(Error::Unsupported("Files are taken here. Choose one, then send it.".into()))
            }
            _ => Ok(()),
        }
    }
}

fn refuse_others(declared: &[&str], names: impl Iterator<Item = String>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for name in names {
        refuse(declared, &name, !seen.insert(name.clone()))?;
    }
    Ok(())
}

fn refuse(declared: &[&str], name: &str, is_again: bool) -> Result<(), Error> {
    let short = || name.chars().filter(|letter| !letter.is_control()).take(40).collect::<String>();
    let Some(may_repeat) = may_repeat(declared, name) else {
        return Err(Error::Invalid(format!("\"{}\" is no field of this form. Nothing was changed.", short())));
    };
    if is_again && !may_repeat {
        return Err(Error::Invalid(format!("\"{}\" came twice and counts once. Nothing was changed.", short())));
    }
    Ok(())
}

/// Whether a name may come again; none when it is not taken at all.
fn may_repeat(declared: &[&str], name: &str) -> Option<bool> {
    if name == "csrf" {
        return Some(false);
    }
    declared.iter().find_map(|declared| match (declared.strip_suffix('+'), declared.strip_suffix('*')) {
        (Some(repeated), _) => (name == repeated).then_some(true),
        (_, Some(start)) => name.starts_with(start).then_some(false),
        _ => (name == *declared).then_some(false),
    })
}

/// The parts of an upload, each looked at by its name before its bytes are read.
pub struct Upload {
    parts: Multipart,
    declared: Declared,
    seen: HashSet<String>,
    taken: usize,
}

impl<'a> FromRequest<'a> for Upload {
    async fn from_request(req: &'a Request, body: &mut RequestBody) -> poem::Result<Upload> {
        let declared = req.data::<Declared>().copied().unwrap_or(Declared::upload(&[]));
        Ok(Upload { parts: Multipart::from_request(req, body).await?, declared, seen: HashSet::new(), taken: 0 })
    }
}

impl Upload {
    /// The next part, of at most `limits::PARTS`.
    ///
    /// # Errors
    /// None when the upload broke off; `Invalid` for a part that is not taken here.
    pub async fn next(&mut self) -> Result<Option<Field>, Option<Error>> {
        let Some(part) = self.parts.next_field().await.map_err(|_| None::<Error>)? else { return Ok(None) };
        self.taken += 1;
        if self.taken > limits::PARTS {
            return Err(Some(Error::Invalid(format!("An upload has at most {} parts.", limits::PARTS))));
        }
        let name = part.name().unwrap_or_default().to_owned();
        refuse(self.declared.names, &name, self.seen.contains(&name)).map_err(Some)?;
        self.seen.insert(name);
        Ok(Some(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(form: &str) -> String {
        let declared = Declared::form(&["reason", "ids+", "quantity-*"]);
        declared.check(form.as_bytes()).map_or_else(|error| error.to_string(), |()| "taken".into())
    }

    #[test]
    fn a_form_has_the_fields_of_its_route_and_no_others() {
        assert_eq!(said("csrf=1&reason=a&ids=1&ids=2&quantity-1=1&quantity-2=1"), "taken");
        assert_eq!(said(""), "taken");
        assert_eq!(said("reason=a&role=administrator"), "\"role\" is no field of this form. Nothing was changed.");
        assert_eq!(said("reason=a&r%65ason=b"), "\"reason\" came twice and counts once. Nothing was changed.");
        assert_eq!(said("csrf=1&csrf=2"), "\"csrf\" came twice and counts once. Nothing was changed.");
        assert_eq!(
            said("quantity-1=1&quantity-1=2"),
            "\"quantity-1\" came twice and counts once. Nothing was changed."
        );
        assert!(said("Reason=a").contains("no field") && said("=a").contains("no field"));
    }
}
