//! Drawings of an item: who brings them, who reads them, and what the trail says.

use super::{Small, import};
use tests::House;

const DRAWING: &[u8] = b"%PDF-1.7\nKIT-A, sheet 1";

#[tokio::test]
async fn an_item_carries_its_drawings_for_everybody_who_sees_it() {
    let house = House::open().await;
    import(&house.db, &Small::new().files()).await;
    let (editor, reader) = (house.login("administrator").await, house.login("assembler").await);
    let (page, base) = ("/catalogue/items/KIT-A", "/catalogue/items/KIT-A/drawings");
    reader.get(page).await.assert_ok().assert_shows("No drawing has been added to KIT-A.").assert_hides("Add drawing");
    reader.upload(base, &[], &[("file", "KIT-A.pdf", DRAWING)]).await.assert_status(403);

    editor.upload(base, &[], &[("file", "KIT-A.pdf", DRAWING)]).await.assert_status(303);
    editor
        .upload(base, &[], &[("file", "twin.pdf", DRAWING)])
        .await
        .assert_status(422)
        .assert_shows("is the same file");
    let page_file: (&str, &str, &[u8]) = ("file", "page.pdf", b"<html>");
    editor.upload(base, &[], &[page_file]).await.assert_status(422).assert_shows("is no file of the kinds we keep");

    let shown = reader.get(page).await;
    shown.assert_ok().assert_shows("KIT-A.pdf").assert_hides("Remove drawing");
    let id = shown.body.split("/drawings/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let file = reader.get(&format!("{base}/{id}")).await;
    assert_eq!(file.assert_ok().body.as_bytes(), DRAWING);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename*=UTF-8''KIT-A.pdf"));
    assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    reader.get(&format!("/catalogue/items/SUB/drawings/{id}")).await.assert_status(404);
    house.login("service").await.get(&format!("{base}/{id}")).await.assert_status(404);

    let removal = format!("{base}/{id}/removal");
    editor.post(&removal, &[("reason", "")]).await.assert_status(422).assert_shows("Say why KIT-A.pdf goes.");
    editor.post(&removal, &[("reason", "superseded by sheet 2")]).await.assert_status(303);
    reader.get(&format!("{base}/{id}")).await.assert_status(404);
    let said: Vec<String> = sqlx::query_scalar(
        "select action || ': ' || reason from audit_log where noun = 'items' and object_id = 'KIT-A' order by seq",
    )
    .fetch_all(&house.db)
    .await
    .unwrap();
    assert_eq!(said, ["added a drawing: ", "removed a drawing: superseded by sheet 2"]);
}
