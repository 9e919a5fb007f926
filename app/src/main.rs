//! `app`: the web process and the commands of whoever runs it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    // Two crates bring TLS; both take what is installed first. Installed already is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match app::commands::run(&words).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A command that has said everything on standard output ends with an empty error.
            match format!("{error:#}").as_str() {
                "" => {}
                said => eprintln!("{said}"),
            }
            ExitCode::FAILURE
        }
    }
}
