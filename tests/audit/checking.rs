//! The check of the trail as it runs by itself: the hourly job, its anchor and its alert.

use super::{run, write};
use jobs::Job;
use models::audit::{anchor, chain};
use models::jobs::Links;
use std::time::Duration;
use tests::House;
use tests::support::until;

async fn verify(house: &House, whole: bool) {
    let mut tx = house.db.begin().await.unwrap();
    Job::VerifyAudit { whole }.enqueue(&mut tx, Links::default()).await.unwrap();
    tx.commit().await.unwrap();
    house.work().await;
}

#[tokio::test]
async fn the_hourly_check_notes_where_the_trail_ends_and_raises_an_alert_when_it_was_tampered_with() {
    let house = House::open().await;
    let (db, file) = (&house.db, house.storage.path().join("audit-anchor.jsonl"));
    write(db, 5).await;
    verify(&house, false).await;
    let state = chain::state(db).await.unwrap();
    let last = state.last.unwrap();
    assert_eq!((last.finding.as_str(), last.entries, last.since), ("", 5, 0), "the first check is of everything");
    let marks = anchor::read(&file).unwrap();
    assert_eq!((marks.len(), marks[0].seq), (1, 5));

    run(
        db,
        "set session_replication_role = replica; update audit_log set reason = 'x' where seq = 3;
        set session_replication_role = origin",
    )
    .await;
    verify(&house, true).await;

    let finding = chain::state(db).await.unwrap().last.unwrap().finding;
    assert_eq!(finding, "Link 3 (entry 3): the entry was edited after it was written.");
    assert_eq!(anchor::read(&file).unwrap().len(), 1, "what was tampered with is not anchored");
    // The web process may be looking in this very moment; who comes second looks again.
    until(Duration::from_secs(15), "administrators are told", async || {
        models::alerts::check(db, &[jobs::Kind::VerifyAudit.watched()]).await.unwrap();
        let open = models::alerts::Alert::open(db).await.unwrap();
        open.iter().any(|alert| alert.cause == "audit_broken" && alert.text.contains(&finding))
    })
    .await;
    let admin = house.login("administrator").await;
    admin.get("/audit").await.assert_ok().assert_shows("The trail was tampered with");
}

/// What the owner of the database alone can do.
async fn tamper(house: &House, deed: &str) {
    let sql = format!("set session_replication_role = replica; {deed}; set session_replication_role = origin");
    run(&house.db, &sql).await;
}

#[tokio::test]
async fn the_hourly_check_goes_on_where_the_last_one_ended_and_the_nightly_one_looks_at_everything() {
    let house = House::open().await;
    let last = async || chain::state(&house.db).await.unwrap().last.unwrap();
    write(&house.db, 6).await;
    verify(&house, false).await;
    write(&house.db, 4).await;
    verify(&house, false).await;
    let check = last().await;
    assert_eq!((check.since, check.entries, check.finding.as_str()), (6, 4, ""));

    tamper(&house, "update audit_log set reason = 'x' where seq = 2").await;
    verify(&house, false).await;
    assert_eq!(last().await.finding, "", "what lies before its mark is left to the night");
    verify(&house, true).await;
    let check = last().await;
    assert_eq!((check.since, &*check.finding), (0, "Link 2 (entry 2): the entry was edited after it was written."));
    verify(&house, false).await;
    let check = last().await;
    assert_eq!((check.since, check.finding.is_empty()), (0, false), "no later hour makes it good");
    tamper(&house, "update audit_log set reason = 'as agreed' where seq = 2").await;
    verify(&house, false).await;
    verify(&house, false).await;
    assert_eq!((last().await.since, last().await.finding.is_empty()), (10, true));
}

#[tokio::test]
async fn going_on_after_a_mark_finds_what_was_done_after_it_and_a_chain_that_is_another_before_it() {
    for (deed, said) in [
        ("update audit_log set reason = 'x' where seq = 9", "Link 9 (entry 9): the entry was edited"),
        ("delete from audit_log where seq = 8", "Link 8 (entry 8): the entry was deleted."),
        ("delete from audit_chain where seq = 8; delete from audit_log where seq = 8", "Link 8: it is missing"),
        (
            "update audit_chain set seq = -1 where seq = 8; update audit_chain set seq = 8 where seq = 9;
          update audit_chain set seq = 9 where seq = -1",
            "Link 8 (entry 9): it does not follow",
        ),
        (
            "insert into audit_log (user_name, role, action, noun, object_id) values ('Bea', 'QC', 'approved', 'boms', '7')",
            "Entry 11: it was inserted behind the chain's back.",
        ),
        ("delete from audit_chain where seq > 8; delete from audit_log where seq > 8", "Link 9: the chain was cut."),
        (
            "delete from audit_chain where seq > 3; delete from audit_log where seq > 3;
          update audit_head set seq = 3, hash = (select hash from audit_chain where seq = 3)",
            "Link 4: it is not the one anchored on",
        ),
        ("update audit_chain set hash = sha256('x') where seq = 4", "Link 4 (entry 4): it is not the one anchored on"),
        (
            "truncate audit_chain; update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex');
          update audit_log set reason = 'never agreed' where seq = 5;
          do $$ declare e record; begin for e in select * from audit_log order by seq loop
            perform chain_audit(e.seq, e.at, e.user_id, e.user_name, e.role, e.peer, e.session, e.request_id, e.action,
                e.noun, e.object_id, e.before, e.after, e.reason, e.success);
          end loop; end $$",
            "Link 6 (entry 6): it is not the one that was found whole on",
        ),
    ] {
        let house = House::open().await;
        write(&house.db, 4).await;
        let mut connection = house.db.acquire().await.unwrap();
        let anchored = chain::verify(&mut connection, &[]).await.unwrap().head;
        write(&house.db, 2).await;
        chain::note(&house.db, &chain::verify(&mut connection, &[]).await.unwrap()).await.unwrap();
        write(&house.db, 4).await;
        tamper(&house, deed).await;
        let since = chain::trusted(&house.db).await.unwrap().unwrap();
        assert_eq!(since.seq, 6);
        let report = chain::verify_since(&mut connection, Some(&since), &[anchored]).await.unwrap();
        let found = report.finding.map(|finding| finding.to_string()).unwrap_or_default();
        assert!(found.starts_with(said), "{deed}: {found:?}, not {said:?}");
    }
}

#[tokio::test]
async fn a_check_of_everything_that_is_too_long_ago_is_no_ground_to_go_on_from() {
    let house = House::open().await;
    write(&house.db, 3).await;
    verify(&house, true).await;
    assert!(chain::trusted(&house.db).await.unwrap().is_some());
    tamper(&house, "update audit_checks set checked_at = checked_at - interval '2 days'").await;
    assert!(chain::trusted(&house.db).await.unwrap().is_none());
}

#[test]
fn an_anchor_lies_at_a_whole_path_outside_the_documents_and_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let storage = folder.path().join("storage");
    std::fs::create_dir(&storage).unwrap();
    let said = |anchor: Option<&std::path::Path>| anchor::place(anchor, &storage).unwrap_err();
    assert!(said(None).starts_with("AUDIT_ANCHOR is not set."));
    assert!(said(Some("anchor.jsonl".as_ref())).contains("a whole path"));
    for inside in ["storage/anchor.jsonl", "storage/new/anchor.jsonl", "other/../storage/anchor.jsonl"] {
        assert!(said(Some(&folder.path().join(inside))).contains("inside STORAGE_DIR"), "{inside}");
    }
    let apart = folder.path().join("elsewhere/anchor.jsonl");
    assert!(anchor::place(Some(&apart), &storage).is_ok() && anchor::writable(&apart).is_ok());
    assert!(anchor::writable(&storage).is_err(), "a folder is no file");
}
