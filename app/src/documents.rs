//! Documents of drafts and orders: taken in as a stream, kept under a random name, handed out as files only.

use crate::{
    App, Page, configurator::refuse_document, errors::Error, forms, hx::Hx, limits, routes::Routes, session::Signed,
};
use models::documents::{Arrived, Document, Kind, LARGEST, Media, Store, media};
use models::drafts::Draft;
use models::users::Can;
use poem::{
    Body, Request, Response, handler,
    http::header,
    web::{Data, Field, Multipart, Path},
};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

pub fn routes() -> Routes {
    Routes::new()
        .post("/drafts/:id/documents", Can::EnterOrders, upload)
        .limit(limits::DOCUMENT)
        .deadline(limits::EXPORT)
        .post("/drafts/:id/documents/:document/remove", Can::EnterOrders, remove)
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
    form: Multipart,
) -> Page {
    let query = forms::parse(req.uri().query().unwrap_or_default().as_bytes())?;
    let kind = query.iter().find(|(name, _)| name == "kind").and_then(|(_, kind)| Kind::from_word(kind));
    let kind = kind.ok_or_else(|| Error::Invalid("Choose whether this is the PO document or a drawing.".into()))?;
    Draft::find(db, &user, id).await?;
    let file = match arrive(&store(app), form, kind).await {
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
            store(app).forget(file.id).await;
            let models::Error::Invalid(sentence) = error else { return Err(error.into()) };
            return refuse_document(hx, user, db, id, &sentence).await;
        }
    }
    Ok(hx.see(&format!("/drafts/{id}/customer#documents")))
}

/// Writes the file of the form to the store and tells what it is.
async fn arrive(store: &Store, mut form: Multipart, kind: Kind) -> Result<Arrived, Error> {
    let broken = |_| Error::Invalid("The upload broke off on its way. Choose the file again.".into());
    for _ in 0..limits::PARTS {
        let Some(field) = form.next_field().await.map_err(broken)? else { break };
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().map(media::file_name).filter(|name| name != "document");
        let name = name.ok_or_else(|| Error::Invalid("No file was chosen. Choose one, then add it.".into()))?;
        let id = Uuid::new_v4();
        let written = write(store, id, field, &name).await;
        if written.is_err() {
            store.forget(id).await;
        }
        let (media, size_bytes, sha256) = written?;
        return Ok(Arrived { id, kind, file_name: name, media, size_bytes, sha256 });
    }
    Err(Error::Invalid("No file was chosen. Choose one, then add it.".into()))
}

/// Streams the bytes to their place: what it is, how many there were, and their SHA-256.
async fn write(store: &Store, id: Uuid, field: Field, name: &str) -> Result<(Media, u64, String), Error> {
    let ours = |error: std::io::Error| Error::Broken(anyhow::Error::new(error).context("the file store"));
    let mut file = store.create(id).await.map_err(ours)?;
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
        file.write_all(&buffer[..count]).await.map_err(ours)?;
    }
    file.sync_all().await.map_err(ours)?;
    let media = Media::sniff(&first, name)
        .ok_or_else(|| Error::Invalid(format!("{name} is no file of the kinds we keep. Choose {}.", media::ALLOWED)))?;
    media.check_pixels(&first).map_err(|why| Error::Invalid(format!("{name} {why}")))?;
    Ok((media, size, hex::encode(digest.finalize())))
}

fn store(app: &App) -> Store {
    Store::new(&app.config.storage)
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

/// Always a file to save, never a page: whatever is inside must not run here.
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
    let gone = |error: std::io::Error| {
        Error::Broken(anyhow::Error::new(error).context(format!("document {id} is not in the store")))
    };
    let file = tokio::fs::File::open(store(app).place(id)).await.map_err(gone)?;
    let name = crate::hx::encode(&document.file_name).replace('/', "%2F");
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, document.media_type)
        .header(header::CONTENT_LENGTH, document.size_bytes.to_string())
        .header(header::CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{name}"))
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
        .body(Body::from_async_read(file)))
}
