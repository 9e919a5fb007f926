//! The way to PostgreSQL and Redis over TLS: only a certificate that our authority signed, for this host, and that is
//! valid today, lets any of our processes in. The certificates are made here with the openssl command.

use std::net::SocketAddr;
use std::path::Path;

use models::database_roles::{WEB, WORKER};
use tests::support::proxy::free_address;

use crate::report::Fault;
use crate::servers::{database_url_as, postgres_program, redis_program, shell, tools};
use crate::site::{Plan, START, Site};
use crate::unit::Program;
use crate::until;

/// An authority of ours and a stranger's, and certificates of ours: right, for another host, and of last year.
const MAKE: &str = r#"
set -e
cd "$1"
key() { openssl "$@" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes 2>/dev/null; }
for name in ours theirs; do key req -x509 -keyout "$name.key" -out "$name.pem" -days 30 -subj "/CN=$name"; done
: > index.txt
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\nunique_subject=no\ncertificate=ours.pem
private_key=ours.key\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' > ca.cnf
certify() {
  key req -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
  printf 'basicConstraints=CA:FALSE\nsubjectAltName=%s\n' "$2" > "$1.ext"
  openssl ca -batch -notext -config ca.cnf -in "$1.csr" -out "$1.pem" -extfile "$1.ext" -startdate "$3" -enddate "$4" 2>/dev/null
}
certify right IP:127.0.0.1 20250101000000Z 20450101000000Z
certify elsewhere DNS:elsewhere.example,IP:192.0.2.1 20250101000000Z 20450101000000Z
certify expired IP:127.0.0.1 20240101000000Z 20240201000000Z
chmod 600 ./*.key
"#;

fn make_papers(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let made = std::process::Command::new("bash").args(["-c", MAKE, "bash"]).arg(folder).status();
    assert!(made.is_ok_and(|status| status.success()), "the certificates are made; is openssl there?");
    if let Some(user) = &tools().user {
        shell(&format!("chown -R {user} '{}'", folder.display()));
    }
}

struct Servers {
    postgres: SocketAddr,
    redis: SocketAddr,
}

/// PostgreSQL and Redis of the site with this certificate, and no way in without TLS at Redis.
async fn open_servers(site: &Site, papers: &Path, certificate: &str) -> Servers {
    for unit in [&site.postgres, &site.redis] {
        if unit.pid().is_some() {
            unit.down("QUIT", START);
        }
    }
    let (postgres, redis) = (free_address(), free_address());
    let (paper, key) = (papers.join(format!("{certificate}.pem")), papers.join(format!("{certificate}.key")));
    let mut program = postgres_program(&site.folder.path().join("postgres"), postgres);
    let ssl = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", paper.display()),
        format!("ssl_key_file={}", key.display()),
        format!("unix_socket_directories={}", site.folder.path().display()),
    ];
    program.words.extend(ssl.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    site.postgres.up_as(program);
    let mut program = redis_program(site.folder.path(), redis, &[]);
    let port = program.words.iter().position(|word| word == "--port").unwrap();
    program.words[port + 1] = "0".into();
    let authority = papers.join("ours.pem").display().to_string();
    let tls = [
        ("--tls-port", redis.port().to_string()),
        ("--tls-cert-file", paper.display().to_string()),
        ("--tls-key-file", key.display().to_string()),
        ("--tls-ca-cert-file", authority),
        ("--tls-auth-clients", "no".into()),
    ];
    program.words.extend(tls.into_iter().flat_map(|(name, value)| [name.to_owned(), value]));
    site.redis.up_as(program);
    let open = async |address: SocketAddr| tokio::net::TcpStream::connect(address).await.is_ok();
    until(START, "both servers listen", async || open(postgres).await && open(redis).await).await;
    until(START, "PostgreSQL is up", async || site.postgres.tail(50).contains("ready to accept connections")).await;
    Servers { postgres, redis }
}

/// The program as it reaches these servers, trusting this authority alone.
fn over_tls(mut program: Program, role: &str, servers: &Servers, authority: &Path) -> Program {
    let database = format!("{}?sslmode=verify-full", database_url_as(role, servers.postgres));
    let redis = format!("rediss://{}/0", servers.redis);
    let authority = authority.display().to_string();
    program.environment.retain(|(name, _)| !["DATABASE_URL", "REDIS_URL"].contains(&name.as_str()));
    for (name, value) in [
        ("DATABASE_URL", &database),
        ("REDIS_URL", &redis),
        ("DATABASE_CA_FILE", &authority),
        ("REDIS_CA_FILE", &authority),
    ] {
        program.environment.push((name.into(), value.clone()));
    }
    program
}

/// What `app check` says about the two servers: fine, or wrong.
fn checked(program: &Program) -> Vec<(String, bool)> {
    let said = std::process::Command::new(&program.path)
        .arg("check")
        .env_clear()
        .envs(program.environment.clone())
        .current_dir("/")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let about = |name: &str| {
        let line = said.lines().find(|line| line.contains(&format!(" {name}: "))).unwrap_or_else(|| panic!("{said}"));
        (line.to_owned(), line.starts_with("fine"))
    };
    vec![about("PostgreSQL"), about("Redis")]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_valid_certificate_of_our_authority_for_this_host_lets_our_processes_in() {
    let mut fault = Fault::of("J3", "P14");
    let site = Site::boarded_up(Plan { workers: 1, ..Plan::default() }).await;
    let papers = site.folder.path().join("papers");
    make_papers(&papers);
    let mut tried = Vec::new();
    for (what, certificate, authority, is_right) in [
        ("an expired certificate", "expired", "ours", false),
        ("a certificate of another host", "elsewhere", "ours", false),
        ("a certificate of an unknown authority", "right", "theirs", false),
        ("the right certificate", "right", "ours", true),
    ] {
        let servers = open_servers(&site, &papers, certificate).await;
        let authority = papers.join(format!("{authority}.pem"));
        let web = over_tls(site.web_program(site.webs[0].address), WEB, &servers, &authority);
        let mut found = checked(&web);
        // A busy machine shakes hands more slowly than a command to Redis may take.
        for _ in 0..20 {
            if !is_right || found.iter().all(|(_, fine)| *fine) {
                break;
            }
            found = checked(&web);
        }
        assert!(found.iter().all(|(_, fine)| *fine == is_right), "{what}: {found:?}");
        let worker = &site.workers[0];
        worker.up_as(over_tls(site.worker_program(), WORKER, &servers, &authority));
        let (word, limit) = if is_right { ("ready for work", START) } else { ("waiting for PostgreSQL", START) };
        until(limit, what, async || worker.tail(20).contains(word)).await;
        if is_right {
            site.webs[0].unit.up_as(web);
            site.webs[0].is_ready().await;
        } else {
            let said = worker.tail(20);
            assert!(said.contains("certificate"), "{what}: {said}");
        }
        worker.down("TERM", START);
        tried.push(format!("{what}: {}", if is_right { "in" } else { "out" }));
    }
    fault.saw(tried.join(", "));
}
