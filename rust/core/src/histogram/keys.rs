//! Packed rows to text keys.

use super::error::HistogramError;
use super::header::MAX_KEY_CHARS;
use super::table::Histogram;
use crate::counts::write_key;

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
}
