//! Counts to bytes.

use super::error::HistogramError;
use super::header::{Format, Header};
use super::table::{Histogram, packed_len};
use super::varint::{write_limbs, write_u64};
use super::wide::{difference, limb};

/// Characters of a key that an error quotes.
const QUOTED: usize = 64;

/// Encode text keys and counts, in the narrowest format.
///
/// `n_bits` may be left out unless there are no keys.
pub fn encode<'a>(
    keys: impl IntoIterator<Item = (&'a str, u64)>,
    n_bits: Option<u32>,
) -> Result<Vec<u8>, HistogramError> {
    Histogram::from_keys(keys, n_bits)?.encode(None)
}

impl Histogram {
    /// Build from text keys in any order.
    pub fn from_keys<'a>(
        keys: impl IntoIterator<Item = (&'a str, u64)>,
        n_bits: Option<u32>,
    ) -> Result<Self, HistogramError> {
        let (mut bits, mut counts, mut width) = (Vec::new(), Vec::new(), n_bits);
        for (key, count) in keys {
            let expected = *width.get_or_insert(u32::try_from(key.len()).unwrap_or(u32::MAX));
            packed_len(counts.len() + 1, expected)?;
            pack_key(key, expected, &mut bits)?;
            if count == 0 {
                return Err(HistogramError::ZeroCount { key: quoted(key) });
            }
            counts.push(i64::try_from(count).map_err(|_| TOO_LARGE)?);
        }
        Histogram::from_rows(bits, counts, width.ok_or(HistogramError::WidthUnknown)?)
    }

    /// Build from packed rows in any order.
    pub fn from_rows(bits: Vec<u8>, counts: Vec<i64>, n_bits: u32) -> Result<Self, HistogramError> {
        let expected = packed_len(counts.len(), n_bits)?;
        if bits.len() != expected {
            return Err(HistogramError::RowsLength {
                expected,
                found: bits.len(),
            });
        }
        let histogram = Histogram {
            n_bits,
            bits,
            counts,
        }
        .sorted();
        histogram.check()?;
        Ok(histogram)
    }

    /// Encode; `None` takes the narrowest format.
    pub fn encode(&self, format: Option<Format>) -> Result<Vec<u8>, HistogramError> {
        let format = format.unwrap_or(Format::for_bits(self.n_bits));
        let unique = self.len() as u64;
        let total = self.total() as u64;
        let mut out = Vec::with_capacity(32 + self.bits.len() + self.len() * 2);
        Header {
            format,
            n_bits: self.n_bits,
            unique,
            total,
        }
        .write(&mut out)?;
        self.write_gaps(&mut out);
        self.write_runs(&mut out);
        let extras = self.counts.iter().filter(|&&count| count > 1);
        write_u64(&mut out, extras.clone().count() as u64);
        for &count in extras {
            write_u64(&mut out, count as u64 - 2);
        }
        Ok(out)
    }

    fn write_gaps(&self, out: &mut Vec<u8>) {
        let row_bytes = self.row_bytes();
        if row_bytes == 0 {
            out.resize(out.len() + self.len(), 0);
        } else if row_bytes <= 8 {
            let mut previous = 0;
            for row in self.bits.chunks_exact(row_bytes).map(limb) {
                write_u64(out, row - previous);
                previous = row;
            }
        } else {
            let zero = vec![0; row_bytes];
            let (mut previous, mut gap) = (zero.as_slice(), Vec::new());
            for row in self.bits.chunks_exact(row_bytes) {
                difference(&mut gap, row, previous);
                write_limbs(out, &gap);
                previous = row;
            }
        }
    }

    fn write_runs(&self, out: &mut Vec<u8>) {
        let same = |a: &i64, b: &i64| (*a == 1) == (*b == 1);
        let runs = self.counts.chunk_by(same);
        let mut block = Vec::new();
        write_u64(&mut block, runs.clone().count() as u64);
        if let Some(&first) = self.counts.first() {
            block.push(u8::from(first == 1));
        }
        for run in runs {
            write_u64(&mut block, run.len() as u64);
        }
        write_u64(out, block.len() as u64);
        out.append(&mut block);
    }

    fn sorted(self) -> Self {
        let row_bytes = self.row_bytes();
        let ascending = (1..self.len()).all(|i| self.row(i - 1) <= self.row(i));
        if ascending || row_bytes == 0 {
            return self;
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_unstable_by_key(|&i| self.row(i));
        let counts = order.iter().map(|&i| self.counts[i]).collect();
        let mut bits = Vec::with_capacity(self.bits.len());
        order
            .iter()
            .for_each(|&i| bits.extend_from_slice(self.row(i)));
        Histogram {
            n_bits: self.n_bits,
            bits,
            counts,
        }
    }

    /// What every histogram promises, for rows already sorted.
    fn check(&self) -> Result<(), HistogramError> {
        let spare = if self.n_bits.is_multiple_of(8) {
            0
        } else {
            u8::MAX << (self.n_bits % 8)
        };
        let mut total = 0_i64;
        for (i, &count) in self.counts.iter().enumerate() {
            let key = || quoted(&self.key(i));
            let row = self.row(i);
            if row.first().is_some_and(|byte| byte & spare != 0) {
                return Err(HistogramError::IndexTooLarge {
                    at: i * self.row_bytes(),
                });
            }
            if i > 0 && row == self.row(i - 1) {
                return Err(HistogramError::DuplicateKey { key: key() });
            }
            if count < 1 {
                return Err(HistogramError::ZeroCount { key: key() });
            }
            total = total.checked_add(count).ok_or(TOO_LARGE)?;
        }
        Ok(())
    }
}

const TOO_LARGE: HistogramError = HistogramError::CountTooLarge { at: None };

/// Append `key` as a packed row.
fn pack_key(key: &str, expected: u32, bits: &mut Vec<u8>) -> Result<(), HistogramError> {
    if let Some((at, found)) = key
        .chars()
        .enumerate()
        .find(|(_, c)| !matches!(c, '0' | '1'))
    {
        return Err(HistogramError::KeyCharacter {
            key: quoted(key),
            at,
            found,
        });
    }
    if key.len() != expected as usize {
        let found = key.len();
        return Err(HistogramError::KeyWidth {
            key: quoted(key),
            found,
            expected,
        });
    }
    let (head, tail) = key.as_bytes().as_rchunks::<8>();
    let byte = |chars: &[u8]| chars.iter().fold(0, |byte, char| byte << 1 | (char & 1));
    if !head.is_empty() {
        bits.push(byte(head));
    }
    bits.extend(tail.iter().map(|chars| byte(chars)));
    Ok(())
}

/// The start of a key, for an error.
fn quoted(key: &str) -> String {
    let mut quoted: String = key.chars().take(QUOTED).collect();
    if quoted.len() < key.len() {
        quoted.push('…');
    }
    quoted
}
