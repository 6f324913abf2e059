//! Everything that can be wrong with a histogram.

use std::fmt;

use super::header::{Format, MAX_BITS, MAX_KEY_CHARS, MAX_PACKED_BYTES, MAX_QH1_BITS};
use crate::payload::Base64Error;

/// Why bytes are not a histogram, or why counts cannot become one. `at` is a byte offset into the
/// binary payload (after base64).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistogramError {
    /// The first three bytes are neither `QH1` nor `QH2`.
    BadMagic,
    /// The bytes end inside the width.
    TruncatedWidth {
        /// The format of the bytes.
        format: Format,
        /// Byte offset.
        at: usize,
    },
    /// The width is beyond [`MAX_BITS`].
    WidthTooLarge {
        /// What the bytes say.
        declared: u64,
    },
    /// The envelope says another width than the bytes.
    WidthMismatch {
        /// What the bytes say.
        payload: u32,
        /// What the envelope says.
        envelope: u64,
    },
    /// The envelope says another format than the bytes.
    FormatMismatch {
        /// What the bytes say.
        payload: Format,
        /// What the envelope says.
        envelope: Format,
    },
    /// The envelope's encoding is neither `qh1` nor `qh2`.
    UnsupportedEncoding {
        /// What was found.
        found: String,
    },
    /// The envelope's payload is not base64.
    Base64(Base64Error),
    /// The bytes end inside a varint.
    TruncatedVarint {
        /// Byte offset.
        at: usize,
    },
    /// A varint is longer than its slot allows.
    VarintTooWide {
        /// Byte offset.
        at: usize,
    },
    /// The sum of gaps runs over the buffer.
    IndexOverflow {
        /// Byte offset.
        at: usize,
    },
    /// An outcome needs more than `n_bits` bits.
    IndexTooLarge {
        /// Byte offset.
        at: usize,
    },
    /// A gap of zero after the first entry: the same outcome twice.
    DuplicateOutcome {
        /// Byte offset.
        at: usize,
    },
    /// More entries of a kind are announced than bytes are left.
    TooMany {
        /// Entries of which kind.
        what: &'static str,
        /// How many of them.
        announced: u64,
        /// Bytes left.
        left: usize,
        /// Byte offset.
        at: usize,
    },
    /// The packed rows would exceed [`MAX_PACKED_BYTES`].
    TooManyPackedBytes {
        /// Number of outcomes.
        unique: u64,
        /// Width of the register.
        n_bits: u32,
    },
    /// The text keys would exceed [`MAX_KEY_CHARS`].
    TooManyKeyChars {
        /// Number of outcomes.
        unique: u64,
        /// Width of the register.
        n_bits: u32,
    },
    /// `num_gaps` is not `unique`.
    UniqueMismatch {
        /// Byte offset.
        at: usize,
    },
    /// The runs do not cover each outcome once.
    RunsMismatch {
        /// Byte offset.
        at: usize,
    },
    /// `first_flag` is neither 0 nor 1, or is missing.
    BadFirstFlag {
        /// Byte offset.
        at: usize,
    },
    /// The run block is not `rle_len` bytes long.
    RunBlockLength {
        /// Byte offset.
        at: usize,
    },
    /// `extras_len` is not the number of zero flags.
    ExtrasMismatch {
        /// Byte offset.
        at: usize,
    },
    /// A count, or the sum of counts, is beyond 2^63 − 1.
    CountTooLarge {
        /// Byte offset.
        at: Option<usize>,
    },
    /// The counts do not add up to `total`.
    ShotSumMismatch {
        /// What the bytes say.
        declared: u64,
        /// What was found.
        found: u64,
    },
    /// Bytes follow the last extra.
    TrailingBytes {
        /// Byte offset.
        at: usize,
        /// Length in bytes.
        len: usize,
    },

    /// A key holds something else than `0` and `1`.
    KeyCharacter {
        /// The key, cut to 64 characters.
        key: String,
        /// Byte offset.
        at: usize,
        /// What was found.
        found: char,
    },
    /// A key is not as wide as the register (or as the keys before it).
    KeyWidth {
        /// The key, cut to 64 characters.
        key: String,
        /// What was found.
        found: usize,
        /// What was expected.
        expected: u32,
    },
    /// The same key twice.
    DuplicateKey {
        /// The key, cut to 64 characters.
        key: String,
    },
    /// A count of zero.
    ZeroCount {
        /// The key, cut to 64 characters.
        key: String,
    },
    /// No keys and no width.
    WidthUnknown,
    /// QH1 cannot hold so many bits.
    FormatTooNarrow {
        /// Width of the register.
        n_bits: u32,
    },
    /// Rows and counts are not of the same number.
    RowsLength {
        /// What was expected.
        expected: usize,
        /// What was found.
        found: usize,
    },
}

impl HistogramError {
    /// Byte offset into the binary payload, where there is one.
    pub fn offset(&self) -> Option<usize> {
        use HistogramError::*;
        match *self {
            BadMagic => Some(0),
            TruncatedWidth { at, .. }
            | TruncatedVarint { at }
            | VarintTooWide { at }
            | IndexOverflow { at }
            | IndexTooLarge { at }
            | DuplicateOutcome { at }
            | TooMany { at, .. }
            | UniqueMismatch { at }
            | RunsMismatch { at }
            | BadFirstFlag { at }
            | RunBlockLength { at }
            | ExtrasMismatch { at }
            | TrailingBytes { at, .. } => Some(at),
            CountTooLarge { at } => at,
            _ => None,
        }
    }

    fn fmt_decode(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use HistogramError::*;
        match self {
            BadMagic => f.write_str("bad magic"),
            TruncatedWidth { format, .. } => write!(f, "truncated {format} width"),
            WidthTooLarge { declared } => write!(
                f,
                "declared width {declared} exceeds the maximum supported {MAX_BITS} bits"
            ),
            WidthMismatch { payload, envelope } => {
                write!(
                    f,
                    "payload declares {payload} bits but the envelope declares {envelope}"
                )
            }
            FormatMismatch { payload, envelope } => write!(
                f,
                "payload magic {payload} does not match envelope encoding {}",
                envelope.encoding()
            ),
            UnsupportedEncoding { found } => write!(f, "Unsupported encoding: {found}"),
            Base64(error) => write!(f, "payload: {error}"),
            TruncatedVarint { .. } => f.write_str("truncated ULEB128 varint"),
            VarintTooWide { .. } => f.write_str("ULEB128 value exceeds destination width"),
            IndexOverflow { .. } => f.write_str("accumulated index overflows limb buffer"),
            IndexTooLarge { .. } => f.write_str("decoded index exceeds n_bits"),
            _ => self.fmt_corrupt(f),
        }
    }

    fn fmt_corrupt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use HistogramError::*;
        f.write_str("corrupt stream: ")?;
        match self {
            DuplicateOutcome { .. } => f.write_str("zero gap, the same outcome twice"),
            TooMany {
                what,
                announced,
                left,
                ..
            } => {
                write!(
                    f,
                    "{announced} {what} announced but only {left} bytes remain"
                )
            }
            UniqueMismatch { .. } => f.write_str("unique mismatch"),
            RunsMismatch { .. } => f.write_str("gap/count length mismatch"),
            BadFirstFlag { .. } => f.write_str("first flag of the run block is not 0 or 1"),
            RunBlockLength { .. } => f.write_str("run block does not end where rle_len says"),
            ExtrasMismatch { .. } => f.write_str("extras/count length mismatch"),
            CountTooLarge { .. } => f.write_str("counts exceed 2^63 - 1"),
            ShotSumMismatch { .. } => f.write_str("shot sum mismatch"),
            TrailingBytes { len, .. } => write!(f, "{len} bytes after the last field"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for HistogramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use HistogramError::*;
        match self {
            TooManyPackedBytes { unique, n_bits } => write!(
                f,
                "{unique} outcomes of {n_bits} bits need more than the {MAX_PACKED_BYTES} bytes \
                 allowed for packed outcomes"
            ),
            TooManyKeyChars { unique, n_bits } => write!(
                f,
                "{unique} outcomes of {n_bits} bits need more than the {MAX_KEY_CHARS} characters \
                 allowed for keys; use decode_histogram_arrays"
            ),
            KeyCharacter { key, at, found } => {
                write!(
                    f,
                    "key '{key}': expected only 0 and 1, found {found:?} at {at}"
                )
            }
            KeyWidth {
                key,
                found,
                expected,
            } => {
                write!(f, "key '{key}' has {found} bits, expected {expected}")
            }
            DuplicateKey { key } => write!(f, "key '{key}' appears twice"),
            ZeroCount { key } => write!(f, "key '{key}' has count 0, expected at least 1"),
            WidthUnknown => f.write_str("an empty histogram needs n_bits"),
            FormatTooNarrow { n_bits } => {
                write!(
                    f,
                    "QH1 holds at most {MAX_QH1_BITS} bits, not {n_bits}; use QH2"
                )
            }
            RowsLength { expected, found } => {
                write!(
                    f,
                    "expected {expected} bytes of packed outcomes, found {found}"
                )
            }
            CountTooLarge { at: None } => f.write_str("counts exceed 2^63 - 1"),
            _ => self.fmt_decode(f),
        }
    }
}

impl std::error::Error for HistogramError {}

impl From<Base64Error> for HistogramError {
    fn from(error: Base64Error) -> Self {
        HistogramError::Base64(error)
    }
}
