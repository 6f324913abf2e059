//! Packed rows to text keys.

use std::ops::Range;

use super::error::HistogramError;
use super::header::MAX_KEY_CHARS;
use super::table::Histogram;

/// The eight characters of each byte.
static CHARS: [[u8; 8]; 256] = {
    let mut table = [[b'0'; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte][7 - bit] = b'0' + (byte >> bit & 1) as u8;
            bit += 1;
        }
        byte += 1;
    }
    table
};

impl Histogram {
    /// The key of outcome `i`: `n_bits` characters, most significant bit first.
    pub fn key(&self, i: usize) -> String {
        let mut key = vec![0; self.n_bits as usize];
        write_key(self.row(i), &mut key);
        String::from_utf8(key).unwrap_or_default() // always ASCII
    }

    /// Refuses histograms whose keys together have more than [`MAX_KEY_CHARS`] characters.
    pub fn check_keys(&self) -> Result<(), HistogramError> {
        match self.len().checked_mul(self.n_bits as usize) {
            Some(chars) if chars <= MAX_KEY_CHARS => Ok(()),
            _ => Err(HistogramError::TooManyKeyChars {
                unique: self.len() as u64,
                n_bits: self.n_bits,
            }),
        }
    }

    /// Append the keys of some outcomes, one after another without separators: `n_bits` ASCII bytes each.
    pub fn write_keys(&self, outcomes: Range<usize>, out: &mut Vec<u8>) {
        let width = self.n_bits as usize;
        if width == 0 {
            return;
        }
        let start = out.len();
        out.resize(start + outcomes.len() * width, 0);
        let bytes = self.row_bytes();
        let rows = self.bits[outcomes.start * bytes..outcomes.end * bytes].chunks_exact(bytes);
        for (row, key) in rows.zip(out[start..].chunks_exact_mut(width)) {
            write_key(row, key);
        }
    }
}

/// Fill `key` with the last `key.len()` bits of `row`.
#[inline]
fn write_key(row: &[u8], key: &mut [u8]) {
    let (head, tail) = key.as_rchunks_mut::<8>();
    let split = row.len() - tail.len();
    for (chars, &byte) in tail.iter_mut().zip(&row[split..]) {
        *chars = CHARS[byte as usize];
    }
    if let Some(&byte) = row[..split].last() {
        let chars = &CHARS[byte as usize][8 - head.len()..];
        for (to, from) in head.iter_mut().zip(chars) {
            *to = *from;
        }
    }
}
