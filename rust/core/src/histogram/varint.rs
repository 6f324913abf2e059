//! ULEB128 and the cursor that reads it.

use super::error::HistogramError;

/// Groups of seven bits that a value of `bits` bits takes, at least one.
pub(super) const fn groups(bits: u32) -> usize {
    if bits == 0 {
        1
    } else {
        bits.div_ceil(7) as usize
    }
}

/// A cursor over a payload. `offset` is where its bytes start in the whole of it.
#[derive(Clone)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pos: usize,
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A cursor at the start of a payload.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader {
            bytes,
            pos: 0,
            offset: 0,
        }
    }

    /// Offset of the next byte in the payload.
    pub fn at(&self) -> usize {
        self.offset + self.pos
    }

    /// Number of bytes left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.pos
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.pos)?;
        self.pos += 1;
        Some(byte)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.pos..)?.get(..len)?;
        self.pos += len;
        Some(taken)
    }

    /// A cursor of its own over the next `len` bytes.
    pub fn block(&mut self, len: usize) -> Option<Reader<'a>> {
        let offset = self.at();
        self.take(len).map(|bytes| Reader {
            bytes,
            pos: 0,
            offset,
        })
    }

    /// A varint of up to 64 bits.
    #[inline]
    pub fn u64(&mut self) -> Result<u64, HistogramError> {
        self.narrow(groups(64))
    }

    /// A varint of up to `max_groups` ≤ 10 groups.
    #[inline]
    pub fn narrow(&mut self, max_groups: usize) -> Result<u64, HistogramError> {
        match self.bytes.get(self.pos) {
            Some(&byte) if byte < 0x80 => {
                self.pos += 1;
                Ok(byte.into())
            }
            _ => self.narrow_long(max_groups),
        }
    }

    fn narrow_long(&mut self, max_groups: usize) -> Result<u64, HistogramError> {
        let digits = self.digits(max_groups)?;
        if digits.len() == groups(64) && digits[digits.len() - 1] > 1 {
            let at = self.at() - digits.len();
            return Err(HistogramError::VarintTooWide { at });
        }
        Ok(digits
            .iter()
            .rev()
            .fold(0, |value, &digit| value << 7 | u64::from(digit & 0x7f)))
    }

    /// The bytes of a varint of up to `max_groups` groups, as they stand.
    pub fn digits(&mut self, max_groups: usize) -> Result<&'a [u8], HistogramError> {
        let at = self.at();
        let rest = &self.bytes[self.pos..];
        let last = rest.iter().take(max_groups).position(|&byte| byte < 0x80);
        match last {
            Some(last) => {
                self.pos += last + 1;
                Ok(&rest[..=last])
            }
            None if rest.len() < max_groups => Err(HistogramError::TruncatedVarint { at }),
            None => Err(HistogramError::VarintTooWide { at }),
        }
    }

    /// A number of entries of at least one byte each, compared with what is left.
    pub fn number_of(&mut self, what: &'static str) -> Result<usize, HistogramError> {
        let at = self.at();
        let announced = self.u64()?;
        self.fits(announced, what, at)
    }

    /// `announced` as a length, if so many entries of at least one byte can follow.
    pub fn fits(
        &self,
        announced: u64,
        what: &'static str,
        at: usize,
    ) -> Result<usize, HistogramError> {
        let left = self.left();
        match usize::try_from(announced) {
            Ok(number) if number <= left => Ok(number),
            _ => Err(HistogramError::TooMany {
                what,
                announced,
                left,
                at,
            }),
        }
    }
}

/// Append `value` in the shortest form.
pub(super) fn write_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Append a little-endian multi-limb value in the shortest form.
pub(super) fn write_limbs(out: &mut Vec<u8>, limbs: &[u64]) {
    let used = limbs
        .iter()
        .rposition(|&limb| limb != 0)
        .map_or(0, |top| top + 1);
    let Some(top) = limbs[..used].last() else {
        out.push(0);
        return;
    };
    let bits = 64 * used - top.leading_zeros() as usize;
    let last = bits.div_ceil(7) - 1;
    for group in 0..=last {
        let (limb, shift) = (7 * group / 64, 7 * group % 64);
        let mut value = limbs[limb] >> shift;
        if shift > 57 && limb + 1 < used {
            value |= limbs[limb + 1] << (64 - shift);
        }
        let more = if group == last { 0 } else { 0x80 };
        out.push(value as u8 & 0x7f | more);
    }
}
