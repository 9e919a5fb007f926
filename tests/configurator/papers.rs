//! Documents of a draft: taken in, told apart, handed out.

use super::Desk;
use tests::House;

#[tokio::test]
async fn documents_are_kept_by_what_they_are_and_handed_out_as_files() {
    let house = House::open().await;
    let desk = Desk::open(&house).await;
    let path = format!("{}/documents?kind=po_document", desk.draft);
    let pdf = b"%PDF-1.7\nan order".as_slice();
    desk.person.upload(&path, &[], &[("file", "PO 88213.pdf", pdf)]).await.assert_status(303);
    let page = desk.see("customer").await;
    page.assert_shows("PO 88213.pdf");
    let href = page.body.split("href=\"/documents/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let file = desk.person.get(&format!("/documents/{href}")).await;
    file.assert_ok();
    assert_eq!(file.body.as_bytes(), pdf);
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename*=UTF-8''PO%2088213.pdf"));
    assert_eq!(file.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    for (name, bytes, words) in [
        ("page.pdf", b"<html><script>alert(1)</script>".as_slice(), "is no file of the kinds we keep"),
        ("PO again.pdf", pdf, "is the same file as PO 88213.pdf"),
        ("empty.pdf", b"", "is no file of the kinds we keep"),
    ] {
        desk.person.upload(&path, &[], &[("file", name, bytes)]).await.assert_status(422).assert_shows(words);
    }
    let large = [pdf, &vec![b' '; 10 * 1024 * 1024]].concat();
    desk.person
        .upload(&path, &[], &[("file", "large.pdf", &large)])
        .await
        .assert_status(422)
        .assert_shows("larger than 10 MB");
    desk.person.upload(&path, &[], &[]).await.assert_status(422).assert_shows("No file was chosen");
    house.login("service").await.get(&format!("/documents/{href}")).await.assert_status(403);
    house.login("qc").await.get(&format!("/documents/{href}")).await.assert_status(404);
    desk.person.post(&format!("{}/documents/{href}/remove", desk.draft), &[]).await.assert_status(303);
    desk.person.get(&format!("/documents/{href}")).await.assert_status(404);
}
