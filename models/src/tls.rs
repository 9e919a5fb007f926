//! The way to PostgreSQL and Redis: over TLS with a certificate that was checked, unless it stays on this machine.

use crate::secrets::Secret;
use std::collections::HashMap;
use std::path::PathBuf;

/// Everything here that speaks TLS does it with ring. Clients that look for a way to encrypt call this first; once is
/// enough, and twice is fine.
pub fn prepare() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Whether an address never leaves this machine.
pub fn is_local(url: &str) -> bool {
    is_here(&host(url))
}

/// What the settings say about the certificates of our own servers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// DATABASE_CA_FILE: whose word about PostgreSQL's certificate counts, instead of the system's list.
    pub database_ca: Option<PathBuf>,
    /// REDIS_CA_FILE: the same for Redis.
    pub redis_ca: Option<PathBuf>,
}

impl Tls {
    /// # Errors
    /// With a sentence when a file can't be read.
    pub fn read(vars: &HashMap<String, String>) -> Result<Tls, String> {
        let file = |name: &str| match vars.get(name).map(|path| path.trim()).filter(|path| !path.is_empty()) {
            None => Ok(None),
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) if text.contains("BEGIN CERTIFICATE") => Ok(Some(PathBuf::from(path))),
                Ok(_) => Err(format!("{name} is {path:?}. There is no certificate in it (PEM).")),
                Err(error) => Err(format!("{name} is {path:?}. It can't be read: {error}.")),
            },
        };
        Ok(Tls { database_ca: file("DATABASE_CA_FILE")?, redis_ca: file("REDIS_CA_FILE")? })
    }

    /// How PostgreSQL is reached.
    ///
    /// # Errors
    /// With a sentence when strangers on the way could read or answer.
    pub fn postgres(&self, url: &Secret) -> Result<String, String> {
        let host = host(url.reveal());
        if is_here(&host) {
            return Ok("stays on this machine".into());
        }
        let query = url.reveal().split_once('?').map_or("", |(_, query)| query);
        let mode = query.split('&').find_map(|pair| pair.strip_prefix("sslmode=")).unwrap_or("prefer");
        if mode == "verify-full" {
            return Ok("over TLS, its certificate checked".into());
        }
        Err(format!(
            "DATABASE_URL leads to {host} with sslmode={mode}. Over a network it should be sslmode=verify-full, with \
             DATABASE_CA_FILE when its certificate is signed by your own authority."
        ))
    }

    /// How Redis is reached.
    ///
    /// # Errors
    /// The same.
    pub fn redis(&self, url: &Secret) -> Result<String, String> {
        let (url, host) = (url.reveal(), host(url.reveal()));
        if is_here(&host) || url.starts_with("unix:") || url.starts_with("redis+unix:") {
            return Ok("stays on this machine".into());
        }
        if url.starts_with("rediss://") && !url.ends_with("#insecure") {
            return Ok("over TLS, its certificate checked".into());
        }
        Err(format!(
            "REDIS_URL leads to {host} without TLS that is checked. Over a network it should begin with rediss://."
        ))
    }
}

/// The host of an address, or of its query when it names a socket there. Empty when it has none.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if let Some(socket) = query.split('&').find_map(|pair| pair.strip_prefix("host=")) {
        return socket.replace("%2F", "/").replace("%2f", "/");
    }
    let place = place.split(['/', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default().to_owned(),
        None => place.split(':').next().unwrap_or_default().to_owned(),
    }
}

/// This very machine: a socket, or an address that never leaves it.
fn is_here(host: &str) -> bool {
    let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    host.is_empty() || host.starts_with('/') || host == "localhost" || is_loopback
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_network_only_checked_certificates_will_do() {
        let tls = Tls::default();
        for here in [
            "postgres://torvan@127.0.0.1:5432/torvan",
            "postgres://torvan:p%40ss@localhost/torvan",
            "postgres://torvan@[::1]:5432/torvan",
            "postgres:///torvan?host=%2Fvar%2Frun%2Fpostgresql",
            "postgres://torvan@db.plant/torvan?sslmode=verify-full",
        ] {
            assert!(tls.postgres(&here.into()).is_ok(), "{here}");
        }
        for bare in [
            "postgres://torvan@db.plant/torvan",
            "postgres://torvan@10.0.0.5/torvan?sslmode=require",
            "postgres://torvan@10.0.0.5/torvan?sslmode=verify-ca",
            "postgres://localhost@db.plant/torvan?sslmode=disable",
            "postgres://torvan@db.plant/torvan?host=10.1.1.1",
        ] {
            assert!(tls.postgres(&bare.into()).is_err(), "{bare}");
        }
        assert!(
            tls.redis(&"redis://127.0.0.1/0".into()).is_ok() && tls.redis(&"rediss://queue.plant/0".into()).is_ok()
        );
        for bare in ["redis://queue.plant/0", "redis://:word@10.0.0.9:6379/0", "rediss://queue.plant/0#insecure"] {
            let said = tls.redis(&bare.into()).unwrap_err();
            assert!(!said.contains("word@"), "{said}");
        }
    }
}
