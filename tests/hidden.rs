//! What is not theirs: the same answer as for what is not there, byte for byte, and a line in the trail about who asked.

use std::time::Duration;

use models::documents::Store;
use tests::{House, Person};
use uuid::Uuid;

async fn text(house: &House, question: &'static str) -> String {
    sqlx::query_scalar(question).fetch_one(&house.db).await.unwrap()
}

/// The page without what differs between any two requests: their number and their address.
fn bare(body: &str, path: &str) -> String {
    let is_number = |word: &&str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let numbers: Vec<&str> = body.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_number).collect();
    numbers.iter().fold(body.replace(path, "PATH"), |body, number| body.replace(number, "NUMBER"))
}

async fn refusals(house: &House, path: &str) -> i64 {
    let noted = "select count(*) from audit_log
        where action = 'refused' and not success and object_id = 'GET ' || $1 and reason = 'Not theirs to see.'";
    sqlx::query_scalar(noted).bind(path).fetch_one(&house.db).await.unwrap()
}

/// The answers to both addresses are one; the trail tells them apart.
async fn assert_hidden(house: &House, person: &Person, hidden: &str, absent: &str) {
    let (theirs, nobodys) = (person.get(hidden).await, person.get(absent).await);
    assert_eq!((theirs.status.as_u16(), nobodys.status.as_u16()), (404, 404), "{hidden} and {absent}");
    assert_eq!(bare(&theirs.body, hidden), bare(&nobodys.body, absent));
    let headers = |answer: &tests::Answer| {
        let names = answer.headers.iter().filter(|(name, _)| *name != "x-request-id" && *name != "content-length");
        names.map(|(name, value)| format!("{name}: {value:?}")).collect::<Vec<_>>()
    };
    assert_eq!(headers(&theirs), headers(&nobodys));
    // It is written beside the answer, so that the answer takes no longer.
    let end = tokio::time::Instant::now() + Duration::from_secs(10);
    while refusals(house, hidden).await == 0 {
        assert!(tokio::time::Instant::now() < end, "nothing is written about {hidden}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((refusals(house, hidden).await, refusals(house, absent).await), (1, 0));
}

#[tokio::test]
async fn what_is_not_theirs_looks_like_what_is_not_there_and_is_written_down() {
    let house = House::open().await;
    app::demo::run(&house.db, "development", None).await.unwrap();
    house.work().await;
    let coordinator = house.login("coordinator").await;
    let draft = coordinator.post("/drafts", &[]).await.location().to_owned();
    let document = Uuid::new_v4();
    Store::new(house.storage.path()).keep(document, b"abc").await.unwrap();
    sqlx::query(
        "insert into documents (id, draft_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
         select $1, d.id, 'po_document', 'po.pdf', 'application/pdf', 3, 'x', d.owner_id
         from drafts d order by d.id desc limit 1",
    )
    .bind(document)
    .execute(&house.db)
    .await
    .unwrap();
    sqlx::query("update drafts set owner_id = (select id from users where role = 'administrator' limit 1)")
        .execute(&house.db)
        .await
        .unwrap();

    assert_hidden(&house, &coordinator, &draft, "/drafts/999999/customer").await;
    let qc = house.login("qc").await;
    let absent = format!("/documents/{}", Uuid::new_v4());
    assert_hidden(&house, &qc, &format!("/documents/{document}"), &absent).await;
    let build = text(&house, "select number from builds order by id limit 1").await;
    let assembler = house.login("assembler").await;
    assert_hidden(&house, &assembler, &format!("/builds/{build}/bom"), "/builds/no-such-build/bom").await;
    let item = text(
        &house,
        "select items.number from catalogue_items item join items on items.id = item.item_id
         join catalogue_revisions r on r.id = item.revision_id and r.status = 'active'
         where coalesce(category_code, '') <> '719' and items.number ~ '^[A-Z0-9-]+$' and not exists (
             select from catalogue_placements p where p.revision_id = r.id and p.item_id = item.item_id
                 and p.subcategory_code like '719.%')
         order by items.number limit 1",
    )
    .await;
    let service = house.login("service").await;
    assert_hidden(&house, &service, &format!("/catalogue/items/{item}"), "/catalogue/items/NO-SUCH-ITEM").await;
}
