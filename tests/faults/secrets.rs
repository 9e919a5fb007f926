//! Planted secrets, and everything a process says about itself while it works, fails and dies.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::browser::Visitor;
use crate::operations::{Operations, prepare_drafts};
use crate::report::Fault;
use crate::servers::database_url;
use crate::site::{Plan, START, Site};
use crate::unit::Program;

const DATABASE: &str = "canary-of-postgresql";
const REDIS: &str = "canary-of-redis";
const KEY: &str = "c0ffee00112233445566778899aabbccddeeff00112233445566778899aabbcc";
const TYPED: &str = "canary that somebody typed";

/// The same program with its secrets in files that only we may open.
fn from_files(site: &Site, mut program: Program, name: &str) -> Program {
    let line = if name == "web" { site.web_line.address } else { site.worker_line.address };
    let database = database_url(line).replace("torvan@", &format!("torvan:{DATABASE}@"));
    let redis = format!("redis://default:{REDIS}@{}/0", site.redis_line.address);
    program.environment.retain(|(name, _)| !["DATABASE_URL", "REDIS_URL", "SESSION_KEY"].contains(&name.as_str()));
    for (setting, word) in [("DATABASE_URL", database.as_str()), ("REDIS_URL", &redis), ("SESSION_KEY", KEY)] {
        let path = site.folder.path().join(format!("{name}-{setting}"));
        std::fs::write(&path, word).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        program.environment.push((format!("{setting}_FILE"), path.display().to_string()));
    }
    program.environment.retain(|(name, _)| name != "LOG");
    program.environment.push(("LOG".into(), "debug,hyper=info".into()));
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planted_secrets_appear_in_no_log_no_redis_no_error_page_and_no_process_list() {
    let mut fault = Fault::of("P14", "P14");
    let site = Site::boarded_up(Plan { workers: 1, ..Plan::default() }).await;
    site.open_servers().await;
    site.webs[0].unit.up_as(from_files(&site, site.web_program(site.webs[0].address), "web"));
    site.workers[0].up_as(from_files(&site, site.worker_program(), "worker"));
    site.webs[0].is_ready().await;
    site.workers_are_there(1).await;

    let (operations, coordinator) = (Operations::default(), site.coordinator().await);
    let mut said = Vec::new();
    let stranger = Visitor::stranger(site.webs[0].address);
    let wrong = [("email", "coordinator@torvan.test"), ("password", TYPED), ("next", "/")];
    said.push(stranger.post("/login", &wrong).await.expect("an answer").body);
    said.push(coordinator.post("/login", &wrong).await.expect("an answer").body);
    said.push(coordinator.post("/preferences", &[("theme", TYPED)]).await.expect("an answer").head);
    said.push(
        coordinator.get(&format!("/no/such/page?password={}", TYPED.replace(' ', "+"))).await.expect("an answer").head,
    );
    let draft = prepare_drafts(&site, 1).await[0];
    operations.submit(&coordinator, draft, START).await;
    site.all_done(START).await;
    // The servers vanish under both processes, which say so, and come back; then both die.
    site.postgres.down("QUIT", START);
    site.redis.down("TERM", START);
    tokio::time::sleep(Duration::from_secs(2)).await;
    said.push(coordinator.get("/orders").await.expect("an answer").body);
    said.push(stranger.get("/api/health").await.expect("an answer").body);
    site.open_servers().await;
    let mut seen = String::new();
    for unit in site.webs.iter().map(|web| &web.unit).chain(&site.workers) {
        let pid = unit.pid().expect("it runs");
        for file in ["cmdline", "environ"] {
            seen += &String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/{file}")).unwrap());
        }
    }
    let dump = "local all = '' for _, key in ipairs(redis.call('KEYS', '*')) do all = all .. key .. redis.call('DUMP', key) end return all";
    seen += &format!("{:?}", site.redis(&["EVAL", dump, "0"]).await);
    site.webs[0].unit.signal("ABRT");
    site.workers[0].signal("ABRT");
    tokio::time::sleep(Duration::from_millis(500)).await;
    for unit in site.webs.iter().map(|web| &web.unit).chain(&site.workers) {
        seen += &std::fs::read_to_string(&unit.log).unwrap();
    }
    assert!(seen.len() > 10_000, "the logs were loud: {} bytes", seen.len());
    seen += &said.join("\n");
    for canary in [DATABASE, REDIS, KEY, TYPED, crate::browser::PASSWORD] {
        for spelled in [canary.to_owned(), canary.replace(' ', "+"), canary.replace(' ', "%20")] {
            let at = seen.find(&spelled).map(|at| seen[at.saturating_sub(200)..].chars().take(400).collect::<String>());
            assert_eq!(at, None, "{canary} was told");
        }
    }
    let longest = site.webs[0].unit.tail(100_000).lines().map(str::len).max().unwrap_or_default();
    assert!(longest <= 8 * 1024, "a line of {longest} bytes");
    fault.saw(format!(
        "{} bytes of logs, Redis, pages and process list hold none of 5 secrets; longest line {longest} bytes",
        seen.len()
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_does_not_start_with_what_suits_development_and_says_all_of_it_at_once() {
    let mut fault = Fault::of("S12", "P14");
    let site = Site::boarded_up(Plan { workers: 0, ..Plan::default() }).await;
    site.open_servers().await;
    site.run("update users set email = 'coordinator@demo.torvan.example'").await;
    let _ = site.redis(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    let mut program = site.web_program(site.webs[0].address);
    program.environment.retain(|(name, _)| !["STORAGE_DIR", "LOG", "DATABASE_URL"].contains(&name.as_str()));
    // As the owner of the tables, who could rewrite the audit trail.
    program.environment.push(("DATABASE_URL".into(), database_url(site.web_line.address)));
    let storage = site.folder.path().join("public/documents").display().to_string();
    for (name, value) in
        [("ENVIRONMENT", "production"), ("LOG", "trace"), ("STORAGE_DIR", &storage), ("DATABASE_POOL", "95")]
    {
        program.environment.push((name.into(), value.into()));
    }
    let said = std::process::Command::new(&program.path)
        .args(&program.words)
        .env_clear()
        .envs(program.environment)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&said.stderr);
    assert!(!said.status.success());
    for finding in [
        "LOG is \"trace\"",
        "inside a folder that web servers hand out",
        "fsync is off",
        "DATABASE_POOL is 95",
        "accounts of the demo data",
        "Serve as",
        "maxmemory-policy is allkeys-lru",
    ] {
        assert!(words.contains(finding), "nothing about {finding:?}:\n{words}");
    }
    fault.saw(format!("refused with {} findings", words.lines().filter(|line| line.contains(": ")).count()));
}
