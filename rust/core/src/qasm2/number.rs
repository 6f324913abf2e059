//! Number literals: one pass over the digits, then exactly the double the standard library gives.

/// Powers of ten that are doubles without rounding.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Digits that always fit in a `u64`.
const SAFE_DIGITS: u32 = 19;

/// A literal as read: `mantissa · 10^exponent` if `digits` (significant ones) do not exceed 19.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Number {
    mantissa: u64,
    exponent: i32,
    digits: u32,
    natural: bool,
}

impl Number {
    /// Reads `digits [. [digits]] [e[±]digits]` or `. digits [e[±]digits]` at `pos`, where a digit, or
    /// a point and a digit, is known to stand. Gives the number and where it ends.
    #[inline]
    pub(super) fn scan(src: &[u8], mut pos: usize) -> (Number, usize) {
        let mut number = Number {
            natural: true,
            ..Number::default()
        };
        pos = number.take_digits(src, pos);
        if src.get(pos) == Some(&b'.') {
            number.natural = false;
            let end = number.take_digits(src, pos + 1);
            number.exponent = -i32::try_from(end - pos - 1).unwrap_or(i32::MAX);
            pos = end;
        }
        if let Some(b'e' | b'E') = src.get(pos) {
            pos = number.take_exponent(src, pos);
        }
        (number, pos)
    }

    #[inline]
    fn take_digits(&mut self, src: &[u8], mut pos: usize) -> usize {
        let (mut mantissa, mut digits) = (self.mantissa, self.digits);
        while let Some(eight) = src
            .get(pos..)
            .and_then(|s| s.first_chunk::<8>())
            .and_then(eight_digits)
        {
            mantissa = mantissa.wrapping_mul(100_000_000).wrapping_add(eight);
            let significant = if digits == 0 {
                eight.checked_ilog10().map_or(0, |n| n + 1)
            } else {
                8
            };
            digits = digits.saturating_add(significant);
            pos += 8;
        }
        while let Some(digit) = src
            .get(pos)
            .map(|b| b.wrapping_sub(b'0'))
            .filter(|d| *d < 10)
        {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            digits = digits.saturating_add(u32::from(mantissa != 0 || digits != 0));
            pos += 1;
        }
        (self.mantissa, self.digits) = (mantissa, digits);
        pos
    }

    /// Reads the exponent at `pos`, if it is one: a name may follow a number without a space.
    #[cold]
    fn take_exponent(&mut self, src: &[u8], pos: usize) -> usize {
        let sign = src.get(pos + 1).copied();
        let mut end = pos + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
        if !src.get(end).is_some_and(u8::is_ascii_digit) {
            return pos;
        }
        let mut exponent = 0i32;
        while let Some(digit) = src.get(end).filter(|b| b.is_ascii_digit()) {
            exponent = exponent
                .saturating_mul(10)
                .saturating_add(i32::from(digit - b'0'));
            end += 1;
        }
        let exponent = if sign == Some(b'-') {
            -exponent
        } else {
            exponent
        };
        self.exponent = self.exponent.saturating_add(exponent);
        self.natural = false;
        end
    }

    /// Whether it is written without point and exponent.
    pub(super) fn is_natural(&self) -> bool {
        self.natural
    }

    /// Whether the value is certain to be finite, without working it out.
    #[inline]
    pub(super) fn is_surely_finite(&self) -> bool {
        self.digits < 300 && self.exponent <= 0
    }

    /// The value of a natural number, if it fits.
    #[inline]
    pub(super) fn natural(&self, text: &str) -> Option<u64> {
        if self.digits <= SAFE_DIGITS {
            Some(self.mantissa)
        } else {
            text.parse().ok()
        }
    }

    /// The value; infinite if it is too large for a double. `text` is the literal.
    #[inline]
    pub(super) fn value(&self, text: &str) -> f64 {
        // Clinger's exact case: both factors are doubles, and one operation rounds once.
        if self.digits <= SAFE_DIGITS
            && self.mantissa <= 1 << 53
            && self.exponent.unsigned_abs() <= 22
        {
            let power = POWERS[self.exponent.unsigned_abs() as usize];
            let mantissa = self.mantissa as f64;
            return if self.exponent < 0 {
                mantissa / power
            } else {
                mantissa * power
            };
        }
        text.parse().unwrap_or(f64::INFINITY)
    }
}

/// Eight digits as a number, all at once: neighbours are joined to pairs, pairs to fours, fours to the
/// whole, in the lanes of one word.
#[inline]
fn eight_digits(text: &[u8; 8]) -> Option<u64> {
    const LANES: u64 = 0x0000_00ff_0000_00ff;
    let word = u64::from_le_bytes(*text);
    let (above, below) = (
        word.wrapping_add(0x4646_4646_4646_4646),
        word.wrapping_sub(0x3030_3030_3030_3030),
    );
    if (above | below) & 0x8080_8080_8080_8080 != 0 {
        return None;
    }
    let pairs = below.wrapping_mul(10).wrapping_add(below >> 8);
    let even = (pairs & LANES).wrapping_mul(1_000_000 << 32 | 100);
    let odd = (pairs >> 16 & LANES).wrapping_mul(10_000 << 32 | 1);
    Some(even.wrapping_add(odd) >> 32)
}

/// Reads the number literal (without sign) that begins at byte `at`: its value, infinite if it is too
/// large, and where it ends.
///
/// ```
/// use vivace_core::qasm2::scan_number;
/// assert_eq!(scan_number(b"rx(.5e1)", 3), Some((5.0, 7)));
/// assert_eq!(scan_number(b"rx(pi)", 3), None);
/// ```
#[must_use]
pub fn scan_number(src: &[u8], at: usize) -> Option<(f64, usize)> {
    let digit = |i: usize| src.get(i).is_some_and(u8::is_ascii_digit);
    if !(digit(at) || src.get(at) == Some(&b'.') && digit(at + 1)) {
        return None;
    }
    let (number, end) = Number::scan(src, at);
    let text = std::str::from_utf8(&src[at..end]).ok()?;
    Some((number.value(text), end))
}
