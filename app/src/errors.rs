//! What goes wrong, as the visitor sees it: one place turns it into a page. What we did wrong is logged under a
//! number, and only the number is shown.

use crate::hx::Hx;
use poem::{
    Request, Response,
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use std::time::Duration;

/// A request that ends without its page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A sentence about what is missing.
    #[error("{0}")]
    NotFound(String),
    /// The same to the eye; the trail says that somebody was refused.
    #[error("{0}")]
    Hidden(String),
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Stale(String),
    #[error("{0}")]
    Invalid(String),
    #[error("Log in first.")]
    LoginNeeded,
    /// The session ended over a form that was being filled in; it is kept at this address.
    #[error("Log in again.")]
    LoginAgain(String),
    /// The role has to have a second factor, and nothing else is open until one is set up.
    #[error("Set up your second factor first.")]
    SecondFactorNeeded,
    #[error("This address can't be used that way.")]
    MethodNotAllowed,
    #[error("That is too much at once.")]
    TooLarge,
    #[error("This took longer to arrive than we wait. Send it again on a better line.")]
    TooSlow,
    #[error("{0}")]
    Unsupported(String),
    #[error("Too many tries.")]
    TooMany(Duration),
    /// More than this person's budget of a minute: of what, until when, and what was typed, so that it can be sent again.
    #[error("More {what} than we take in a minute.")]
    Spent { wait: Duration, what: &'static str, kept: Option<views::errors::Kept> },
    #[error("You have {0} jobs that have not ended yet, and more do not fit. Wait until some are done.")]
    TooManyJobs(i64),
    /// The database is away or too slow. Trying again helps.
    #[error("{0}")]
    Away(String),
    /// The database took the question and does not answer; what was sent may have been kept.
    #[error("no answer from PostgreSQL")]
    Silent { was_change: bool },
    /// The handler takes longer than we let anybody wait; what was sent may yet be kept.
    #[error("a handler takes too long")]
    Overdue { was_change: bool },
    #[error("{0:#}")]
    Broken(#[from] anyhow::Error),
}

impl Error {
    pub fn not_found() -> Error {
        Error::NotFound("There is nothing at this address.".into())
    }
}

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        match self {
            Error::NotFound(_) | Error::Hidden(_) => StatusCode::NOT_FOUND,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::Stale(_) => StatusCode::CONFLICT,
            Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::LoginNeeded | Error::LoginAgain(_) => StatusCode::UNAUTHORIZED,
            Error::SecondFactorNeeded => StatusCode::FORBIDDEN,
            Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Error::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Error::TooMany(_) | Error::Spent { .. } | Error::TooManyJobs(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Away(_) | Error::Silent { .. } | Error::Overdue { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<models::Error> for Error {
    fn from(error: models::Error) -> Error {
        match error {
            models::Error::NotFound(what) => Error::NotFound(format!("{what} not found.")),
            models::Error::Hidden(what) => Error::Hidden(format!("{what} not found.")),
            models::Error::Invalid(sentence) => Error::Invalid(sentence),
            models::Error::Stale(sentence) => Error::Stale(sentence),
            models::Error::Forbidden(sentence) => Error::Forbidden(sentence),
            models::Error::Database(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Error {
        if is_away(&error) { Error::Away(error.to_string()) } else { Error::Broken(error.into()) }
    }
}

/// Whether the database is unreachable, shutting down, or gave up on time: not our fault and soon over.
pub fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => true,
        // A server that dies while it is being spoken to breaks off in the middle of a word.
        sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // 53: a full disk, no memory, no connection left.
            let is_short = code.starts_with("53");
            is_short
                || code.starts_with("08")
                || code.starts_with("57P")
                || matches!(&*code, "25006" | "57014" | "55P03")
        }),
        _ => false,
    }
}

/// Whether PostgreSQL undid a change because of another one that ran beside it.
pub fn was_undone(error: &poem::Error) -> bool {
    let database = match error.downcast_ref::<Error>() {
        Some(Error::Broken(cause)) => cause.chain().find_map(|cause| cause.downcast_ref::<sqlx::Error>()),
        _ => match error.downcast_ref::<models::Error>() {
            Some(models::Error::Database(error)) => Some(error),
            _ => None,
        },
    };
    let code = database.and_then(|error| error.as_database_error()).and_then(|error| error.code());
    code.is_some_and(|code| matches!(&*code, "40P01" | "40001"))
}

/// Turns whatever a route ended with into an answer.
pub async fn answer(error: poem::Error, req: &Request) -> Response {
    if error.is_from_response() || error.status().is_redirection() {
        return error.into_response();
    }
    let error = known(error);
    let Ok(hx) = Hx::for_error(req, &error).await else { return bare(StatusCode::INTERNAL_SERVER_ERROR) };
    match &error {
        Error::LoginNeeded => return hx.to_login(None),
        Error::LoginAgain(kept) => return hx.to_login(Some(kept)),
        Error::SecondFactorNeeded => return hx.to_enrol(),
        _ => {}
    }
    log(&error, &hx);
    crate::refusals::note(&hx, req.method().as_str(), req.uri().path(), &error).await;
    let kept = match &error {
        Error::Spent { kept, .. } => kept.clone(),
        // We are away for a moment: what was typed is sent again with one press.
        Error::Away(_) | Error::Silent { .. } | Error::Overdue { .. } => crate::gate::typed(req),
        _ => None,
    };
    let mut response = match kept {
        Some(kept) => hx.error_keeping(error.status(), &sentence(&error), &kept),
        None => hx.error(error.status(), &sentence(&error)),
    };
    let wait = match error {
        Error::TooMany(wait) | Error::Spent { wait, .. } => Some(wait.as_secs().max(1)),
        Error::Away(_) | Error::Silent { .. } | Error::Overdue { .. } | Error::TooManyJobs(_) => Some(5),
        _ => None,
    };
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Our own error, or poem's (404, 405, a form that can't be read) in our words.
fn known(error: poem::Error) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(own) => return own,
        Err(error) => error,
    };
    let error = match error.downcast::<models::Error>() {
        Ok(model) => return model.into(),
        Err(error) => error,
    };
    match error.status() {
        _ if error.is::<poem::error::ParsePathError>() => Error::not_found(),
        StatusCode::NOT_FOUND => Error::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::Unsupported("This form can't be read here.".into()),
        status if status.is_client_error() => Error::Invalid("Something in this form or address can't be read.".into()),
        _ => Error::Broken(anyhow::anyhow!(error.to_string())),
    }
}

/// What the page says. Ours are never explained to strangers.
fn sentence(error: &Error) -> String {
    match error {
        Error::TooLarge => "This is larger than we take at once. Send a smaller file or a shorter text.".into(),
        Error::TooMany(wait) => format!("Too many tries. Try again in {}.", spoken(*wait)),
        Error::Spent { wait, what, .. } => {
            format!("These were more {what} than we take in a minute. Nothing was changed. Go on in {}.", spoken(*wait))
        }
        Error::Away(_) | Error::Silent { was_change: false } => {
            "We are away for a moment. Nothing was changed. Try again in a few seconds.".into()
        }
        Error::Overdue { was_change: false } => {
            "This takes longer than we let anybody wait. Nothing was changed. Try again in a minute, or ask for less at once.".into()
        }
        Error::Overdue { was_change: true } => {
            "This takes longer than we let anybody wait, and we cannot say whether it was kept. Look in a minute before you send it again.".into()
        }
        Error::Silent { was_change: true } => {
            "We are away for a moment and cannot say whether this was kept. Look in a few seconds before you send it again.".into()
        }
        Error::Broken(_) => {
            "We could not do this. Nothing was changed. Try again; if it stays, tell support the number below.".into()
        }
        other => other.to_string(),
    }
}

/// "40 s" or "15 min".
pub fn spoken(wait: Duration) -> String {
    let seconds = wait.as_secs().max(1);
    if seconds < 90 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) }
}

fn log(error: &Error, hx: &Hx) {
    match error {
        Error::Broken(cause) => {
            tracing::error!(request_id = hx.request_id(), error = format!("{cause:#}"), "request failed")
        }
        Error::Silent { .. } => tracing::warn!(request_id = hx.request_id(), "database silent"),
        Error::Overdue { .. } => tracing::warn!(request_id = hx.request_id(), "a handler takes too long"),
        Error::Away(cause) => tracing::warn!(request_id = hx.request_id(), error = %cause, "database away"),
        _ => {}
    }
}

/// The last resort: a page without a shell, for when even that can't be made.
pub fn bare(status: StatusCode) -> Response {
    let words = status.canonical_reason().unwrap_or("Error");
    Response::builder().status(status).content_type("text/plain; charset=utf-8").body(words)
}
