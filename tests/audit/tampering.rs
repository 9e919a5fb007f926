//! The owner of the database switches every guard off and changes history; the check names the first bad entry.

use super::{run, verdict, write};
use models::audit::{anchor, chain};
use sqlx::PgPool;
use tests::Database;

/// What only the owner can do: the guards off, the deed, the guards on.
async fn tamper(db: &PgPool, deed: &str) {
    let sql = format!("set session_replication_role = replica; {deed}; set session_replication_role = origin");
    run(db, &sql).await;
}

/// A database with ten entries and what was done to it, judged.
async fn after(deed: &str) -> String {
    let database = Database::open().await;
    write(&database.pool, 10).await;
    assert_eq!(verdict(&database.pool).await, None, "before anything was done");
    tamper(&database.pool, deed).await;
    verdict(&database.pool).await.unwrap_or_else(|| panic!("not found out: {deed}"))
}

#[tokio::test]
async fn a_trail_nobody_touched_is_whole() {
    let database = Database::open().await;
    assert_eq!(verdict(&database.pool).await, None, "an empty one");
    write(&database.pool, 3).await;
    assert_eq!(verdict(&database.pool).await, None);
    let state = chain::state(&database.pool).await.unwrap();
    assert_eq!(state.head_seq, 3);
}

#[tokio::test]
async fn an_edited_entry_is_named_whatever_part_of_it_was_edited() {
    for field in [
        "user_name = 'Somebody else'",
        "user_id = 7",
        "at = at + interval '1 microsecond'",
        "role = ''",
        "peer = '10.0.0.1'",
        "session = 'a'",
        "request_id = 'b'",
        "action = 'deleted'",
        "noun = 'boms'",
        "object_id = '50'",
        "before = null",
        "after = jsonb_set(after, '{status}', '\"draft\"')",
        "reason = ''",
        "success = false",
    ] {
        // A time that was moved takes the entry away from its link.
        let expected = if field.starts_with("at ") { "deleted" } else { "edited" };
        let said = after(&format!("update audit_log set {field} where seq = 5")).await;
        assert!(said.starts_with("Link 5 (entry 5)") && said.contains(expected), "{field}: {said}");
    }
}

#[tokio::test]
async fn a_deleted_entry_is_named_with_and_without_its_link() {
    let said = after("delete from audit_log where seq = 4").await;
    assert_eq!(said, "Link 4 (entry 4): the entry was deleted.");
    let said = after("delete from audit_log where seq = 4; delete from audit_chain where seq = 4").await;
    assert_eq!(said, "Link 4: it is missing, and others follow it.");
    let closed = "delete from audit_log where seq = 4; delete from audit_chain where seq = 4;
        update audit_chain set seq = -seq where seq > 4; update audit_chain set seq = -seq - 1 where seq < 0";
    assert!(after(closed).await.starts_with("Link 4 (entry 5): it does not follow the link before it."));
}

#[tokio::test]
async fn an_inserted_entry_is_named_with_and_without_a_link() {
    let insert = "insert into audit_log (user_name, role, action, noun, object_id)
        values ('Bea', 'QC inspector', 'approved', 'boms', '7')";
    assert_eq!(after(insert).await, "Entry 11: it was inserted behind the chain's back.");
    let with_link = format!(
        "{insert}; insert into audit_chain select 11, at, seq, (select hash from audit_chain where seq = 10), sha256('x')
        from audit_log where seq = 11"
    );
    assert!(after(&with_link).await.starts_with("Link 11 (entry 11): the entry was edited"));
    let twin = "insert into audit_log (at, seq, user_name, role, action, noun, object_id) overriding system value
        select at - interval '1 second', seq, 'Bea', role, action, noun, object_id from audit_log where seq = 3";
    assert_eq!(after(twin).await, "Entry 3: it was inserted behind the chain's back.");
}

#[tokio::test]
async fn entries_that_changed_places_are_named() {
    let links = "update audit_chain set seq = -1 where seq = 6; update audit_chain set seq = 6 where seq = 7;
        update audit_chain set seq = 7 where seq = -1";
    assert!(after(links).await.starts_with("Link 6 (entry 7): it does not follow the link before it."));
    let entries = "update audit_log set object_id = (13 - object_id::int)::text where seq in (6, 7)";
    assert_eq!(after(entries).await, "Link 6 (entry 6): the entry was edited after it was written.");
}

#[tokio::test]
async fn a_cut_tail_is_seen_by_the_head_and_stays_seen_when_work_goes_on() {
    let database = Database::open().await;
    write(&database.pool, 10).await;
    tamper(&database.pool, "delete from audit_chain where seq > 7; delete from audit_log where seq > 7").await;
    let said = verdict(&database.pool).await.unwrap();
    assert_eq!(said, "Link 8: the chain was cut. It ends at link 7 and went on to link 10.");
    write(&database.pool, 3).await;
    let said = verdict(&database.pool).await.unwrap();
    assert!(said.starts_with("Link 10: the chain ends here, and its head says link 10 with another hash."), "{said}");
}

#[tokio::test]
async fn a_tail_cut_with_its_head_or_a_chain_written_anew_is_seen_by_the_anchor_alone() {
    let (database, folder) = (Database::open().await, tempfile::tempdir().unwrap());
    let (db, file) = (&database.pool, folder.path().join("anchor.jsonl"));
    let marked = async |expected: &str| {
        let marks = anchor::read(&file).unwrap();
        let report = chain::verify(&mut db.acquire().await.unwrap(), &marks).await.unwrap();
        let said = report.finding.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(
            if expected.is_empty() { said.is_empty() } else { said.contains(expected) },
            "{said:?}, not {expected:?}"
        );
        report.head
    };
    for _ in 0..2 {
        write(db, 5).await;
        assert!(anchor::append(&file, &marked("").await).unwrap());
    }
    assert!(!anchor::append(&file, &marked("").await).unwrap(), "nothing new, nothing written");
    assert_eq!(anchor::read(&file).unwrap().len(), 2);

    let cut = "delete from audit_chain where seq > 7; delete from audit_log where seq > 7;
        update audit_head set seq = 7, hash = (select hash from audit_chain where seq = 7)";
    tamper(db, cut).await;
    assert_eq!(verdict(db).await, None, "in itself it is whole");
    marked("Link 8: the chain was cut. It ends at link 7; link 10 was anchored on").await;

    let anew = "truncate audit_chain; update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex');
        update audit_log set reason = 'never agreed' where seq = 2;
        do $$ declare e record; begin for e in select * from audit_log order by seq loop
            perform chain_audit(e.seq, e.at, e.user_id, e.user_name, e.role, e.peer, e.session, e.request_id, e.action,
                e.noun, e.object_id, e.before, e.after, e.reason, e.success);
        end loop; end $$";
    tamper(db, anew).await;
    assert_eq!(verdict(db).await, None, "in itself it is whole");
    marked("Link 5 (entry 5): it is not the one anchored on").await;
}

#[tokio::test]
async fn fifty_writers_at_once_make_one_chain_without_a_gap_in_the_order_of_their_commits() {
    let database = Database::open().await;
    let admin = sqlx::postgres::PgPoolOptions::new().max_connections(50).connect(&database.web_url()).await.unwrap();
    let writers = (0..50).map(|writer| {
        let db = admin.clone();
        tokio::spawn(async move {
            for turn in 0..10 {
                let mut tx = db.begin().await.unwrap();
                let id = format!("{writer}-{turn}");
                let entry =
                    models::audit::Entry { action: "did", noun: "orders", object_id: &id, ..Default::default() };
                models::audit::record(&mut tx, &models::audit::Actor::system(), entry).await.unwrap();
                // Every third thinks better of it: what is undone leaves no gap.
                if turn % 3 == 2 { tx.rollback().await.unwrap() } else { tx.commit().await.unwrap() }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let db = &database.pool;
    assert_eq!(verdict(db).await, None);
    let chained: (i64, i64, i64) =
        sqlx::query_as("select count(*), min(seq), max(seq) from audit_chain").fetch_one(db).await.unwrap();
    assert_eq!(chained, (350, 1, 350));
    let entries: i64 = sqlx::query_scalar("select count(*) from audit_log").fetch_one(db).await.unwrap();
    assert_eq!(entries, 350, "each change has its entry and nothing else");
}
