//! Backups: taken while people work, restored elsewhere, compared to the last row, and good to go on with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use app::backups::{Manifest, Server, bring_back, practise, take};
use models::backups::{Kind, Outcome};
use models::documents::Store;
use sqlx::PgPool;
use tests::{Database, House};

async fn count(db: &PgPool, what: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {what}"))).fetch_one(db).await.unwrap()
}

/// A house with demo orders whose BOM jobs wait, and one document with a file.
async fn busy_house() -> House {
    let house = House::open().await;
    app::demo::run(&house.db, "development", None).await.unwrap();
    let (id, bytes) = (uuid::Uuid::new_v4(), b"%PDF-1.7 the purchase order");
    Store::new(house.storage.path()).keep(id, bytes).await.unwrap();
    let sql = "insert into documents (id, order_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
        select $1, o.id, 'po_document', 'PO.pdf', 'application/pdf', $2, encode(sha256($3), 'hex'), o.created_by
        from orders o order by o.id limit 1";
    sqlx::query(sql).bind(id).bind(bytes.len() as i64).bind(&bytes[..]).execute(&house.db).await.unwrap();
    house
}

fn server(house: &House) -> Server {
    Server::new(house.owner_url()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_while_people_work_is_of_one_moment_and_comes_back_whole() {
    let (house, folder) = (busy_house().await, tempfile::tempdir().unwrap());
    let store = Store::new(house.storage.path());
    // Every change writes its audit row: at one moment there are as many of either.
    let before = count(&house.db, "users where theme = 'dark'").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let (db, over) = (house.db.clone(), is_over.clone());
    let writer = tokio::spawn(async move {
        let mut written = 0;
        while !over.load(Relaxed) {
            let mut tx = db.begin().await.unwrap();
            let name = format!("Clinic {written}");
            let sql = "insert into customers (name, name_key) values ($1, lower($1)) returning id";
            let id: i64 = sqlx::query_scalar(sql).bind(&name).fetch_one(&mut *tx).await.unwrap();
            let id = id.to_string();
            let entry =
                models::audit::Entry { action: "entered", noun: "clinics", object_id: &id, ..Default::default() };
            models::audit::record(&mut tx, &models::audit::Actor::system(), entry).await.unwrap();
            tx.commit().await.unwrap();
            written += 1;
        }
        written
    });

    let taken = take(&house.db, &server(&house), &store, folder.path()).await.unwrap();

    is_over.store(true, Relaxed);
    let written: i64 = writer.await.unwrap();
    assert!(before == 0 && written > 0);
    assert!(taken.manifest.holdings.unfinished_jobs > 0 && taken.manifest.holdings.files.len() == 1);
    let bare = Database::bare().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let findings = bring_back(&Server::new(&bare.url).unwrap(), &Store::new(elsewhere.path()), &taken.folder).await;
    assert_eq!(findings.unwrap(), Vec::<String>::new());
    let clinics = count(&bare.pool, "customers where name like 'Clinic %'").await;
    assert_eq!(clinics, count(&bare.pool, "audit_log where noun = 'clinics'").await, "a change without its audit row");
    assert!(clinics <= written);
}

#[tokio::test]
async fn a_restored_house_logs_people_in_and_finishes_the_jobs_that_were_under_way() {
    let (house, folder) = (busy_house().await, tempfile::tempdir().unwrap());
    sqlx::query(
        "update jobs set state = 'running', attempt = 1, worker = 'gone', lease_token = gen_random_uuid(),
        lease_until = now() + interval '15 s', started_at = now()
        where id = (select id from jobs where state = 'queued' order by id limit 1)",
    )
    .execute(&house.db)
    .await
    .unwrap();
    let store = Store::new(house.storage.path());
    let taken = take(&house.db, &server(&house), &store, folder.path()).await.unwrap();
    let (bare, elsewhere) = (Database::bare().await, tempfile::tempdir().unwrap());

    let findings = bring_back(&Server::new(&bare.url).unwrap(), &Store::new(elsewhere.path()), &taken.folder).await;

    assert_eq!(findings.unwrap(), Vec::<String>::new());
    sqlx::query("update jobs set lease_until = now() where state = 'running'").execute(&bare.pool).await.unwrap();
    // As `app migrate` does before the processes start.
    models::database_roles::ensure(&mut bare.pool.acquire().await.unwrap()).await.unwrap();
    let restored = House::over(bare, elsewhere).await;
    restored.work().await;
    assert_eq!(count(&restored.db, "jobs where state <> 'done'").await, 0);
    assert_eq!(count(&restored.db, "boms").await, count(&restored.db, "builds").await);
    let person = restored.stranger();
    person.log_in("admin@demo.torvan.example", app::demo::PASSWORD).await;
    person.get("/orders").await.assert_ok().assert_shows("TOR-2026-0001");
    let document: uuid::Uuid = sqlx::query_scalar("select id from documents").fetch_one(&restored.db).await.unwrap();
    person.get(&format!("/documents/{document}")).await.assert_ok().assert_shows("the purchase order");
}

#[tokio::test]
async fn a_drill_says_which_rows_and_files_did_not_come_back_and_leaves_nothing_behind() {
    let (house, folder) = (busy_house().await, tempfile::tempdir().unwrap());
    let store = Store::new(house.storage.path());
    let taken = take(&house.db, &server(&house), &store, folder.path()).await.unwrap();
    let scratch = "pg_database where datname like 'torvan\\_drill\\_%'";

    let whole = practise(&house.db, &server(&house), &taken.folder).await.unwrap();

    assert_eq!(whole.findings, Vec::<String>::new());
    assert_eq!(count(&house.db, scratch).await, 0, "the scratch database is still there");
    let mut manifest = Manifest::read(&taken.folder).unwrap();
    let orders = manifest.holdings.tables.iter_mut().find(|counted| counted.table == "public.orders").unwrap();
    orders.rows += 1;
    let expected = format!("public.orders has {} rows; {} were backed up.", orders.rows - 1, orders.rows);
    std::fs::write(taken.folder.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    let file = manifest.holdings.files[0].id;
    let path = taken.folder.join("files").join(file.simple().to_string());
    std::fs::write(&path, "another order").unwrap();
    let broken = practise(&house.db, &server(&house), &taken.folder).await.unwrap();
    assert_eq!(broken.findings, [expected.clone(), format!("Document {file} is not the file that was backed up.")]);
    assert!(broken.to_string().contains(&expected), "{broken}");
    std::fs::remove_file(&path).unwrap();
    let lost = practise(&house.db, &server(&house), &taken.folder).await.unwrap();
    assert_eq!(lost.findings[1], format!("Document {file} can't be read."));
    let latest = Outcome::latest(&house.db, Kind::Drill).await.unwrap().unwrap();
    assert_eq!(latest.findings, lost.findings);
    let backup = Outcome::latest(&house.db, Kind::Backup).await.unwrap().unwrap();
    assert!(backup.findings.is_empty() && backup.rows > 100 && backup.files == 1);
}

#[tokio::test]
async fn a_backup_that_broke_off_is_never_taken_for_a_whole_one() {
    let (house, folder) = (busy_house().await, tempfile::tempdir().unwrap());
    let empty_store = Store::new(folder.path().join("nothing"));

    let broken = take(&house.db, &server(&house), &empty_store, folder.path()).await;

    assert!(broken.err().unwrap().to_string().contains("is not in the file store"));
    let said = app::backups::drill(folder.path()).await.unwrap_err().to_string();
    assert!(said.contains("DATABASE_URL") || said.contains("holds no whole backup"), "{said}");
    let occupied = bring_back(&server(&house), &Store::new(house.storage.path()), folder.path()).await;
    assert!(occupied.unwrap_err().to_string().contains("is no backup"));
}
