//! Counts in flat arrays: packed outcomes, how often each was seen, and where each circuit's outcomes begin.
//!
//! An outcome is a row of `ceil(width / 8)` bytes: the count key read as a binary number, big-endian. The
//! outcomes of a circuit ascend, and none is there twice, so equal counts are equal arrays.

mod keys;
mod rows;
mod table;

pub use keys::write_key;
pub use rows::{CountRows, row_bytes};
pub use table::{Block, CountsTable, TableError, starts};
