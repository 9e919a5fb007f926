//! Approving a BOM with a signature, or sending it back with a comment.

use super::{crumbs, find, open};
use crate::{
    Page,
    errors::{Error, spoken},
    forms::{Fields, Text, text},
    hx::Hx,
    passkeys,
    session::Signed,
};
use models::{
    boms::{
        approval::{self, LONGEST_REASON, Review},
        sheet::Sheet,
        versions::{Book, Version},
    },
    signatures::{self, Meaning, Refused},
    users::{Can, User},
};
use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode, header},
    web::{Data, Path},
};
use sqlx::PgPool;
use views::{
    boms::{
        address,
        approval::{self as view, Typed},
    },
    components::passkeys::Place,
};

/// What the review needs, looked up once.
struct Desk {
    book: Book,
    version: i32,
    review: Review,
    warnings: Vec<String>,
    has_passkey: bool,
}

impl Desk {
    async fn open(db: &PgPool, user: &User, number: &str, version: &str) -> Result<Desk, Error> {
        let book = open(db, user, number).await?;
        let version = find(&book, version)?;
        let review = Review::of(db, user, &book, version).await?;
        let sheet = Sheet::load(db, version).await?;
        let is_outdated = !book.outdated(version).is_empty();
        let warnings = approval::warnings(&sheet, is_outdated, review.returned.as_ref());
        let has_passkey = models::users::passkeys::has(db, user.id).await?;
        Ok(Desk { version: version.version, book, review, warnings, has_passkey })
    }

    fn version(&self) -> Result<&Version, Error> {
        Ok(self.book.version(self.version)?)
    }

    fn page(&self, hx: &Hx, user: &User, typed: Typed<'_>) -> Result<maud::Markup, Error> {
        let (csrf, version) = (hx.csrf(), self.version()?);
        let (book, review, warnings) = (&self.book, &self.review, self.warnings.as_slice());
        let passkeys = if self.has_passkey { passkeys::place(hx) } else { Place::Off };
        Ok(view::page(&view::Page { book, version, review, warnings, user, csrf: &csrf, passkeys, typed }))
    }

    /// The same page with what was typed and what is wrong; never the password.
    fn refused(&self, hx: &Hx, user: &User, typed: Typed<'_>) -> Page {
        Ok(hx.refused("Approve BOM", &crumbs(&self.book), self.page(hx, user, typed)?))
    }

    fn here(&self) -> String {
        format!("{}/{}", address::base(&self.book.build), self.version)
    }
}

#[handler]
pub async fn show(
    hx: Hx,
    Signed(user): Signed,
    Path((number, version)): Path<(String, String)>,
    Data(db): Data<&PgPool>,
) -> Page {
    let desk = Desk::open(db, &user, &number, &version).await?;
    let page = desk.page(&hx, &user, Typed::default())?;
    Ok(hx.page("Approve BOM", &crumbs(&desk.book), page.clone(), page))
}

#[handler]
pub async fn approve(
    hx: Hx,
    Signed(user): Signed,
    Path((number, version)): Path<(String, String)>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let desk = Desk::open(db, &user, &number, &version).await?;
    let (version, actor) = (desk.version()?, hx.actor());
    let record = version.record(&desk.book);
    if let Err(refusal) = user.must_now(Can::ApproveBoms, &desk.review.states) {
        let why = refusal.to_string();
        refuse(&hx, db, record, &why).await?;
        if version.is_active && desk.review.of_version(version).is_none() {
            return Err(refusal.into());
        }
        // Too late rather than not allowed: the page as things stand now.
        let page = desk.page(&hx, &user, Typed { problem: &why, ..Typed::default() })?;
        return Ok(hx.conflict("Approve BOM", &crumbs(&desk.book), page));
    }
    let reason = match reason(&fields, "reason", "Reason") {
        Ok(reason) => reason,
        Err(error) => {
            let typed = Typed { reason: fields.get("reason"), reason_error: &error, ..Typed::default() };
            return desk.refused(&hx, &user, typed);
        }
    };
    if Meaning::from_word(fields.get("meaning")) != Some(Meaning::BomApproved) {
        refuse(&hx, db, record, "no meaning").await?;
        let problem = "The form did not say what the signature means. Nothing was signed; sign again.";
        return desk.refused(&hx, &user, Typed { reason: &reason, problem, ..Typed::default() });
    }
    if reason.is_empty() && !desk.warnings.is_empty() {
        let reason_error = "Say why this may be ordered by all the same.";
        return desk.refused(&hx, &user, Typed { reason_error, ..Typed::default() });
    }
    let meaning = Meaning::BomApproved;
    let proof = match passkeys::prove(&hx, db, &user, &fields, (meaning, record)).await? {
        Ok(proof) => proof,
        Err(refused) => {
            let sentence = unproven(&refused)?;
            let typed = Typed { reason: &reason, password_error: &sentence, ..Typed::default() };
            return Ok(waiting(desk.refused(&hx, &user, typed)?, &refused));
        }
    };
    let mut tx = db.begin().await?;
    let seen = fields.get("content");
    let approved = approval::approve(&mut tx, &actor, &user, proof, (&desk.book, version), (seen, &reason)).await;
    if let Err(models::Error::Stale(problem)) = &approved {
        drop(tx);
        refuse(&hx, db, record, problem).await?;
        let desk = Desk::open(db, &user, &number, &desk.version.to_string()).await?;
        let page = desk.page(&hx, &user, Typed { reason: &reason, problem, ..Typed::default() })?;
        return Ok(hx.conflict("Approve BOM", &crumbs(&desk.book), page));
    }
    approved?;
    tx.commit().await?;
    Ok(hx.see(&desk.here()))
}

#[handler]
pub async fn send_back(
    hx: Hx,
    Signed(user): Signed,
    Path((number, version)): Path<(String, String)>,
    fields: Fields,
    Data(db): Data<&PgPool>,
) -> Page {
    let desk = Desk::open(db, &user, &number, &version).await?;
    let comment = reason(&fields, "comment", "What is wrong");
    let comment = match comment {
        Ok(comment) if !comment.is_empty() => comment,
        other => {
            let error = other.err().unwrap_or_else(|| "Say what is wrong, so that it can be put right.".into());
            let typed = Typed { comment: fields.get("comment"), comment_error: &error, ..Typed::default() };
            return desk.refused(&hx, &user, typed);
        }
    };
    let mut tx = db.begin().await?;
    approval::send_back(&mut tx, &hx.actor(), &user, &desk.book, desk.version()?, &comment).await?;
    tx.commit().await?;
    Ok(hx.see(&desk.here()))
}

fn reason(fields: &Fields, name: &str, label: &str) -> Result<String, String> {
    text(fields.get(name), Text { label, longest: LONGEST_REASON, lines: true })
}

/// Why nobody signed, beside the password. The password itself is gone.
///
/// # Errors
/// `Away` while too many passwords are being checked.
pub fn unproven(refused: &Refused) -> Result<String, Error> {
    match refused {
        Refused::Wrong => Ok("This is not your password. Nothing was signed.".into()),
        Refused::NoPassword => {
            Ok("You have no password to sign with yet. Choose one under Your account. Nothing was signed.".into())
        }
        Refused::NotTaken => {
            Ok("Your passkey was not taken. Nothing was signed; try it once more, or type your password.".into())
        }
        Refused::Wait(wait) => {
            Ok(format!("Too many wrong passwords. Nothing was signed; try again in {}.", spoken(*wait)))
        }
        Refused::Busy => Err(Error::Away("too many passwords at once".into())),
    }
}

/// Who has to wait is told how long, in the words of HTTP too.
pub fn waiting(mut response: Response, refused: &Refused) -> Response {
    if let Refused::Wait(wait) = refused {
        response.set_status(StatusCode::TOO_MANY_REQUESTS);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

/// Writes into the trail that somebody could not sign, and why.
async fn refuse(hx: &Hx, db: &PgPool, record: signatures::Record<'_>, why: &str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    signatures::refuse(&mut tx, &hx.actor(), Meaning::BomApproved, record, why).await?;
    Ok(tx.commit().await?)
}
