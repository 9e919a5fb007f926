//! A process as its supervisor sees it: started, started again when it dies, told signals, ended for good. Everything
//! goes by the id of the process that we started; when the test program dies, the kernel ends what it started.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The pause of the supervisor before it starts a process again.
const RESTART_AFTER: Duration = Duration::from_millis(100);

/// What is started, and as whom.
#[derive(Clone, Default)]
pub struct Program {
    pub path: PathBuf,
    pub words: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// In front of everything: `prlimit --as=…`, `faketime …`.
    pub wrapper: Vec<String>,
    /// Another user, for servers that refuse to run as root.
    pub user: Option<String>,
}

pub struct Unit {
    pub name: String,
    pub log: PathBuf,
    state: Arc<Mutex<State>>,
}

struct State {
    program: Program,
    pid: Option<u32>,
    /// What the supervisor is to do: keep it up, or leave it down.
    wanted: bool,
    /// Whether one that dies is started again.
    restarts: bool,
    started: u32,
    /// How each start ended, as the shell says it: a code, or 128 and the signal.
    ends: Vec<i32>,
    over: bool,
}

impl Unit {
    /// Starts it; `restarts` says whether it is started again when it ends by itself.
    pub fn start(name: &str, folder: &Path, program: Program, restarts: bool) -> Unit {
        let unit = Unit::waiting(name, folder, program, restarts);
        unit.up();
        unit
    }

    /// Not started yet.
    pub fn waiting(name: &str, folder: &Path, program: Program, restarts: bool) -> Unit {
        let log = folder.join(format!("{name}.log"));
        let state = State { program, pid: None, wanted: false, restarts, started: 0, ends: Vec::new(), over: false };
        let state = Arc::new(Mutex::new(state));
        let (kept, lines) = (state.clone(), log.clone());
        // The kernel ends a process whose parent's thread is gone, so this one thread is the parent all along.
        std::thread::spawn(move || supervise(&kept, &lines));
        Unit { name: name.into(), log, state }
    }

    pub fn pid(&self) -> Option<u32> {
        self.state().pid
    }

    /// How often it was started so far.
    pub fn started(&self) -> u32 {
        self.state().started
    }

    pub fn ends(&self) -> Vec<i32> {
        self.state().ends.clone()
    }

    /// kill -9: gone at once, and back as soon as its supervisor has seen it.
    pub fn kill(&self) {
        self.signal("KILL");
    }

    /// A signal by its short name. Nothing when it is not running.
    pub fn signal(&self, name: &str) {
        if let Some(pid) = self.pid() {
            let _ = Command::new("kill").args([format!("-{name}"), pid.to_string()]).stderr(Stdio::null()).status();
        }
    }

    /// Sends a signal that ends it and leaves it down; how long that took.
    ///
    /// # Panics
    /// When it is still there after `limit`.
    pub fn down(&self, signal: &str, limit: Duration) -> Duration {
        let start = Instant::now();
        self.state().wanted = false;
        self.signal(signal);
        while self.pid().is_some() {
            assert!(
                start.elapsed() < limit,
                "{} is still there {limit:?} after {signal}\n{}",
                self.name,
                self.tail(20)
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        start.elapsed()
    }

    /// Starts one that is down.
    pub fn up(&self) {
        self.state().wanted = true;
    }

    /// Starts one that is down as another program.
    pub fn up_as(&self, program: Program) {
        let mut state = self.state();
        (state.program, state.wanted) = (program, true);
    }

    /// The last lines that it wrote.
    pub fn tail(&self, lines: usize) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        let last = all[all.len().saturating_sub(lines)..].join("\n");
        format!("--- {}\n{last}", self.name)
    }

    /// Time on a processor so far, and memory in use, in bytes.
    pub fn usage(&self) -> Option<(Duration, u64)> {
        let pid = self.pid()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        let pages: u64 = fields.get(21)?.parse().ok()?;
        Some((Duration::from_millis(ticks * 10), pages * 4096))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        let pid = {
            let mut state = self.state();
            (state.wanted, state.over) = (false, true);
            state.pid
        };
        let Some(pid) = pid else { return };
        // PostgreSQL leaves shared memory behind when it is killed; QUIT is as quick.
        let last = if self.name == "postgres" { ["-CONT", "-QUIT"] } else { ["-KILL", "-CONT"] };
        for signal in last {
            let _ = Command::new("kill").args([signal, &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn supervise(state: &Mutex<State>, log: &Path) {
    loop {
        let start = {
            let mut state = locked(state);
            if state.over {
                return;
            }
            // Under the lock, so that nobody asks for the id of a process that is about to be there.
            state.wanted.then(|| {
                let child = command(&state.program, log).spawn();
                let child = child.unwrap_or_else(|error| panic!("{:?} does not start: {error}", state.program.path));
                (state.pid, state.started) = (Some(child.id()), state.started + 1);
                child
            })
        };
        let Some(mut child) = start else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        let status = child.wait().expect("its end is seen");
        let mut state = locked(state);
        state.pid = None;
        state.ends.push(code(status));
        state.wanted &= state.restarts;
        drop(state);
        std::thread::sleep(RESTART_AFTER);
    }
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

fn command(program: &Program, log: &Path) -> Command {
    let mut words = vec!["setpriv".into(), "--pdeathsig".into(), "KILL".into()];
    if let Some(user) = &program.user {
        words.extend(["--reuid".into(), user.clone(), "--regid".into(), group_of(user), "--init-groups".into()]);
    }
    words.extend(program.wrapper.iter().cloned());
    words.push(program.path.display().to_string());
    words.extend(program.words.iter().cloned());
    let lines = || File::options().create(true).append(true).open(log).expect("its log can be written");
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .env_clear()
        .env("NO_COLOR", "1")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(program.environment.iter().map(|(name, value)| (name, value)));
    command.current_dir("/").stdin(Stdio::null()).stdout(lines()).stderr(lines());
    command
}

fn group_of(user: &str) -> String {
    let said = Command::new("id").args(["-g", user]).output().expect("id runs");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}
