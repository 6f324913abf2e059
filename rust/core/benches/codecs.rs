//! Codec benches.
fn main() {}
