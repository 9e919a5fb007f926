//! The page: its address is its state, and nothing typed into it breaks it.

use super::ledger::{Entry, id_at};
use chrono::{TimeDelta, Utc};
use models::jobs::State;
use tests::{Answer, House};

/// The jobs of a list, from the top.
fn listed(answer: &Answer) -> Vec<String> {
    let rows = answer.body.split("<tr id=\"job-").skip(1);
    rows.map(|row| row.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// Where "Next" or "Previous" leads.
fn turn(answer: &Answer, rel: &str) -> Option<String> {
    let end = answer.body.find(&format!("\" rel=\"{rel}\""))?;
    let start = answer.body[..end].rfind("href=\"")? + 6;
    Some(answer.body[start..end].replace("&amp;", "&"))
}

#[tokio::test]
async fn the_list_shows_every_job_newest_first_with_its_state_and_why_it_failed() {
    let house = House::open().await;
    let boss = house.login("administrator").await;
    boss.get("/jobs/list").await.assert_ok().assert_shows("No job was asked for yet.");
    let old = Entry::dead(90, "timeout", "The job took longer than 60 s.").write(&house.db).await;
    let new = Entry::new(State::Running, 2).write(&house.db).await;

    let page = boss.get("/jobs/list").await;

    page.assert_ok()
        .assert_shows("2 jobs")
        .assert_shows("Generate BOM")
        .assert_shows("Given up")
        .assert_shows("Running");
    page.assert_shows("The job took longer than 60 s.").assert_shows("1 of 5").assert_shows("Showing 1 to 2 of 2");
    assert_eq!(listed(&page), [new.to_string(), old.to_string()]);
    let dead = boss.get("/jobs/list?state=dead").await;
    assert_eq!(listed(dead.assert_ok().assert_shows("1 job")), [old.to_string()]);
}

#[tokio::test]
async fn a_job_is_found_by_the_number_of_its_order_and_build() {
    let house = House::open().await;
    let order = crate::orders::book::entered(&house, "PO 900", &["77001", "77002"]).await;
    Entry::new(State::Done, 3).write(&house.db).await;
    let qc = house.login("procurement").await;

    let by_order = qc.get(&format!("/jobs/list?order={}", order.number.to_lowercase())).await;
    assert_eq!(listed(by_order.assert_ok().assert_shows("2 jobs")).len(), 2);
    by_order.assert_shows(&order.number).assert_shows("77001").assert_shows("77002");
    let by_build = qc.get("/jobs/list?build=77002").await;
    assert_eq!(listed(by_build.assert_ok().assert_shows("1 job").assert_shows("Build: 77002")).len(), 1);
    let by_person = qc.get("/jobs/list?person=coordinator@torvan.test&state=queued").await;
    assert_eq!(listed(by_person.assert_ok()).len(), 2);
}

#[tokio::test]
async fn pages_neither_lose_nor_repeat_a_job_while_others_come_in() {
    let house = House::open().await;
    let mut expected = Vec::new();
    for minutes in 0..120 {
        expected.push(Entry::new(State::Done, 10 + minutes).write(&house.db).await.to_string());
    }
    let boss = house.login("administrator").await;
    let first = boss.get("/jobs/list?kind=generate_bom").await;
    let mut seen = listed(first.assert_ok().assert_shows("Showing 1 to 50 of 120"));
    assert_eq!(turn(&first, "prev"), None);
    for minutes in 0..7 {
        Entry::new(State::Done, minutes).write(&house.db).await;
    }
    let second = boss.get(&turn(&first, "next").unwrap()).await;
    seen.extend(listed(second.assert_ok().assert_shows("Showing 51 to 100 of 127")));
    let third = boss.get(&turn(&second, "next").unwrap()).await;
    seen.extend(listed(&third));
    assert_eq!(seen, expected);
    assert_eq!(turn(&third, "next"), None);

    let back = boss.get(&turn(&third, "prev").unwrap()).await;
    assert_eq!(listed(&back), listed(&second), "the way back leads over the same page");
    let top = boss.get(&turn(&back, "prev").unwrap()).await;
    assert_eq!(listed(&top), listed(&first));
    assert!(turn(&top, "prev").is_some(), "the new ones are above");
    let more = boss.get("/jobs/list?rows=100").await;
    assert_eq!(listed(more.assert_ok()).len(), 100);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_named_and_the_rest_still_works() {
    let house = House::open().await;
    let dead = Entry::dead(5, "rules", "Rule 7 divides by zero.").write(&house.db).await;
    Entry::new(State::Done, 3).write(&house.db).await;
    let boss = house.login("administrator").await;
    for (query, sentence) in [
        ("state=dead,wobbly", "State: \"wobbly\" is no state."),
        ("state=dead&kind=print_label", "Kind: no job of the kind \"print_label\" was ever asked for."),
        ("state=dead&kind=%3Cscript%3E", "Kind: there is no \"<script>\"."),
        ("state=dead&queue=fast", "Queue: there is no queue \"fast\"."),
        ("state=dead&order=TOR-0000-0000", "Order: there is no order \"TOR-0000-0000\"."),
        ("state=dead&build=0", "Build: there is no build \"0\"."),
        ("state=dead&person=zaphod", "Asked by: nobody here is called \"zaphod\"."),
        ("state=dead&group=x", "Cause: \"x\" is none."),
        ("state=dead&text=ab", "Text: \"ab\" is too short to search for. Type 3 characters or more."),
        ("state=dead&from=tomorrow", "From: \"tomorrow\" is no time at the site."),
        ("state=dead&to=2026-02-30", "To: \"2026-02-30\" is no time at the site."),
        ("state=dead&batch=7", "Batch: \"7\" is no number of one."),
        ("state=dead&before=7", "Before: \"7\" is no number of one."),
        ("state=dead&rows=7", "Rows: \"7\" is not 25, 50 or 100."),
    ] {
        let page = boss.get(&format!("/jobs/list?{query}")).await;
        page.assert_ok().assert_shows(sentence);
        assert_eq!(listed(&page), [dead.to_string()], "{query}");
        assert!(!page.body.contains("<script>"));
        boss.get(&format!("/jobs/list.csv?{query}")).await.assert_status(422).assert_shows(sentence);
    }
}

#[tokio::test]
async fn hostile_searches_find_nothing_and_break_nothing() {
    let house = House::open().await;
    for (minutes, note) in [(1, "100%_a"), (2, "100xya"), (3, "O'Neil -- 1=1"), (4, "=cmd|' /C calc'!A0")].into_iter() {
        let arguments = serde_json::json!({ "kind": "generate_bom", "note": note }).to_string();
        Entry { arguments, ..Entry::new(State::Done, minutes) }.write(&house.db).await;
    }
    let boss = house.login("administrator").await;
    for (typed, found) in [
        ("100%25_", 1),
        ("%25%25%25", 0),
        ("___", 0),
        ("O%27Neil", 1),
        ("%27%3B+drop+table+jobs%3B--", 0),
        ("%5C%5C%5C", 0),
    ] {
        let page = boss.get(&format!("/jobs/list?text={typed}")).await;
        assert_eq!(listed(page.assert_ok()).len(), found, "{typed}");
    }
    boss.get(&format!("/jobs/list?text={}", "x".repeat(7_000))).await.assert_ok().assert_shows("No job has \"xxx");
    let long = boss.get(&format!("/jobs/list?text={}", "x".repeat(10_000))).await;
    assert!(long.status.is_client_error(), "an address of 10,000 characters is refused as a whole");
    boss.get("/jobs/list?text=a%00b").await.assert_status(422);
    boss.get("/jobs/list?from_row=-5&live=maybe&unknown=1").await.assert_ok();
    boss.get("/jobs/list/changes?as_of=never&shown=x").await.assert_status(422);
    assert_eq!(crate::orders::book::count(&house.db, "jobs").await, 4);
}

#[tokio::test]
async fn who_may_only_look_sees_no_buttons_and_strangers_log_in_first() {
    let house = House::open().await;
    Entry::dead(5, "rules", "Rule 7 divides by zero.").write(&house.db).await;
    let boss = house.login("administrator").await;
    let page = boss.get("/jobs/list").await;
    page.assert_ok();
    for part in ["name=\"ids\"", "action=\"/jobs/selections\"", "name=\"as_of\"", "name=\"all\"", "value=\"run_now\""] {
        assert!(page.body.contains(part), "{part}");
    }
    for role in ["coordinator", "procurement"] {
        let person = house.login(role).await;
        let page = person.get("/jobs/list").await;
        assert!(!page.assert_ok().body.contains("/jobs/selections"), "{role}");
        let failures = person.get("/jobs/failures").await;
        assert!(!failures.assert_ok().body.contains("/jobs/selections"), "{role}");
    }
    for role in ["qc", "assembler", "service"] {
        let person = house.login(role).await;
        for path in
            ["/jobs/list", "/jobs/failures", "/jobs/views", "/jobs/list.csv", "/jobs/list.json", "/jobs/list/changes"]
        {
            person.get(path).await.assert_status(403).assert_shows("Jobs are seen by");
        }
    }
    let stranger = house.stranger().get("/jobs/list?state=dead").await;
    stranger.assert_status(303);
    assert!(stranger.location().starts_with("/login?next="), "{}", stranger.location());
}

#[tokio::test]
async fn what_changed_is_said_above_the_list_and_rows_stay_put() {
    let house = House::open().await;
    let shown = Entry::dead(5, "rules", "Rule 7 divides by zero.").write(&house.db).await;
    let boss = house.login("administrator").await;
    let page = boss.get("/jobs/list?state=dead").await;
    assert!(page.body.contains("hx-trigger=\"jobs:all from:#live throttle:2s"));
    let from = page.body.find("/jobs/list/changes").expect("the list asks for changes");
    let ask = page.body[from..].split('"').next().unwrap().replace("&amp;", "&");

    boss.get_fragment(&ask).await.assert_ok().assert_hides("changed").assert_hides("new");
    sqlx::query("update jobs set state = 'discarded', updated_at = now() where id = $1")
        .bind(shown)
        .execute(&house.db)
        .await
        .unwrap();
    let newer = Entry { id: id_at(Utc::now() + TimeDelta::seconds(1)), ..Entry::dead(0, "rules", "Rule 8.") };
    newer.write(&house.db).await;
    let said = boss.get_fragment(&ask).await;
    said.assert_ok().assert_shows("1 of these changed, 1 new. Show them");

    let paused = boss.get("/jobs/list?state=dead&live=off").await;
    paused.assert_ok().assert_shows("Updates are paused. Go on");
    assert!(!paused.body.contains("/jobs/list/changes"));
}

#[tokio::test]
async fn without_script_jobs_are_filtered_ticked_and_sent() {
    let house = House::open().await;
    Entry::dead(5, "rules", "Rule 7 divides by zero.").write(&house.db).await;
    let browser = house.browser_as_with("administrator", tests::Scripts::Off).await;
    browser.visit("/jobs/list").await;
    browser.click_css("a[href='/jobs/list?state=dead']").await;
    browser.wait_for_text("Rule 7 divides by zero.").await;
    browser.click_css("input[name=ids]").await;
    browser.wait_until("the bar is there", async || browser.text().await.contains("Retry…")).await;
    assert_eq!(browser.path().await, "/jobs/list?state=dead");
}
