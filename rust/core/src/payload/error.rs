//! Everything that can be wrong with a compressed text.

use std::fmt;

/// Why a text is not strict base64. `at` is a byte offset into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base64Error {
    /// A byte outside the alphabet, white space, or `=` anywhere but at the end.
    Byte {
        /// Byte offset.
        at: usize,
        /// The byte.
        byte: u8,
    },
    /// A length that no base64 text has.
    Length {
        /// Length in bytes.
        len: usize,
    },
    /// Missing or excess `=` at the end.
    Padding {
        /// Length in bytes.
        len: usize,
    },
    /// The last character carries bits that do not belong to any byte.
    SpareBits {
        /// Byte offset.
        at: usize,
    },
}

impl fmt::Display for Base64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not valid base64: ")?;
        match *self {
            Base64Error::Byte { at, byte } => {
                write!(f, "unexpected {:?} at {at}", char::from(byte))
            }
            Base64Error::Length { len } => write!(f, "no base64 text is {len} characters long"),
            Base64Error::Padding { len } => {
                write!(
                    f,
                    "wrong padding at the end (length {len}, must be a multiple of 4)"
                )
            }
            Base64Error::SpareBits { at } => {
                write!(f, "nonzero spare bits in the last one, at {at}")
            }
        }
    }
}

impl std::error::Error for Base64Error {}

/// Why a payload cannot be decompressed. `at` is a byte offset into the gzip bytes, except where said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// The text is not base64.
    Base64(Base64Error),
    /// The bytes do not start like gzip.
    NotGzip,
    /// A gzip header with reserved flags, or of another method than deflate.
    UnsupportedHeader {
        /// Byte offset.
        at: usize,
    },
    /// The bytes end before the gzip member does.
    Truncated {
        /// Length in bytes.
        len: usize,
    },
    /// The deflate data are invalid.
    Corrupt {
        /// Byte offset.
        at: usize,
    },
    /// The checksum of the data is not the one in the trailer, or that of the header not its own.
    Checksum {
        /// What was expected.
        expected: u32,
        /// What was found.
        found: u32,
    },
    /// The length of the data is not the one in the trailer (so 4 GiB or more is always refused).
    Length {
        /// What was expected.
        expected: u32,
        /// What was found.
        found: u64,
    },
    /// Bytes follow the gzip member.
    TrailingBytes {
        /// Byte offset.
        at: usize,
        /// Length in bytes.
        len: usize,
    },
    /// The text is longer than allowed.
    TooLarge {
        /// The limit.
        max_bytes: usize,
    },
    /// The data are not UTF-8; `at` counts decompressed bytes.
    NotUtf8 {
        /// Byte offset.
        at: usize,
    },
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            PayloadError::Base64(error) => error.fmt(f),
            PayloadError::NotGzip => f.write_str("not gzip data: it must start with 1f 8b"),
            PayloadError::UnsupportedHeader { at } => {
                write!(
                    f,
                    "unsupported gzip header: unknown method or reserved flags, at byte {at}"
                )
            }
            PayloadError::Truncated { len } => {
                write!(
                    f,
                    "truncated gzip data: it ends after {len} bytes, before its trailer does"
                )
            }
            PayloadError::Corrupt { at } => write!(f, "corrupt deflate data near byte {at}"),
            PayloadError::Checksum { expected, found } => write!(
                f,
                "gzip checksum mismatch: expected {expected:08x}, found {found:08x}"
            ),
            PayloadError::Length { expected, found } => write!(
                f,
                "gzip length mismatch: trailer says {expected} bytes, data have {found}"
            ),
            PayloadError::TrailingBytes { at, len } => {
                write!(
                    f,
                    "{len} bytes after the end of the gzip data, from byte {at}"
                )
            }
            PayloadError::TooLarge { max_bytes } => {
                write!(
                    f,
                    "decompressed text exceeds the limit of {max_bytes} bytes"
                )
            }
            PayloadError::NotUtf8 { at } => {
                write!(f, "decompressed text is not UTF-8, from byte {at}")
            }
        }
    }
}

impl std::error::Error for PayloadError {}

impl From<Base64Error> for PayloadError {
    fn from(error: Base64Error) -> Self {
        PayloadError::Base64(error)
    }
}
