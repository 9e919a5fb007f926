//! A bucket that speaks S3, as the settings name it.

use crate::{
    log,
    secrets::{self, Secret},
    tls,
};
use object_store::{ClientOptions, ObjectStore, RetryConfig, aws::AmazonS3Builder};
use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

/// For a connection to open, and for the next bytes on one. A document may take as long as it keeps moving.
const CONNECT: Duration = Duration::from_secs(5);
const SILENCE: Duration = Duration::from_secs(20);
/// How long a request that failed is tried again, and how often.
const PATIENCE: Duration = Duration::from_secs(10);
const TRIES: usize = 3;

/// Where it is and what opens it.
#[derive(Clone)]
pub struct Bucket {
    pub name: String,
    /// None for Amazon's own.
    pub endpoint: Option<String>,
    pub region: String,
    pub key_id: String,
    pub secret: Secret,
}

impl Bucket {
    /// `FILES_S3_BUCKET`, `FILES_S3_ENDPOINT`, `FILES_S3_REGION`, `FILES_S3_KEY_ID` and `FILES_S3_SECRET`, the last two
    /// also from files (`_FILE`). None without a bucket.
    ///
    /// # Errors
    /// With a sentence that names the setting.
    pub fn read(vars: &HashMap<String, String>) -> Result<Option<Bucket>, String> {
        let get = |name: &str| vars.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let Some(name) = get("FILES_S3_BUCKET") else {
            let lonely = vars.keys().find(|name| name.starts_with("FILES_S3_") && get(name).is_some());
            return lonely.map_or(Ok(None), |name| Err(format!("{name} is set and FILES_S3_BUCKET names no bucket.")));
        };
        let secret = |name: &str| {
            let found = secrets::setting(vars, name)?;
            found.iter().for_each(log::never_show);
            found.ok_or_else(|| format!("{name} is not set. The bucket {:?} needs it.", get("FILES_S3_BUCKET")))
        };
        let endpoint = get("FILES_S3_ENDPOINT").map(str::to_owned);
        if let Some(wrong) = endpoint.as_ref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            return Err(format!("FILES_S3_ENDPOINT is {wrong:?}. It should begin with https://."));
        }
        Ok(Some(Bucket {
            name: name.into(),
            endpoint,
            region: get("FILES_S3_REGION").unwrap_or("us-east-1").into(),
            key_id: secret("FILES_S3_KEY_ID")?.reveal().into(),
            secret: secret("FILES_S3_SECRET")?,
        }))
    }

    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, String> {
        tls::prepare();
        let options = ClientOptions::new()
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT)
            .with_read_timeout(SILENCE)
            .with_allow_http(self.endpoint.as_ref().is_some_and(|url| url.starts_with("http://")));
        let retry = RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_access_key_id(&self.key_id)
            .with_secret_access_key(self.secret.reveal())
            // One by one is what every server that speaks S3 knows.
            .with_disable_bulk_delete(true)
            .with_client_options(options)
            .with_retry(retry);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let bucket =
            builder.build().map_err(|error| format!("FILES_S3_BUCKET {:?} can't be used: {error}", self.name))?;
        Ok(Arc::new(bucket))
    }

    pub(super) fn way(&self) -> Result<String, String> {
        match &self.endpoint {
            Some(url) if url.starts_with("http://") && !tls::is_local(url) => Err(format!(
                "FILES_S3_ENDPOINT is {url:?}. Documents cross a network there, so it should begin with https://."
            )),
            _ => Ok("go over TLS, or stay on this machine".into()),
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "bucket {} at {}", self.name, self.endpoint.as_deref().unwrap_or(&self.region))
    }
}

/// What opens it is never printed.
impl fmt::Debug for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<Bucket>, String> {
        Bucket::read(&pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
    }

    #[test]
    fn a_bucket_is_named_whole_or_not_at_all() {
        let whole = [("FILES_S3_BUCKET", "torvan"), ("FILES_S3_KEY_ID", "key"), ("FILES_S3_SECRET", "s3cr3t-word")];
        assert!(read(&[]).is_ok_and(|bucket| bucket.is_none()));
        assert!(read(&whole[..2]).unwrap_err().starts_with("FILES_S3_SECRET is not set."));
        assert!(read(&whole[1..]).unwrap_err().contains("FILES_S3_BUCKET names no bucket"));
        let at = |url| read(&[&whole[..], &[("FILES_S3_ENDPOINT", url)]].concat());
        assert!(at("files.plant:9000").unwrap_err().contains("https://"));
        let bucket = at("http://files.plant:9000").unwrap().unwrap();
        assert!(bucket.way().is_err() && !format!("{bucket:?}").contains("s3cr3t"));
        assert!(at("https://files.plant").unwrap().unwrap().way().is_ok());
        assert!(at("http://127.0.0.1:9000").unwrap().unwrap().way().is_ok());
    }
}
