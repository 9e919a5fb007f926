//! The site as devices know it: passkeys hold for one name, so everybody has to open it by that name.

use webauthn_rs::{Webauthn, WebauthnBuilder, prelude::Url};

/// Made from the site's public address; see [`Site::new`].
#[derive(Clone)]
pub struct Site {
    pub(super) ceremonies: Webauthn,
    address: Url,
}

impl Site {
    /// `https://` and a name, such as `https://torvan.example`; in development `http://localhost` too. Browsers give no
    /// passkeys to a number, to a place without TLS, nor to a part of a site.
    ///
    /// # Errors
    /// With what would be right.
    pub fn new(address: &str) -> Result<Site, String> {
        let wrong = || {
            "It should be https:// and the one name people open this site by, like https://torvan.example.".to_owned()
        };
        let url = Url::parse(address).map_err(|_| wrong())?;
        let name = url.domain().ok_or_else(wrong)?.to_owned();
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && name == "localhost");
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_open = url.username().is_empty() && url.password().is_none();
        if !is_safe || !is_bare || !is_open || name.ends_with('.') {
            return Err(wrong());
        }
        let built = WebauthnBuilder::new(&name, &url).map_err(|_| wrong())?;
        // A developer's machine takes whatever port is free.
        let built = built.rp_name("Torvan Workflow").allow_any_port(name == "localhost").build();
        Ok(Site { ceremonies: built.map_err(|_| wrong())?, address: url })
    }

    /// `https://torvan.example`
    pub fn address(&self) -> &str {
        self.address.as_str().trim_end_matches('/')
    }

    /// Whether a browser that calls us so can use passkeys here.
    pub fn is_called(&self, place: &str) -> bool {
        let Ok(place) = Url::parse(place) else { return false };
        if self.address.domain() == Some("localhost") {
            return place.domain() == Some("localhost");
        }
        place.origin() == self.address.origin()
    }
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn passkeys_hold_for_one_name_over_tls_or_for_a_developers_own_machine() {
        for right in ["https://torvan.example", "https://torvan.example:8443", "http://localhost:8080"] {
            assert_eq!(Site::new(right).map(|site| site.address().to_owned()), Ok(right.to_owned()));
        }
        for wrong in [
            "http://torvan.example",
            "https://10.0.0.7",
            "http://127.0.0.1:8080",
            "https://[::1]",
            "https://torvan.example/app",
            "https://torvan.example/?a=1",
            "https://me:word@torvan.example",
            "ftp://torvan.example",
            "torvan.example",
            "",
        ] {
            assert!(Site::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_browser_that_calls_the_site_by_another_name_has_no_passkeys() {
        let site = Site::new("https://torvan.example").unwrap();
        assert!(site.is_called("https://torvan.example"));
        for other in ["http://torvan.example", "https://torvan", "https://torvan.example:8443", "https://10.0.0.7", ""]
        {
            assert!(!site.is_called(other), "{other}");
        }
        assert!(Site::new("http://localhost:8080").unwrap().is_called("http://localhost:9999"));
    }
}
