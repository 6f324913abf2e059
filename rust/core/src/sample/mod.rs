//! Seeded counts from rows of probabilities.
//!
//! **A promise.** The same probabilities, shots and seed give the same counts on every machine and
//! with any number of threads, in every version with the same first number. Frozen
//! vectors in `tests/sample.rs` hold it. What it is made of:
//!
//! | step | rule |
//! |---|---|
//! | seed of a circuit | [`derive_seed`]`(seed, label)`: FNV-1a 64 over the label's bytes, mixed with the seed by the SplitMix64 finalizer; nothing about position, batch or chunk |
//! | stream of a row | ChaCha8, key = seed (8 bytes, little endian) + `vivace.sample.v1` + 8 zero bytes, stream 0, counter 0 |
//! | uniform number | top 53 bits of the next 64-bit word, times 2⁻⁵³, in `[0, 1)` |
//! | method | shots < 4 × outcomes: one number per shot, found in the cumulative sums; else one binomial per outcome |
//! | arithmetic | `+ − × ÷ √`, which IEEE 754 fixes, and the logarithm of the crate `libm`, which is the same software everywhere |
//!
//! Both methods draw from the exact multinomial distribution, up to the rounding of `f64`.
//!
//! `rand_distr` has a binomial sampler too. It was not used because the promise above needs numbers that no
//! release of another crate, and no platform's logarithm, can change.

mod binomial;
mod map;
mod row;
mod stream;

pub use map::OutcomeMap;
pub use row::{MAX_SHOTS, SampleError, sample_counts, sample_rows};
pub use stream::derive_seed;
