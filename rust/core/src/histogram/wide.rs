//! Arithmetic on outcomes of more than 64 bits: little-endian limbs and big-endian packed rows.

use super::error::HistogramError;

/// A running sum of gaps. The buffer is `ceil(n_bits / 64)` limbs.
pub(super) struct Accumulator {
    sum: Vec<u64>,
    /// Bits of the top limb that no outcome may set.
    spare: u64,
    gap: Vec<u64>,
}

impl Accumulator {
    /// Zero, for a register of `n_bits` > 0 bits.
    pub fn new(n_bits: u32) -> Self {
        let limbs = n_bits.div_ceil(64) as usize;
        let spare = if n_bits.is_multiple_of(64) {
            0
        } else {
            u64::MAX << (n_bits % 64)
        };
        Accumulator {
            sum: vec![0; limbs],
            spare,
            gap: vec![0; limbs + 1],
        }
    }

    /// Add a varint's digits. `first` allows zero; `at` is where the varint stands.
    pub fn add(&mut self, digits: &[u8], first: bool, at: usize) -> Result<(), HistogramError> {
        let used = self.read_gap(digits, at)?;
        if !first && self.gap[..used].iter().all(|&limb| limb == 0) {
            return Err(HistogramError::DuplicateOutcome { at });
        }
        let mut carry = false;
        for (sum, gap) in self.sum.iter_mut().zip(&self.gap[..used]) {
            let (half, over) = sum.overflowing_add(*gap);
            let (full, again) = half.overflowing_add(carry.into());
            (*sum, carry) = (full, over | again);
        }
        for sum in &mut self.sum[used..] {
            if !carry {
                break;
            }
            (*sum, carry) = sum.overflowing_add(1);
        }
        match self.sum.last() {
            _ if carry => Err(HistogramError::IndexOverflow { at }),
            Some(top) if top & self.spare != 0 => Err(HistogramError::IndexTooLarge { at }),
            _ => Ok(()),
        }
    }

    /// Spread seven-bit digits over `self.gap`; the number of limbs they take.
    fn read_gap(&mut self, digits: &[u8], at: usize) -> Result<usize, HistogramError> {
        let used = (7 * digits.len()).div_ceil(64);
        self.gap[..used].fill(0);
        for (group, digit) in digits.iter().enumerate() {
            let (limb, shift) = (7 * group / 64, 7 * group % 64);
            let value = u64::from(digit & 0x7f);
            self.gap[limb] |= value << shift;
            if shift > 57 && limb + 1 < used {
                self.gap[limb + 1] = value >> (64 - shift);
            }
        }
        if used > self.sum.len() && self.gap[used - 1] != 0 {
            return Err(HistogramError::VarintTooWide { at });
        }
        Ok(used.min(self.sum.len()))
    }

    /// Store the sum as a packed big-endian row.
    pub fn store(&self, row: &mut [u8]) {
        for (bytes, limb) in row.rchunks_mut(8).zip(&self.sum) {
            let packed = limb.to_be_bytes();
            bytes.copy_from_slice(&packed[8 - bytes.len()..]);
        }
    }
}

/// Set `limbs` to `row − previous`, both packed big-endian rows of one length, `row` the larger.
pub(super) fn difference(limbs: &mut Vec<u64>, row: &[u8], previous: &[u8]) {
    limbs.clear();
    let mut borrow = false;
    for (high, low) in row.rchunks(8).zip(previous.rchunks(8)) {
        let (half, under) = limb(high).overflowing_sub(limb(low));
        let (full, again) = half.overflowing_sub(borrow.into());
        limbs.push(full);
        borrow = under | again;
    }
}

/// Up to eight big-endian bytes as a number.
pub(super) fn limb(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}
