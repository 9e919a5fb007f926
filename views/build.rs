//! A new or removed asset is compiled in like a changed one.

fn main() {
    println!("cargo:rerun-if-changed=../assets");
}
