//! Where documents lie: in a folder or in a bucket, whole or not at all, and what becomes of the rest.

use std::time::{Duration, SystemTime};

use app::backups::{Server, bring_back, take};
use app::config::Config;
use futures_util::TryStreamExt;
use jobs::Job;
use models::documents::Store;
use models::jobs::{Links, State};
use tests::{Bucket, Database, House, Person};
use uuid::Uuid;

const PDF: &[u8] = b"%PDF-1.7\nan order";
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn house_over(bucket: &Bucket) -> (House, Person, String) {
    let files = bucket.store();
    let house = House::open_with(|config: &mut Config| config.files = files).await;
    let person = house.login("coordinator").await;
    let draft =
        person.post("/drafts", &[]).await.assert_status(303).location().trim_end_matches("/customer").to_owned();
    (house, person, draft)
}

async fn bring(person: &Person, draft: &str, name: &str, bytes: &[u8]) -> tests::Answer {
    person.upload(&format!("{draft}/documents?kind=po_document"), &[], &[("file", name, bytes)]).await
}

async fn bytes_of(store: &Store, id: Uuid) -> Vec<u8> {
    store.open(id).await.unwrap().try_collect::<Vec<_>>().await.unwrap().concat()
}

async fn documents(house: &House) -> Vec<Uuid> {
    sqlx::query_scalar("select id from documents where removed_at is null order by id")
        .fetch_all(&house.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_document_goes_to_the_bucket_of_the_settings_and_comes_back_as_a_file() {
    let bucket = Bucket::open().await;
    let (house, person, draft) = house_over(&bucket).await;
    let large = [PDF, &vec![b' '; 7 * 1024 * 1024]].concat();

    bring(&person, &draft, "PO 88213.pdf", PDF).await.assert_status(303);
    bring(&person, &draft, "drawing.pdf", &large).await.assert_status(303);

    assert_eq!((bucket.objects().len(), bucket.unfinished(), bucket.refused()), (2, 0, 0));
    assert_eq!(std::fs::read_dir(house.storage.path()).unwrap().count(), 0);
    for id in documents(&house).await {
        let file = person.get(&format!("/documents/{id}")).await;
        file.assert_ok();
        let sent = if file.body.len() == PDF.len() { PDF } else { &large };
        assert_eq!((file.body.as_bytes() == sent, bucket.objects()[&Store::key(id)] == sent), (true, true));
        assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
        assert!(file.header("content-disposition").unwrap().starts_with("attachment;"));
    }
}

#[tokio::test]
async fn what_is_refused_or_breaks_off_leaves_nothing_in_the_bucket() {
    let bucket = Bucket::open().await;
    let (house, person, draft) = house_over(&bucket).await;
    let page = [&b"<html><script>alert(1)</script>"[..], &vec![b' '; 6 * 1024 * 1024]].concat();
    let large = [PDF, &vec![b' '; 10 * 1024 * 1024]].concat();

    bring(&person, &draft, "page.pdf", &page).await.assert_status(422).assert_shows("no file of the kinds we keep");
    bring(&person, &draft, "large.pdf", &large).await.assert_status(422).assert_shows("larger than 10 MB");

    assert_eq!((bucket.objects().len(), bucket.unfinished()), (0, 0));
    bucket.set_broken(true);
    bring(&person, &draft, "po.pdf", PDF).await.assert_status(503).assert_shows("We are away for a moment");
    assert!(documents(&house).await.is_empty());
    bucket.set_broken(false);
    bring(&person, &draft, "po.pdf", PDF).await.assert_status(303);
}

#[tokio::test]
async fn a_hundred_megabytes_cross_in_parts_of_five() {
    let bucket = Bucket::open().await;
    let folder = tempfile::tempdir().unwrap();
    let (piece, id) = (vec![7u8; 1024 * 1024], Uuid::new_v4());
    for store in [bucket.store(), Store::new(folder.path())] {
        let mut arriving = store.begin(id).unwrap();
        for _ in 0..100 {
            arriving.write(&piece).await.unwrap();
        }
        assert!(!store.has(id).await.unwrap(), "it is there before it is whole");
        arriving.finish().await.unwrap();

        let mut bytes = store.open(id).await.unwrap();
        let mut read = 0;
        while let Some(part) = bytes.try_next().await.unwrap() {
            assert!(part.len() <= 5 * 1024 * 1024 && part.iter().all(|byte| *byte == 7));
            read += part.len();
        }
        assert_eq!(read, 100 * 1024 * 1024);
    }
    assert!(bucket.largest_body() <= 5 * 1024 * 1024, "{}", bucket.largest_body());
}

#[tokio::test]
async fn files_in_the_bucket_that_no_document_names_go_after_a_day() {
    let bucket = Bucket::open().await;
    let (house, person, draft) = house_over(&bucket).await;
    bring(&person, &draft, "PO 88213.pdf", PDF).await.assert_status(303);
    let (unnamed, young) = (Uuid::new_v4(), Uuid::new_v4());
    bucket.store().keep(unnamed, b"abc").await.unwrap();
    bucket.age(2 * DAY);
    bucket.store().keep(young, b"abc").await.unwrap();

    let mut tx = house.db.begin().await.unwrap();
    let run = Job::TidyFiles.enqueue(&mut tx, Links::default()).await.unwrap();
    tx.commit().await.unwrap();
    house.work().await;

    let run = models::jobs::Run::find(&house.db, run.id).await.unwrap();
    assert_eq!((run.state, run.result.as_deref()), (State::Done, Some("files:1")));
    let kept: Vec<String> = documents(&house).await.into_iter().chain([young]).map(Store::key).collect();
    let there = bucket.objects();
    assert!(there.len() == 2 && kept.iter().all(|key| there.contains_key(key)));
}

#[tokio::test]
async fn what_a_killed_process_left_of_an_upload_is_swept_from_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = (Store::new(folder.path()), Uuid::new_v4());
    store.keep(id, b"abc").await.unwrap();
    let left = folder.path().join(format!("{}#1", Store::key(id)));
    std::fs::write(&left, b"ab").unwrap();
    assert_eq!((store.sweep(DAY).unwrap(), left.exists()), (0, true));
    let file = std::fs::File::options().write(true).open(&left).unwrap();
    file.set_modified(SystemTime::now() - 2 * DAY).unwrap();

    assert_eq!((store.sweep(DAY).unwrap(), left.exists()), (1, false));
    assert_eq!(bytes_of(&store, id).await, b"abc");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_brings_the_documents_of_a_bucket_along_and_back() {
    let bucket = Bucket::open().await;
    let (house, person, draft) = house_over(&bucket).await;
    bring(&person, &draft, "PO 88213.pdf", PDF).await.assert_status(303);
    let folder = tempfile::tempdir().unwrap();

    let taken =
        take(&house.db, &Server::new(house.owner_url()).unwrap(), &bucket.store(), folder.path()).await.unwrap();

    let (bare, elsewhere) = (Database::bare().await, Bucket::open().await);
    let findings = bring_back(&Server::new(&bare.url).unwrap(), &elsewhere.store(), &taken.folder).await.unwrap();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(elsewhere.objects(), bucket.objects());
    assert_eq!(taken.manifest.holdings.files.len(), 1);
}

#[tokio::test]
async fn a_store_that_cant_be_used_is_told_before_anybody_needs_it() {
    let bucket = Bucket::open().await;
    assert_eq!(bucket.store().try_out().await, Ok(()));
    assert!(bucket.objects().is_empty());
    bucket.set_broken(true);
    assert!(bucket.store().try_out().await.unwrap_err().starts_with("can't be written"));

    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(Store::new(file.path()).try_out().await.is_err());
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Store::new(folder.path()).try_out().await, Ok(()));
}
