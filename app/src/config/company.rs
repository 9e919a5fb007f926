//! Where the company logs in: the provider's address, what we are called there, and the way back.

use anyhow::{Context, Result, bail, ensure};
use models::secrets::Secret;
use std::{collections::HashMap, path::PathBuf};
use url::Url;

/// Where the provider sends people back to, on this site.
pub const RETURN: &str = "/login/company/return";

/// An OpenID Connect provider.
#[derive(Clone)]
pub struct Provider {
    /// OIDC_ISSUER
    pub issuer: Url,
    /// OIDC_CLIENT_ID: what we are called there.
    pub client_id: String,
    /// OIDC_CLIENT_SECRET or OIDC_CLIENT_SECRET_FILE; none for a public client.
    pub client_secret: Option<Secret>,
    /// OIDC_REDIRECT_URL: fixed, so that no `Host` header leads anybody elsewhere.
    pub redirect: Url,
    /// OIDC_CA_FILE: whose word about its certificate counts besides the system's list.
    pub authority: Option<PathBuf>,
    /// OIDC_SCOPES: asked for besides `openid`.
    pub scopes: Vec<String>,
}

impl Provider {
    /// None when OIDC_ISSUER is not set.
    ///
    /// # Errors
    /// With a sentence that names the setting.
    pub fn read(vars: &HashMap<String, String>, is_production: bool) -> Result<Option<Provider>> {
        let get = |name: &str| vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let secret = super::secret(vars, "OIDC_CLIENT_SECRET")?;
        let Some(issuer) = get("OIDC_ISSUER") else {
            let stray = ["OIDC_CLIENT_ID", "OIDC_REDIRECT_URL", "OIDC_CA_FILE", "OIDC_SCOPES"];
            match stray.into_iter().find(|name| get(name).is_some()) {
                Some(name) => bail!("{name} is set and OIDC_ISSUER is not. Name the issuer, or leave both unset."),
                None if secret.is_some() => bail!("OIDC_CLIENT_SECRET is set and OIDC_ISSUER is not. Name the issuer."),
                None => return Ok(None),
            }
        };
        let right = "https://login.company.example";
        let redirect = get("OIDC_REDIRECT_URL")
            .with_context(|| format!("OIDC_REDIRECT_URL is not set. It should be https://this.site{RETURN}."))?;
        let redirect = address("OIDC_REDIRECT_URL", redirect, &format!("https://this.site{RETURN}"), is_production)?;
        ensure!(
            redirect.path() == RETURN && redirect.query().is_none() && redirect.fragment().is_none(),
            "OIDC_REDIRECT_URL is {redirect}. It should end with {RETURN}."
        );
        let authority = get("OIDC_CA_FILE").map(PathBuf::from);
        if let Some(path) = &authority {
            let text = std::fs::read_to_string(path)
                .map_err(|error| anyhow::anyhow!("OIDC_CA_FILE is {path:?}. It can't be read: {error}."))?;
            ensure!(
                text.contains("BEGIN CERTIFICATE"),
                "OIDC_CA_FILE is {path:?}. There is no certificate in it (PEM)."
            );
        }
        Ok(Some(Provider {
            issuer: address("OIDC_ISSUER", issuer, right, is_production)?,
            client_id: get("OIDC_CLIENT_ID")
                .context("OIDC_CLIENT_ID is not set. It is the name the provider knows us by.")?
                .into(),
            client_secret: secret,
            redirect,
            authority,
            scopes: get("OIDC_SCOPES").unwrap_or("email profile").split_whitespace().map(str::to_owned).collect(),
        }))
    }

    /// The provider as people know it.
    pub fn host(&self) -> &str {
        self.issuer.host_str().unwrap_or("the provider")
    }

    /// A page of this site, as the provider is told it.
    pub fn here(&self, path: &str) -> String {
        let mut here = self.redirect.clone();
        here.set_path(path);
        here.into()
    }
}

/// TLS everywhere, but for a provider on this very machine while somebody develops.
fn address(name: &str, text: &str, right: &str, is_production: bool) -> Result<Url> {
    let url = Url::parse(text).ok().with_context(|| format!("{name} is {text:?}. It should look like {right}."))?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    ensure!(is_plain && url.password().is_none(), "{name} is no plain address. It should look like {right}.");
    let host = url.host_str().unwrap_or_default();
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here && !is_production);
    ensure!(is_safe, "{name} is {text:?}. Passwords and codes pass there: it should begin with https://.");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(extra: &[(&str, &str)], is_production: bool) -> Result<Option<Provider>> {
        let usual = [
            ("OIDC_ISSUER", "https://login.company.example/realm"),
            ("OIDC_CLIENT_ID", "torvan"),
            ("OIDC_REDIRECT_URL", "https://sinks.company.example/login/company/return"),
        ];
        let vars = usual.iter().chain(extra).map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Provider::read(&vars, is_production)
    }

    fn complaint(extra: &[(&str, &str)], is_production: bool) -> String {
        read(extra, is_production).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_way_to_the_provider_and_back_is_guarded() {
        assert!(read(&[], true).is_ok_and(|found| found.is_some()));
        assert!(complaint(&[("OIDC_ISSUER", "http://login.company.example")], false).contains("https://"));
        assert_eq!(complaint(&[("OIDC_ISSUER", "http://127.0.0.1:9000")], false), "");
        assert!(complaint(&[("OIDC_ISSUER", "http://127.0.0.1:9000")], true).contains("https://"));
        assert!(complaint(&[("OIDC_ISSUER", "https://me:word@login.example")], true).starts_with("OIDC_ISSUER"));
        assert!(complaint(&[("OIDC_REDIRECT_URL", "https://sinks.example/elsewhere")], true).contains("end with"));
        assert!(complaint(&[("OIDC_CLIENT_ID", "")], true).starts_with("OIDC_CLIENT_ID is not set."));
        assert!(complaint(&[("OIDC_ISSUER", "")], true).contains("OIDC_ISSUER is not"));
        assert!(complaint(&[("OIDC_CA_FILE", "/no/such/file")], true).starts_with("OIDC_CA_FILE"));
    }
}
