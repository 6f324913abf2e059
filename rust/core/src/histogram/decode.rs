//! Bytes to counts.

use super::error::HistogramError;
use super::header::{Format, Header, MAX_BITS};
use super::table::{Histogram, packed_len};
use super::varint::{Reader, groups};
use super::wide::Accumulator;

/// Decode a payload.
///
/// `expect_format` and `expect_bits` are what an envelope says, where there is one. An empty payload
/// is an empty histogram.
pub fn decode(
    bytes: &[u8],
    expect_format: Option<Format>,
    expect_bits: Option<u64>,
) -> Result<Histogram, HistogramError> {
    if bytes.is_empty() {
        return empty(expect_bits.unwrap_or(0));
    }
    let mut reader = Reader::new(bytes);
    let header = Header::read(&mut reader, expect_format, expect_bits)?;
    let at = reader.at();
    let unique = reader.fits(header.unique, "gaps", at)?;
    let mut bits = vec![0; packed_len(unique, header.n_bits)?];
    read_rows(&mut reader, &header, unique, &mut bits)?;
    let counts = read_counts(&mut reader, unique)?;
    check_total(&counts, header.total)?;
    if reader.left() > 0 {
        return Err(HistogramError::TrailingBytes {
            at: reader.at(),
            len: reader.left(),
        });
    }
    Ok(Histogram {
        n_bits: header.n_bits,
        bits,
        counts,
    })
}

fn empty(declared: u64) -> Result<Histogram, HistogramError> {
    match u32::try_from(declared) {
        Ok(n_bits) if n_bits <= MAX_BITS => Ok(Histogram::empty(n_bits)),
        _ => Err(HistogramError::WidthTooLarge { declared }),
    }
}

fn read_rows(
    reader: &mut Reader<'_>,
    header: &Header,
    unique: usize,
    bits: &mut [u8],
) -> Result<(), HistogramError> {
    match header.row_bytes() {
        0 => (0..unique).try_for_each(|i| zero_width_gap(reader, i == 0)),
        1 => narrow_rows::<1>(reader, header.n_bits, bits),
        2 => narrow_rows::<2>(reader, header.n_bits, bits),
        3 => narrow_rows::<3>(reader, header.n_bits, bits),
        4 => narrow_rows::<4>(reader, header.n_bits, bits),
        5 => narrow_rows::<5>(reader, header.n_bits, bits),
        6 => narrow_rows::<6>(reader, header.n_bits, bits),
        7 => narrow_rows::<7>(reader, header.n_bits, bits),
        8 => narrow_rows::<8>(reader, header.n_bits, bits),
        _ => wide_rows(reader, header, bits),
    }
}

/// A register without bits has one outcome, 0.
fn zero_width_gap(reader: &mut Reader<'_>, first: bool) -> Result<(), HistogramError> {
    let at = reader.at();
    match reader.narrow(1)? {
        0 if first => Ok(()),
        0 => Err(HistogramError::DuplicateOutcome { at }),
        _ => Err(HistogramError::IndexTooLarge { at }),
    }
}

/// Rows of up to 64 bits: the sum lives in a register. `W` is the length of a row.
fn narrow_rows<const W: usize>(
    reader: &mut Reader<'_>,
    n_bits: u32,
    bits: &mut [u8],
) -> Result<(), HistogramError> {
    let max_groups = groups(n_bits);
    let largest = u64::MAX >> (64 - n_bits);
    let (rows, _) = bits.as_chunks_mut::<W>();
    let mut index = 0_u64;
    let mut first = true;
    for row in rows {
        let at = reader.at();
        let gap = reader.narrow(max_groups)?;
        if gap == 0 && !first {
            return Err(HistogramError::DuplicateOutcome { at });
        }
        first = false;
        index = index
            .checked_add(gap)
            .ok_or(HistogramError::IndexOverflow { at })?;
        if index > largest {
            return Err(HistogramError::IndexTooLarge { at });
        }
        row.copy_from_slice(&index.to_be_bytes()[8 - W..]);
    }
    Ok(())
}

fn wide_rows(
    reader: &mut Reader<'_>,
    header: &Header,
    bits: &mut [u8],
) -> Result<(), HistogramError> {
    let max_groups = groups(header.n_bits);
    let mut sum = Accumulator::new(header.n_bits);
    for (i, row) in bits.chunks_exact_mut(header.row_bytes()).enumerate() {
        let at = reader.at();
        let digits = reader.digits(max_groups)?;
        sum.add(digits, i == 0, at)?;
        sum.store(row);
    }
    Ok(())
}

fn read_counts(reader: &mut Reader<'_>, unique: usize) -> Result<Vec<i64>, HistogramError> {
    let at = reader.at();
    let len = reader.number_of("bytes of runs")?;
    let mut block = reader
        .block(len)
        .ok_or(HistogramError::RunBlockLength { at })?;
    let runs = Runs::read(&mut block)?;
    let zero_flags = runs.clone().check(unique, &block)?;
    let at = reader.at();
    if reader.number_of("extras")? != zero_flags {
        return Err(HistogramError::ExtrasMismatch { at });
    }
    fill_counts(runs, reader, unique)
}

/// The run block after its first two fields.
#[derive(Clone)]
struct Runs<'a> {
    lengths: Reader<'a>,
    number: usize,
    flag: bool,
}

impl<'a> Runs<'a> {
    /// `block` holds the whole run block and nothing else.
    fn read(block: &mut Reader<'a>) -> Result<Self, HistogramError> {
        let mut number = 0;
        let mut flag = false;
        if block.left() > 0 {
            number = block.number_of("runs")?;
        }
        if number > 0 {
            let at = block.at();
            flag = match block.byte() {
                Some(0) => false,
                Some(1) => true,
                _ => return Err(HistogramError::BadFirstFlag { at }),
            };
        }
        Ok(Runs {
            lengths: block.clone(),
            number,
            flag,
        })
    }

    fn next(&mut self) -> Result<Option<(bool, u64)>, HistogramError> {
        if self.number == 0 {
            return Ok(None);
        }
        self.number -= 1;
        let flag = self.flag;
        self.flag = !flag;
        self.lengths.u64().map(|length| Some((flag, length)))
    }

    /// Runs cover `unique` outcomes and end where the block ends; the number of zero flags.
    fn check(mut self, unique: usize, block: &Reader<'_>) -> Result<usize, HistogramError> {
        let mismatch = HistogramError::RunsMismatch { at: block.at() };
        let mut left = unique;
        let mut zeros = 0;
        while let Some((flag, length)) = self.next()? {
            let length = usize::try_from(length)
                .ok()
                .filter(|&length| length <= left);
            let length = length.ok_or_else(|| mismatch.clone())?;
            left -= length;
            zeros += if flag { 0 } else { length };
        }
        match (left, self.lengths.left()) {
            (0, 0) => Ok(zeros),
            (0, _) => Err(HistogramError::RunBlockLength {
                at: self.lengths.at(),
            }),
            _ => Err(mismatch),
        }
    }
}

fn fill_counts(
    mut runs: Runs<'_>,
    extras: &mut Reader<'_>,
    unique: usize,
) -> Result<Vec<i64>, HistogramError> {
    let mut counts = vec![1_i64; unique];
    let mut start = 0;
    while let Some((flag, length)) = runs.next()? {
        let end = start + length as usize;
        if !flag {
            for count in &mut counts[start..end] {
                let at = extras.at();
                let extra = i64::try_from(extras.u64()?).ok();
                let sum = extra.and_then(|extra| extra.checked_add(2));
                *count = sum.ok_or(HistogramError::CountTooLarge { at: Some(at) })?;
            }
        }
        start = end;
    }
    Ok(counts)
}

fn check_total(counts: &[i64], declared: u64) -> Result<(), HistogramError> {
    let sum = counts
        .iter()
        .try_fold(0_i64, |sum, &count| sum.checked_add(count));
    let found = sum.ok_or(HistogramError::CountTooLarge { at: None })? as u64;
    if found == declared {
        Ok(())
    } else {
        Err(HistogramError::ShotSumMismatch { declared, found })
    }
}
