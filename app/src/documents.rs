//! Documents of drafts and orders: taken in as a stream, kept under a random name, handed out as files only.

use crate::{
    App, Page,
    configurator::refuse_document,
    errors::Error,
    forms,
    hx::Hx,
    limits,
    routes::{Routes, Upload},
    session::Signed,
};
use models::documents::{Arrived, Arriving, Document, Kind, LARGEST, Media, Store, media};
use models::drafts::Draft;
use models::users::Can;
use poem::{
    Body, Request, Response, handler,
    http::header,
    web::{Data, Field, Path},
};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .post("/drafts/:id/documents", Can::EnterOrders, upload)
        .takes_files(&["file"])
        .takes_in_address(&["kind"])
        .limit(limits::DOCUMENT)
        .deadline(limits::EXPORT)
        .post("/drafts/:id/documents/:document/remove", Can::EnterOrders, remove)
        .takes(&[])
        .get("/documents/:document", Can::SeeOrders, download)
        .deadline(limits::EXPORT)
}

/// Takes one file. What cannot be kept is said on the page it came from.
#[handler]
async fn upload(
    req: &Request,
    hx: Hx,
    Signed(user): Signed,
    Path(id): Path<i64>,
    Data(db): Data<&PgPool>,
    Data(app): Data<&Arc<App>>,
    form: Upload,
) -> Page {
    let query = forms::parse(req.uri().query().unwrap_or_default().as_bytes())?;
    let kind = query.iter().find(|(name, _)| name == "kind").and_then(|(_, kind)| Kind::from_word(kind));
    let kind = kind.ok_or_else(|| Error::Invalid("Choose whether this is the PO document or a drawing.".into()))?;
    Draft::find(db, &user, id).await?;
    let file = match arrive(&app.config.files, form, kind).await {
        Ok(file) => file,
        Err(Error::Invalid(sentence)) => return refuse_document(hx, user, db, id, &sentence).await,
        Err(error) => return Err(error),
    };
    let mut tx = db.begin().await?;
    let draft = Draft::hold(&mut tx, &user, id).await?;
    match Document::keep(&mut tx, &user, &hx.actor(), &draft, &file).await {
        Ok(()) => tx.commit().await?,
        Err(error) => {
            tx.rollback().await?;
            app.config.files.forget(file.id).await;
            let models::Error::Invalid(sentence) = error else { return Err(error.into()) };
            return refuse_document(hx, user, db, id, &sentence).await;
        }
    }
    Ok(hx.see(&format!("/drafts/{id}/customer#documents")))
}

/// Writes the file of the form to the store and tells what it is.
pub async fn arrive(store: &Store, mut form: Upload, kind: Kind) -> Result<Arrived, Error> {
    let broken = || Error::Invalid("The upload broke off on its way. Choose the file again.".into());
    while let Some(field) = form.next().await.map_err(|refused| refused.unwrap_or_else(broken))? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().map(media::file_name).filter(|name| name != "document");
        let name = name.ok_or_else(|| Error::Invalid("No file was chosen. Choose one, then add it.".into()))?;
        let id = Uuid::new_v4();
        let mut arriving = store.begin(id).map_err(ours)?;
        let written = write(&mut arriving, field, &name).await;
        if written.is_err() {
            arriving.abandon().await;
        } else {
            arriving.finish().await.map_err(ours)?;
        }
        let (media, size_bytes, sha256) = written?;
        return Ok(Arrived { id, kind, file_name: name, media, size_bytes, sha256 });
    }
    Err(Error::Invalid("No file was chosen. Choose one, then add it.".into()))
}

fn ours(error: std::io::Error) -> Error {
    // A full disk or a bucket out of reach is soon over, and nothing was kept.
    Error::Away(format!("the file store: {error}"))
}

/// Streams the bytes to their place: what it is, how many there were, and their SHA-256.
async fn write(arriving: &mut Arriving, field: Field, name: &str) -> Result<(Media, u64, String), Error> {
    let mut reader = field.into_async_read();
    let (mut first, mut digest, mut size) = (Vec::new(), Sha256::new(), 0u64);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = reader.read(&mut buffer).await;
        let count =
            count.map_err(|_| Error::Invalid("The upload broke off on its way. Choose the file again.".into()))?;
        if count == 0 {
            break;
        }
        size += count as u64;
        if size > LARGEST {
            return Err(Error::Invalid(format!(
                "{name} is larger than {} MB. Send a smaller file.",
                LARGEST / 1024 / 1024
            )));
        }
        first.extend_from_slice(&buffer[..count.min(media::ENOUGH.saturating_sub(first.len()))]);
        digest.update(&buffer[..count]);
        arriving.write(&buffer[..count]).await.map_err(ours)?;
    }
    let media = Media::sniff(&first, name)
        .ok_or_else(|| Error::Invalid(format!("{name} is no file of the kinds we keep. Choose {}.", media::ALLOWED)))?;
    media.check_pixels(&first).map_err(|why| Error::Invalid(format!("{name} {why}")))?;
    Ok((media, size, hex::encode(digest.finalize())))
}

#[handler]
async fn remove(
    hx: Hx,
    Signed(user): Signed,
    Path((id, document)): Path<(i64, Uuid)>,
    Data(db): Data<&PgPool>,
) -> Page {
    let mut tx = db.begin().await?;
    Document::remove(&mut tx, &user, &hx.actor(), id, document).await?;
    tx.commit().await?;
    Ok(hx.see(&format!("/drafts/{id}/customer#documents")))
}

#[handler]
async fn download(
    Signed(user): Signed,
    Path(id): Path<Uuid>,
    Data(db): Data<&PgPool>,
    Data(app): Data<&Arc<App>>,
) -> Page {
    let mut connection = db.acquire().await?;
    let document = Document::find(&mut connection, &user, id).await?;
    drop(connection);
    let about = (document.file_name.as_str(), document.media_type.as_str(), document.size_bytes);
    hand_out(&app.config.files, id, about).await
}

/// The bytes of a document by its name, its type and its size: a file to save, never a page, because whatever is
/// inside must not run here.
pub async fn hand_out(store: &Store, id: Uuid, (name, media_type, size_bytes): (&str, &str, i64)) -> Page {
    let gone = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::Broken(anyhow::Error::new(error).context(format!("document {id} is not in the store")))
        }
        _ => ours(error),
    };
    let bytes = store.open(id).await.map_err(gone)?;
    let name = crate::hx::encode(name).replace('/', "%2F");
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, media_type)
        .header(header::CONTENT_LENGTH, size_bytes.to_string())
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}"))
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .body(Body::from_bytes_stream(bytes)))
}
