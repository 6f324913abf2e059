//! Decoded counts.

use super::error::HistogramError;
use super::header::{MAX_BITS, MAX_PACKED_BYTES};

/// Distinct outcomes, ascending, with their counts.
///
/// Rows are packed big-endian: read as a big-endian integer, a row is the outcome, right-aligned, so
/// the spare high bits of its first byte are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    pub(super) n_bits: u32,
    pub(super) bits: Vec<u8>,
    pub(super) counts: Vec<i64>,
}

impl Histogram {
    /// No outcomes of a register.
    pub fn empty(n_bits: u32) -> Self {
        Histogram {
            n_bits,
            bits: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Width of the register.
    pub fn n_bits(&self) -> u32 {
        self.n_bits
    }

    /// Number of distinct outcomes.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Bytes of one packed row: `ceil(n_bits / 8)`.
    pub fn row_bytes(&self) -> usize {
        self.n_bits.div_ceil(8) as usize
    }

    /// All packed rows, one after another.
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// Counts, each at least 1, in the order of the rows.
    pub fn counts(&self) -> &[i64] {
        &self.counts
    }

    /// One packed row.
    pub fn row(&self, i: usize) -> &[u8] {
        let width = self.row_bytes();
        &self.bits[i * width..(i + 1) * width]
    }

    /// Sum of all counts.
    pub fn total(&self) -> i64 {
        self.counts.iter().sum()
    }

    /// The packed rows and the counts, to be handed on without a copy.
    pub fn into_parts(self) -> (Vec<u8>, Vec<i64>) {
        (self.bits, self.counts)
    }
}

/// Length in bytes of `unique` packed rows, if that much is allowed.
pub(super) fn packed_len(unique: usize, n_bits: u32) -> Result<usize, HistogramError> {
    if n_bits > MAX_BITS {
        return Err(HistogramError::WidthTooLarge {
            declared: n_bits.into(),
        });
    }
    match unique.checked_mul(n_bits.div_ceil(8) as usize) {
        Some(len) if len <= MAX_PACKED_BYTES => Ok(len),
        _ => Err(HistogramError::TooManyPackedBytes {
            unique: unique as u64,
            n_bits,
        }),
    }
}
