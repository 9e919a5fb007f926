//! Who may do what: the printed table against the real server, for every role and for nobody, and what is not yours is
//! not there.

use crate::access::places::Places;
use app::routes::{self, Access, Rule};
use models::audit::Actor;
use models::permissions::{self, State};
use models::users::{Can, NewUser, Role, User, passwords};
use poem::http::Method;
use tests::{Answer, House, PASSWORD, Person};

/// Leave the session they are tried in, or never end.
const LAST: &[&str] = &["/logout", "/station/lock", "/account/sessions/ended", "/password"];
const STREAMS: &[&str] = &["/events"];

fn word(role: Role) -> String {
    serde_json::to_value(role).unwrap().as_str().unwrap().to_owned()
}

/// The address of something that is there, for patterns that lead to it; "1" for the rest.
fn address(places: &Places, pattern: &str) -> String {
    let known = [
        ("/orders/:number", "/orders/{order}"),
        ("/builds/:number", "/builds/{build}"),
        ("/catalogue/items/:number", "/catalogue/items/{item}"),
        ("/catalogue/categories/:code", "/catalogue/categories/{category}"),
        ("/catalogue/revisions/:number", "/catalogue/revisions/{revision}"),
        ("/rules/:family/:version", "/rules/MDRD/1"),
        ("/drafts/:id", "/drafts/{draft}"),
    ];
    let found = known.iter().find(|(start, _)| pattern.starts_with(start));
    let path = found.map_or(pattern.to_owned(), |(start, place)| pattern.replacen(start, place, 1));
    let path = places.fill(
        &path
            .split('/')
            .map(|part| if part.starts_with([':', '*']) { "2" } else { part })
            .collect::<Vec<_>>()
            .join("/"),
    );
    // Accounts that are there would be changed for those who are tried next.
    path.replace("/people/2", "/people/999999")
}

async fn ask(person: &Person, rule: &Rule, path: &str) -> Answer {
    match rule.method {
        Method::GET => person.get(path).await,
        _ => person.post(path, &[("nonsense", "1")]).await,
    }
}

fn judge(rule: &Rule, role: Role, answer: &Answer) -> Option<String> {
    let status = answer.status.as_u16();
    let about = |why: &str| Some(format!("{role:?} {} {}: {status}, {why}", rule.method, answer.path));
    if status >= 500 {
        return about("our fault");
    }
    match rule.access {
        _ if rule.access.allows(Some(role)) => {
            // What the table grants may still be refused by the state of the object, in the state's own words.
            let by_state = State::ALL.iter().any(|state| answer.text().contains(state.refusal()));
            (matches!(status, 401 | 403) && !by_state).then(|| about("the table allows it")).flatten()
        }
        Access::To(action) => match status {
            404 => None,
            403 if answer.text().contains(action.refusal()) => None,
            403 => about("the refusal does not say who may"),
            _ => about("the table refuses it"),
        },
        _ => about("nobody is refused here"),
    }
}

#[tokio::test]
async fn every_role_reaches_what_the_printed_table_gives_it_and_nothing_else() {
    let house = House::open().await;
    let places = Places::furnish(&house).await;
    let rules: Vec<Rule> = routes::all().rules().cloned().collect();
    let (last, rules): (Vec<Rule>, Vec<Rule>) = rules.into_iter().partition(|rule| LAST.contains(&&*rule.pattern));
    let mut wrong = Vec::new();
    let mut asked = 0;
    // Who may most comes last: what they change is changed for nobody after them.
    for role in [Role::Service, Role::Assembler, Role::Qc, Role::Procurement, Role::Coordinator, Role::Administrator] {
        let person = house.login(&word(role)).await;
        let reads = rules.iter().filter(|rule| rule.method == Method::GET);
        let writes = rules.iter().filter(|rule| rule.method != Method::GET && rule.access != Access::Public);
        for rule in reads.chain(writes).chain(&last) {
            let path = address(&places, &rule.pattern);
            if STREAMS.contains(&&*path) {
                continue;
            }
            wrong.extend(judge(rule, role, &ask(&person, rule, &path).await));
            asked += 1;
        }
    }
    assert!(asked > 6 * 100, "only {asked} were asked");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn nobody_reaches_anything_but_the_door() {
    let house = House::open().await;
    let stranger = house.stranger();
    for rule in routes::all().rules().filter(|rule| rule.access != Access::Public) {
        let path: String = rule
            .pattern
            .split('/')
            .map(|part| if part.starts_with(':') { "1" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let answer = ask(&stranger, rule, &path).await;
        match answer.status.as_u16() {
            401 => {}
            303 => assert!(answer.location().starts_with("/login"), "{path} leads to {}", answer.location()),
            status => panic!("{} {path}: {status}", rule.method),
        }
    }
}

#[test]
fn every_route_declares_an_action_that_the_table_grants_to_somebody() {
    for rule in routes::all().rules() {
        if let Access::To(action) = rule.access {
            assert!(
                permissions::actions().contains(&action),
                "{} {}: {action:?} is granted to nobody",
                rule.method,
                rule.pattern
            );
        }
    }
    let printed = routes::permissions();
    assert_eq!(printed.lines().count(), 1 + routes::all().rules().count());
}

#[test]
fn a_route_that_is_listed_twice_keeps_the_process_from_starting() {
    let twice = app::permissions::routes().and(app::permissions::routes());
    assert!(twice.into_route().is_err());
}

#[tokio::test]
async fn administrators_read_the_table_and_nobody_else_does() {
    let house = House::open().await;
    let page = house.login("administrator").await.get("/system/permissions").await;
    page.assert_ok().assert_shows("Approve BOMs").assert_shows("Procurement approves BOMs.");
    page.assert_shows("while it is the version in force and nobody has signed it")
        .assert_shows("/builds/:number/bom/:version/approval");
    let admin = house.login("administrator").await;
    let narrowed = admin.get("/system/permissions?role=procurement&area=boms").await;
    narrowed
        .assert_shows("Approve BOMs")
        .assert_shows("/approval")
        .assert_hides("Generate BOMs")
        .assert_hides("/drafts/:id");
    let searched = admin.get("/system/permissions?q=holds").await;
    searched.assert_shows("Hold records").assert_shows("/audit/holds").assert_hides("Approve BOMs");
    admin.get("/system/permissions?q=nothing+is+like+this").await.assert_shows("Nothing here is like that.");
    admin.get("/system/permissions?role=king").await.assert_status(422).assert_shows("\"king\" is no role.");
    for role in ["coordinator", "procurement", "qc", "assembler", "service"] {
        house.login(role).await.get("/system/permissions").await.assert_status(403);
    }
}

/// What a page says, without the number of the request.
fn said(answer: &Answer) -> (u16, String) {
    let is_number = |word: &&str| word.len() == 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words: Vec<&str> = answer.body.split([' ', '<', '>', '"', '=']).filter(|word| !is_number(word)).collect();
    let text = answer.text();
    let text = text.split(' ').filter(|word| !is_number(word)).collect::<Vec<_>>().join(" ");
    assert!(!words.is_empty());
    (answer.status.as_u16(), text)
}

#[tokio::test]
async fn what_is_not_yours_is_not_there() {
    let house = House::open().await;
    let places = Places::furnish(&house).await;
    let mut tx = house.db.begin().await.unwrap();
    let new = NewUser { email: "second@torvan.test", name: "Second coordinator", role: Role::Coordinator };
    let hash = passwords::hash(PASSWORD.into()).await.unwrap();
    User::create(&mut tx, &Actor::system(), new, &hash).await.unwrap();
    tx.commit().await.unwrap();
    let second = house.stranger();
    second.log_in("second@torvan.test", PASSWORD).await;
    for page in ["", "/customer", "/family", "/builds/1", "/builds/1/accessories", "/review", "/discard"] {
        let theirs = second.get(&places.fill(&format!("/drafts/{{draft}}{page}"))).await;
        let missing = second.get(&format!("/drafts/999999{page}")).await;
        assert_eq!(said(&theirs), said(&missing), "{page}");
        assert_eq!(theirs.status.as_u16(), 404);
    }
    for page in ["/customer", "/family", "/builds/1", "/submit", "/discard"] {
        let theirs = second.post(&places.fill(&format!("/drafts/{{draft}}{page}")), &[]).await;
        let missing = second.post(&format!("/drafts/999999{page}"), &[]).await;
        assert_eq!(said(&theirs), said(&missing), "{page}");
    }
    let assembler = house.login("assembler").await;
    for page in ["", "/1", "/1.csv", "/1/print", "/job", "/compare?from=1&to=2"] {
        let theirs = assembler.get(&places.fill(&format!("/builds/{{build}}/bom{page}"))).await;
        assert_eq!(said(&theirs), said(&assembler.get(&format!("/builds/99999999/bom{page}")).await), "{page}");
        assert_eq!(theirs.status.as_u16(), 404);
    }
}

#[tokio::test]
async fn a_document_of_somebody_else_is_answered_like_none() {
    let house = House::open().await;
    let coordinator = house.account("coordinator").await;
    let draft: i64 = sqlx::query_scalar("insert into drafts (owner_id, answers) values ($1, '{}') returning id")
        .bind(coordinator.id)
        .fetch_one(&house.db)
        .await
        .unwrap();
    let kept = "insert into documents (id, draft_id, kind, file_name, media_type, size_bytes, sha256, uploaded_by)
        values (gen_random_uuid(), $1, 'po_document', 'PO.pdf', 'application/pdf', 1, '', $2) returning id";
    let document: uuid::Uuid =
        sqlx::query_scalar(kept).bind(draft).bind(coordinator.id).fetch_one(&house.db).await.unwrap();
    for role in ["procurement", "qc", "assembler"] {
        let person = house.login(role).await;
        let theirs = person.get(&format!("/documents/{document}")).await;
        let missing = person.get(&format!("/documents/{}", uuid::Uuid::new_v4())).await;
        assert_eq!((theirs.status.as_u16(), said(&theirs)), (404, said(&missing)), "{role}");
    }
}

#[tokio::test]
async fn a_new_role_holds_from_the_next_click() {
    let house = House::open().await;
    let person = house.login("procurement").await;
    person.get("/jobs").await.assert_ok();
    sqlx::query("update users set role = 'service' where email_key = 'procurement@torvan.test'")
        .execute(&house.db)
        .await
        .unwrap();
    person.get("/jobs").await.assert_status(403);
    person.get("/orders").await.assert_status(403);
    sqlx::query("update users set role = 'administrator' where email_key = 'procurement@torvan.test'")
        .execute(&house.db)
        .await
        .unwrap();
    person.get("/system/permissions").await.assert_ok();
}

#[tokio::test]
async fn buttons_come_from_the_table_that_the_handlers_ask() {
    let house = House::open().await;
    let places = Places::furnish(&house).await;
    let bom = places.fill("/builds/{build}/bom");
    for role in Role::ALL.into_iter().filter(|role| !matches!(role, Role::Assembler | Role::Service)) {
        let person = house.login(&word(role)).await;
        let page = person.get(&bom).await;
        page.assert_ok();
        assert_eq!(page.text().contains("Regenerate BOM…"), role.may(Can::GenerateBoms), "{role:?}");
        assert_eq!(page.text().contains("Review and approve"), role.may(Can::ApproveBoms), "{role:?}");
    }
}

#[tokio::test]
async fn a_field_that_no_page_asked_for_is_refused_by_name() {
    let house = House::open().await;
    let places = Places::furnish(&house).await;
    let coordinator = house.login("coordinator").await;
    for field in ["user_id", "timestamp", "role", "is_active"] {
        let answer = coordinator.post(&places.fill("/builds/{build}/bom"), &[("after", "2"), (field, "1")]).await;
        answer.assert_status(422).assert_shows(&format!("\"{field}\" is no field of this form."));
    }
}
