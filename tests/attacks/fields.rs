//! Fields that no page of ours asks for: nothing takes them over, wherever they are sent (reliability C3).

use app::routes::{self, Rule};
use models::users::Role;
use poem::http::Method;
use tests::{Answer, House, Person};

fn writing() -> Vec<Rule> {
    routes::all().rules().filter(|rule| rule.method != Method::GET).cloned().collect()
}

fn path(rule: &Rule) -> String {
    let parts = rule.pattern.split('/').map(|part| if part.starts_with(':') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Somebody of each role; the table says who may ask.
async fn people(house: &House) -> Vec<(Role, Person)> {
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((role, house.login(&format!("{role:?}").to_lowercase()).await));
    }
    people
}

fn one_who_may<'a>(people: &'a [(Role, Person)], rule: &Rule) -> &'a Person {
    let found = people.iter().rev().find(|(role, _)| rule.access.allows(Some(*role)));
    &found.unwrap_or_else(|| panic!("nobody may {} {}", rule.method, rule.pattern)).1
}

async fn written(house: &House) -> i64 {
    sqlx::query_scalar("select count(*) from audit_log where success").fetch_one(&house.db).await.unwrap()
}

#[tokio::test]
async fn no_route_that_writes_takes_a_field_its_page_did_not_ask_for() {
    let house = House::open().await;
    let people = people(&house).await;
    let before = written(&house).await;
    let mut asked = 0;
    for rule in writing() {
        let (person, path) = (one_who_may(&people, &rule), path(&rule));
        let fields = rule.fields.unwrap_or_else(|| panic!("{} {} declares no fields", rule.method, rule.pattern));
        if fields.is_upload {
            person.post(&path, &[("smuggled", "1")]).await.assert_status(415);
        } else {
            let smuggled = person.post(&path, &[("smuggled", "administrator")]).await;
            smuggled.assert_status(422).assert_shows("\"smuggled\" is no field of this form. Nothing was changed.");
            for once in fields.names.iter().filter(|name| !name.ends_with(['+', '*'])).take(1) {
                let twice = person.post(&path, &[(once, "1"), (once, "2")]).await;
                twice.assert_status(422).assert_shows(&format!("\"{once}\" came twice and counts once."));
            }
            let in_address = person.post(&format!("{path}?smuggled=1"), &[]).await;
            in_address.assert_status(422).assert_shows("\"smuggled\" is no field of this form.");
            let file = person.upload(&path, &[], &[("file", "a.pdf", b"%PDF-1.7")]).await;
            file.assert_status(415);
        }
        asked += 1;
    }
    assert!(asked > 70, "only {asked} routes write");
    assert_eq!(written(&house).await, before, "something was changed");
}

#[tokio::test]
async fn an_upload_has_the_parts_its_page_asks_for() {
    let house = House::open().await;
    let person = house.login("coordinator").await;
    let draft = person.post("/drafts", &[]).await.location().trim_end_matches("/customer").to_owned();
    let path = format!("{draft}/documents?kind=po_document");
    let pdf: (&str, &str, &[u8]) = ("file", "PO.pdf", b"%PDF-1.7");
    let refused = |answer: Answer, name: &str, why: &str| {
        answer.assert_status(422).assert_shows(&format!("\"{name}\" {why}"));
    };

    refused(person.upload(&path, &[("order_number", "1")], &[pdf]).await, "order_number", "is no field of this form.");
    refused(person.upload(&path, &[("csrf", "1")], &[pdf]).await, "csrf", "came twice");
    refused(
        person.upload(&format!("{path}&order=1"), &[], &[pdf]).await,
        "order",
        "is no field of this form. Nothing was changed.",
    );
    let count: i64 = sqlx::query_scalar("select count(*) from documents").fetch_one(&house.db).await.unwrap();
    assert_eq!(count, 0);
    let administrator = house.login("administrator").await;
    let parts: (&str, &str, &[u8]) = ("files", "parts.json", b"{}");
    let smuggled = administrator.upload("/catalogue/import", &[("activate", "1")], &[parts]).await;
    refused(smuggled, "activate", "is no field of this form.");
}
