//! What the processes' own roles can't do, whoever gets hold of them.

use super::write;
use models::database_roles::powers;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tests::Database;

const FORBIDDEN: [&str; 31] = [
    "update audit_log set reason = ''",
    "delete from audit_log",
    "truncate audit_log",
    "update audit_log_default set reason = ''",
    "delete from audit_log_default",
    "insert into audit_log_default (user_name, role, action, noun, object_id) values ('', '', 'a', 'b', 'c')",
    "insert into audit_log (at, user_name, role, action, noun, object_id) values (now(), '', '', 'a', 'b', 'c')",
    "insert into audit_log (seq, user_name, role, action, noun, object_id) overriding system value values (1, '', '', 'a', 'b', 'c')",
    "drop table audit_log",
    "drop trigger audit_log_is_append_only on audit_log",
    "drop trigger audit_log_is_chained on audit_log",
    "alter table audit_log disable trigger all",
    "alter table audit_log add column extra text",
    "alter table audit_log detach partition audit_log_default",
    "alter table audit_log owner to current_user",
    "create trigger mine before insert on audit_log for each row execute function refuse_change()",
    "create rule mine as on insert to audit_log do instead nothing",
    "insert into audit_chain values (1, now(), 1, 'x', sha256('x'))",
    "update audit_chain set hash = sha256('x')",
    "delete from audit_chain",
    "truncate audit_chain, audit_head",
    "update audit_head set seq = 0",
    "select chain_audit(1, now(), 1, '', '', '', '', '', 'a', 'b', 'c', null, null, '', true)",
    "select grant_roles()",
    "update audit_checks set finding = ''",
    "delete from audit_checks",
    "insert into archive.audit_log select * from audit_log",
    "delete from archive.audit_log",
    "delete from _sqlx_migrations",
    "create table mine (id int)",
    "set session_replication_role = replica",
];

async fn refuse_each(url: &str, statements: &[&str]) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        let done = sqlx::raw_sql(AssertSqlSafe((*statement).to_owned())).execute(&mut connection).await;
        let error = done.err().unwrap_or_else(|| panic!("{url} may do this: {statement}"));
        let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        assert!(matches!(&*code, "42501" | "428C9"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn neither_process_can_change_what_is_only_ever_added_to() {
    let database = Database::open().await;
    write(&database.pool, 2).await;
    refuse_each(&database.web_url(), &FORBIDDEN).await;
    refuse_each(&database.worker_url(), &FORBIDDEN).await;
    assert_eq!(super::verdict(&database.pool).await, None);
}

#[tokio::test]
async fn the_worker_knows_nothing_of_accounts_and_the_web_process_archives_and_erases_nothing() {
    let database = Database::open().await;
    let worker = [
        "select password_hash from users",
        "select * from sessions",
        "select * from second_factors",
        "select * from recovery_codes",
        "select * from half_logins",
        "select * from account_links",
        "select * from kept_forms",
        "select * from login_throttles",
        "select * from pins",
        "select * from badges",
        "select * from stations",
        "select * from saved_views",
        "select * from catalogue_uploads",
        "update users set role = 'administrator'",
        "insert into signatures (user_id) values (1)",
        "update bom_templates set status = 'active'",
        "update settings set value = '{}'",
        "delete from holds",
    ];
    refuse_each(&database.worker_url(), &worker).await;
    let web = [
        "select archive_audit_months(now())",
        "select drop_empty_job_months(now())",
        "select ensure_job_months(3)",
        "delete from users",
        "delete from sessions",
        "delete from orders",
        "delete from boms",
        "delete from documents",
        "delete from jobs",
        "delete from jobs_default",
        "delete from settings",
        "delete from catalogue_items",
        "update job_figures set span = 'hour'",
    ];
    refuse_each(&database.web_url(), &web).await;
}

#[tokio::test]
async fn a_table_that_comes_tomorrow_is_closed_to_the_worker_until_it_is_named() {
    let database = Database::open().await;
    let comes = "create table passwords_of_tomorrow (word text); select grant_roles()";
    sqlx::raw_sql(comes).execute(&database.pool).await.unwrap();
    refuse_each(&database.worker_url(), &["select * from passwords_of_tomorrow"]).await;
    let open: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
           and has_any_column_privilege('torvan_worker', c.oid, 'select, insert, update')
           and c.relname <> all (worker_tables() || worker_sources() || '{users}'::text[])",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    assert_eq!(open, Vec::<String>::new());
}

#[tokio::test]
async fn even_the_owner_is_refused_while_the_guards_are_on() {
    let database = Database::open().await;
    write(&database.pool, 2).await;
    for statement in [
        "update audit_log set reason = ''",
        "delete from audit_log",
        "truncate audit_log",
        "delete from audit_chain",
        "update audit_chain set hash = sha256('x')",
        "truncate audit_chain",
        "delete from audit_head",
        "update audit_checks set finding = '' where false; truncate audit_log_default",
    ] {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&database.pool).await;
        let error = done.err().unwrap_or_else(|| panic!("the owner may do this by mistake: {statement}"));
        assert!(error.to_string().contains("append-only"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn a_login_that_could_change_the_trail_is_told_so() {
    let database = Database::open().await;
    let as_role = |url: String| async move { powers(&PgPool::connect(&url).await.unwrap()).await.unwrap() };
    assert_eq!(as_role(database.web_url()).await, Vec::<String>::new());
    assert_eq!(as_role(database.worker_url()).await, Vec::<String>::new());
    assert!(as_role(database.url.clone()).await[0].ends_with("is a superuser"));
}
