//! What a password costs: one hash at today's parameters and at the other sets that are approved for argon2id, and how
//! fast a new password is judged.
//!
//! `cargo bench -p models --bench passwords`

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version, password_hash::SaltString};
use divan::{Bencher, black_box};
use models::users::passwords;

fn main() {
    divan::main();
}

/// KiB, passes, lanes: the sets of the OWASP password storage cheat sheet, today's first.
#[divan::bench(args = [(47_104, 1, 1), (19_456, 2, 1), (12_288, 3, 1)], sample_count = 20, sample_size = 1)]
fn hash(bencher: Bencher<'_, '_>, (memory, passes, lanes): (u32, u32, u32)) {
    let params = Params::new(memory, passes, lanes, None).expect("the parameters are allowed");
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = SaltString::from_b64("c29tZXNhbHRzb21lc2FsdA").expect("a salt");
    bencher.bench(|| argon.hash_password(black_box(b"nine lathes sing low"), &salt).expect("a hash").to_string());
}

/// Everything that is looked at when somebody chooses a password, but the hash.
#[divan::bench(args = ["nine lathes sing low", "Password1234", "qwertyuiopasdfghjkl"])]
fn rules(password: &str) -> bool {
    passwords::check_rules(black_box(password), "ana@torvan.example", "Ana Silva").is_ok()
}
