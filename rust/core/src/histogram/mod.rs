//! QH1 / QH2: measured counts as compact bytes, both ways.
//!
//! An outcome is a row of classical bits read as one integer: bit *k* of the integer is classical
//! bit *k*, and its text key is the integer in binary, most significant bit first, `n_bits` long.
//!
//! | field | bytes | meaning |
//! |---|---|---|
//! | magic | 3 | `QH1` or `QH2` |
//! | `n_bits` | QH1: 1, QH2: varint | width of the register; at most [`MAX_BITS`] |
//! | `unique` | varint | number of distinct outcomes |
//! | `total` | varint | sum of all counts |
//! | `num_gaps` | varint | equals `unique` |
//! | gaps | `num_gaps` varints | outcomes ascending: the first one, then the differences |
//! | `rle_len` | varint | length in bytes of the run block, which is the next two fields |
//! | `num_runs` | varint | number of runs; the block may be empty, or end here when this is 0 |
//! | runs | 1 + `num_runs` varints | flag (0 or 1) of the first run, then run lengths; flags alternate |
//! | `extras_len` | varint | number of outcomes whose flag is 0 |
//! | extras | `extras_len` varints | count − 2 of each of those; flag 1 means "count is 1" |
//!
//! A varint is ULEB128: seven bits a byte, lowest group first, high bit set on all but the last.
//! It may be padded with zero groups, as long as it is no longer than the widest value of its slot
//! (64 bits, or `n_bits` for a gap): a reader has no reason to be stricter, and every writer known
//! writes the shortest form, as [`encode`] does. A run of length zero is accepted likewise.
//!
//! The decoder takes nothing on trust. Every announced number is compared with the bytes that remain
//! before anything is allocated, outcomes are distinct, counts are positive and add up within `i64`,
//! the bytes are used up to the last one, and packed rows stay within [`MAX_PACKED_BYTES`].

mod decode;
mod encode;
mod envelope;
mod error;
mod header;
mod keys;
mod table;
mod varint;
mod wide;

pub use decode::decode;
pub use encode::encode;
pub use envelope::{Envelope, decode_base64, decode_envelope, encode_base64};
pub use error::HistogramError;
pub use header::{Format, Header, MAX_BITS, MAX_KEY_CHARS, MAX_PACKED_BYTES, MAX_QH1_BITS};
pub use table::Histogram;
