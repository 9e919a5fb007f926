//! The migrations are compiled into the program, so a new one has to compile it again.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
