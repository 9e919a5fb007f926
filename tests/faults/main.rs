//! What was accepted happens, once, whatever breaks: real processes on loopback, broken on purpose, and a checker that
//! compares what people were told with what is there afterwards.
//!
//! One size runs with every test run; `bin/faults` runs the long one (`FAULTS=long`) and prints what was seen.

#![allow(clippy::unwrap_used)] // everything here is a test

mod balancer;
mod browser;
mod operations;
mod report;
mod servers;
mod site;
mod unit;

mod clock;
mod database;
mod deploy;
mod door;
mod edge;
mod line;
mod pace;
mod poison;
mod secrets;
mod storm;
mod tls;
mod web;
mod wipes;
mod workers;

use std::time::Duration;
pub use tests::support::until;

/// The short run's value, or the long run's.
pub fn size<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

pub fn is_long() -> bool {
    std::env::var("FAULTS").is_ok_and(|size| size == "long")
}

/// Numbers that look random and are the same for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub fn up_to(&mut self, longest: Duration) -> Duration {
        Duration::from_micros(self.roll(longest.as_micros() as u64 + 1))
    }
}

/// The seed of this run: FAULTS_SEED, or a new one, which is printed.
pub fn seed() -> u64 {
    let given = std::env::var("FAULTS_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u128() as u64 % 1_000_000)
}
