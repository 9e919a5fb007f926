//! The table of groups and roles, as administrators keep it.

use super::{come, entries, house};

#[tokio::test]
async fn an_administrator_gives_a_group_a_role_changes_it_and_takes_it_away_each_with_a_reason() {
    let (house, provider) = house().await;
    let administrator = house.login("administrator").await;
    administrator.get("/people/groups").await.assert_ok().assert_shows("6 groups give a role");
    let add = |reason: &'static str| [("name", "Sinks, line 2"), ("role", "assembler"), ("reason", reason)];
    let refused = administrator.post("/people/groups", &add("")).await;
    refused.assert_status(422).assert_shows("Say why");
    assert!(refused.body.contains("Sinks, line 2"), "what was typed stays");
    administrator.post("/people/groups", &add("a second line")).await.assert_status(303);
    administrator.post("/people/groups", &add("again")).await.assert_status(422).assert_shows("in the table already");

    provider.person("s-1", "ana@company.example", &["Sinks, line 2"]);
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    person.get("/account").await.assert_shows("Assembler");

    let found = administrator.get("/people/groups?search=line+2").await;
    found.assert_ok().assert_shows("1 group gives a role").assert_shows("Sinks, line 2").assert_hides("torvan-qc");
    administrator.get("/people/groups?search=%25").await.assert_shows("No group fits");
    let id: i64 = sqlx::query_scalar("select id from group_roles where name = 'Sinks, line 2'")
        .fetch_one(&house.db)
        .await
        .unwrap();
    let place = format!("/people/groups/{id}");
    let change = [("revision", "1"), ("role", "qc"), ("reason", "they inspect now")];
    administrator.post(&place, &change).await.assert_status(303);
    administrator.post(&place, &change).await.assert_status(409).assert_shows("Somebody changed");
    let person = house.stranger();
    come(&person, &provider).await.assert_status(303);
    person.get("/account").await.assert_shows("QC inspector");

    let removal = format!("{place}/removal");
    administrator.post(&removal, &[("revision", "2"), ("reason", "")]).await.assert_status(422);
    administrator.post(&removal, &[("revision", "2"), ("reason", "line closed")]).await.assert_status(303);
    administrator.get(&place).await.assert_status(404);
    come(&house.stranger(), &provider).await.assert_status(422);
    person.get("/account").await.assert_status(303);
    for action in ["gave a group a role", "gave a group another role", "took a group's role"] {
        assert!(entries(&house, action, true).await >= 1, "{action}");
    }
}

#[tokio::test]
async fn nobody_but_an_administrator_says_which_group_gives_which_role() {
    let (house, _provider) = house().await;
    let coordinator = house.login("coordinator").await;
    coordinator.get("/people/groups").await.assert_status(403);
    coordinator.get("/system/company-account").await.assert_status(403);
    let fields = [("name", "everybody"), ("role", "administrator"), ("reason", "why not")];
    coordinator.post("/people/groups", &fields).await.assert_status(403);
    let rows: i64 = sqlx::query_scalar("select count(*) from group_roles").fetch_one(&house.db).await.unwrap();
    assert_eq!(rows, 6);
}
