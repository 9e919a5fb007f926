//! The tests live in `main.rs`; this file only makes the folder a crate.
