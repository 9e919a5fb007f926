//! What the product reaches on this machine, with its real processes (release builds beside this program) on a database
//! of their own. Run it as `bin/streams`, `bin/hundred-boms` or `bin/queue-figures`.

use std::process::ExitCode;

mod boms;
mod crowd;
mod floor;
mod queue;
mod redis_floor;
mod streams;
mod table;
mod visits;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |otherwise: usize| words.get(1).and_then(|word| word.parse().ok()).unwrap_or(otherwise);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("threads");
    match words.first().map(String::as_str) {
        Some("streams") => runtime.block_on(streams::measure(number(1000))),
        Some("boms") => runtime.block_on(boms::measure(number(10))),
        Some("queue") => runtime.block_on(queue::measure()),
        // The worker whose jobs do nothing but say that they started; `queue` starts it.
        Some("idle-hands") => runtime.block_on(queue::hands::work()),
        _ => {
            eprintln!("figures streams [STREAMS] | boms [ROUNDS] | queue");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The value below which this share (in percent) of them lies; sorts them.
fn at(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * share / 100.0).ceil() as usize;
    values.get(place.max(1) - 1).copied().unwrap_or(f64::NAN)
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}
