//! Every setting by its name, for `app help settings`: what it is, who reads it, and what holds when nobody says.

/// One setting of the environment.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub name: &'static str,
    /// Of `web`, `worker`, `both`.
    pub read_by: &'static str,
    /// What holds when it is not set; empty when it has to be.
    pub otherwise: &'static str,
    pub what: &'static str,
}

const fn web(name: &'static str, otherwise: &'static str, what: &'static str) -> Named {
    Named { name, read_by: "web", otherwise, what }
}

const fn worker(name: &'static str, otherwise: &'static str, what: &'static str) -> Named {
    Named { name, read_by: "worker", otherwise, what }
}

const fn both(name: &'static str, otherwise: &'static str, what: &'static str) -> Named {
    Named { name, read_by: "both", otherwise, what }
}

pub const SETTINGS: &[Named] = &[
    both("ENVIRONMENT", "development", "production refuses what only suits development"),
    both("DATABASE_URL", "", "PostgreSQL, as torvan_web and as torvan_worker; as the owner for migrate"),
    both(
        "DATABASE_URL_FILE",
        "none",
        "a file with that address instead; the same with REDIS_URL_FILE and SESSION_KEY_FILE",
    ),
    both("DATABASE_CA_FILE", "the system's list", "whose word about PostgreSQL's certificate counts (PEM)"),
    both("REDIS_URL", "", "Redis; carries ids only and may be lost"),
    both("REDIS_URL_FILE", "none", "a file with that address instead"),
    both("REDIS_CA_FILE", "the system's list", "whose word about Redis's certificate counts (PEM)"),
    both("STORAGE_DIR", ".private/storage", "folder of uploaded documents; production has to name one"),
    both("FILES_S3_BUCKET", "none", "a bucket for uploaded documents, instead of the folder"),
    both("FILES_S3_KEY_ID", "none", "the key to that bucket; FILES_S3_KEY_ID_FILE names a file with it"),
    both("FILES_S3_SECRET", "none", "the word that goes with it; FILES_S3_SECRET_FILE names a file with it"),
    both("FILES_S3_REGION", "us-east-1", "where the bucket is"),
    both("FILES_S3_ENDPOINT", "Amazon's", "https:// address of another server that speaks S3"),
    both(
        "AUDIT_ANCHOR",
        "in STORAGE_DIR",
        "file where the trail's end is noted hourly; production has to name one elsewhere",
    ),
    both("TIME_ZONE", "America/Toronto", "whose clock dates, times and schedules go by"),
    both("LOG", "info", "a level, or a list like info,sqlx=warn"),
    both("LOG_FORMAT", "text", "text or json"),
    web(
        "SESSION_KEY",
        "made in .private",
        "64 hex digits; after a change people are logged out and second factors set up anew",
    ),
    web("SESSION_KEY_FILE", "none", "a file with that key instead"),
    web("LISTEN", "127.0.0.1:8080", "address and port"),
    web("TRUSTED_PROXIES", "none", "networks whose word about the visitor's address counts, like 10.0.0.0/8"),
    web(
        "PUBLIC_ADDRESS",
        "none",
        "https:// name of this site; passkeys hold for it alone, and without it there are none",
    ),
    web("INSECURE_COOKIES", "yes", "no: only over TLS, which production always is"),
    web("BREACHED_PASSWORDS", "none", "a file of stolen passwords, one SHA-1 or password a line"),
    web("OIDC_ISSUER", "none", "the company's log-in (OpenID Connect)"),
    web("OIDC_CLIENT_ID", "none", "as the company knows us"),
    web("OIDC_CLIENT_SECRET", "none", "the word between us; OIDC_CLIENT_SECRET_FILE names a file with it"),
    web("OIDC_CLIENT_SECRET_FILE", "none", "a file with that word instead"),
    web("OIDC_REDIRECT_URL", "none", "https://this.site/login/company/return"),
    web("OIDC_SCOPES", "email profile", "what is asked for"),
    web("OIDC_CA_FILE", "the system's list", "whose word about the company's certificate counts (PEM)"),
    web("REQUEST_BUDGET", "100", "percent of what each role may ask for in a minute, 1 to 10000"),
    web("STREAM_RECHECK_SECONDS", "30", "how long an open page can outlive a permission, 1 to 60"),
    web("READER_PATIENCE_SECONDS", "60", "after which who takes an answer too slowly is cut, 1 to 60"),
    web("MAX_CONNECTIONS", "1280", "connections at once"),
    web("MAX_CONNECTIONS_PER_PEER", "64", "of one address, trusted proxies not counted"),
    web("DATABASE_POOL", "8", "connections to PostgreSQL"),
    worker("CONCURRENCY", "2", "jobs at a time, 1 to 64"),
    worker("QUEUES", "all", "names of the queues it serves, with commas"),
    worker("QUEUE_PREFIX", "torvan", "first part of every key in Redis"),
    worker("POLL_ONLY", "0", "1: without Redis"),
    worker("LEASE_SECONDS", "15", "how long a job stays ours without a sign of life, 3 to 300"),
    worker("WATCHDOG_SECONDS", "30", "silence after which it ends for its supervisor, 5 to 300"),
];

/// The list as text, one line each.
pub fn list() -> String {
    let line = |name: &str, read_by: &str, otherwise: &str, what: &str| {
        format!("{name:<25} {read_by:<7} {otherwise:<18} {what}")
    };
    let rows = SETTINGS.iter().map(|one| {
        let otherwise = if one.otherwise.is_empty() { "has to be set" } else { one.otherwise };
        line(one.name, one.read_by, otherwise, one.what)
    });
    std::iter::once(line("setting", "read by", "otherwise", "what")).chain(rows).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    /// Names of settings in the source of a program: upper-case words in quotes, asked for by `get`, `variable` and such.
    fn asked(source: &str) -> Vec<&str> {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        let asks = [
            "get(\"",
            "variable(\"",
            "flag(\"",
            "number(\"",
            "secret(\"",
            "told(\"",
            "file(\"",
            "secret(vars, \"",
            "address(vars, \"",
            "var(\"",
        ];
        let found = asks.iter().flat_map(|ask| code.split(ask).skip(1)).filter_map(|rest| rest.split('"').next());
        found
            .filter(|name| !name.is_empty() && name.bytes().all(|c| matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'_')))
            .collect()
    }

    #[test]
    fn every_setting_that_a_process_reads_is_named_with_its_default() {
        let sources = [
            include_str!("../config.rs"),
            include_str!("company.rs"),
            include_str!("../../../worker/src/config.rs"),
            include_str!("../../../models/src/tls.rs"),
            include_str!("../../../models/src/documents/store/bucket.rs"),
        ];
        let names: Vec<&str> = SETTINGS.iter().map(|one| one.name).collect();
        let read: Vec<&str> = sources.iter().flat_map(|source| asked(source)).collect();
        assert!(read.len() > 25, "{read:?}");
        let missing: Vec<_> = read.iter().filter(|name| !names.contains(name)).collect();
        assert!(missing.is_empty(), "{missing:?} are read and not named");
        let idle: Vec<_> = names.iter().filter(|name| !name.ends_with("_FILE") && !read.contains(name)).collect();
        assert!(idle.is_empty(), "{idle:?} are named and not read");
    }

    #[test]
    fn defaults_are_those_of_the_bounds() {
        let otherwise = |name: &str| SETTINGS.iter().find(|one| one.name == name).map(|one| one.otherwise.to_owned());
        assert_eq!(otherwise("MAX_CONNECTIONS"), Some(limits::CONNECTIONS.to_string()));
        assert_eq!(otherwise("MAX_CONNECTIONS_PER_PEER"), Some(limits::CONNECTIONS_PER_PEER.to_string()));
        assert_eq!(otherwise("DATABASE_POOL"), Some(limits::POOL.to_string()));
        assert_eq!(otherwise("READER_PATIENCE_SECONDS"), Some(limits::READER_PATIENCE.as_secs().to_string()));
        assert_eq!(otherwise("STREAM_RECHECK_SECONDS"), Some(limits::SESSION_RECHECK.as_secs().to_string()));
    }
}
