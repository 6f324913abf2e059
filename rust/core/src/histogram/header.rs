//! The fixed part at the start of a histogram.

use std::fmt;

use super::error::HistogramError;
use super::varint::{Reader, write_u64};

/// Widest register either format may declare.
pub const MAX_BITS: u32 = 1 << 20;

/// Widest register QH1 can declare.
pub const MAX_QH1_BITS: u32 = 255;

/// Most bytes that packed rows (`unique × ceil(n_bits / 8)`) may take.
///
/// A gap of one byte stands for a whole row, so a few kilobytes could otherwise ask for any amount of
/// memory. 256 MiB holds a million distinct outcomes of two thousand bits; the keys of that many rows
/// take eight times as much.
pub const MAX_PACKED_BYTES: usize = 256 << 20;

/// Most characters that the text keys of a histogram may have together.
///
/// A key takes eight times the memory of its packed row, and a Python object besides.
pub const MAX_KEY_CHARS: usize = 256 << 20;

/// The two byte formats. They differ in the magic and in how the width is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Width in one byte.
    Qh1,
    /// Width as a varint.
    Qh2,
}

impl Format {
    /// The narrowest format that can hold a register.
    pub fn for_bits(n_bits: u32) -> Self {
        if n_bits <= MAX_QH1_BITS {
            Format::Qh1
        } else {
            Format::Qh2
        }
    }

    /// The name envelopes use: `qh1`, `qh2`.
    pub fn encoding(self) -> &'static str {
        match self {
            Format::Qh1 => "qh1",
            Format::Qh2 => "qh2",
        }
    }

    /// The format an envelope names.
    pub fn from_encoding(encoding: &str) -> Result<Self, HistogramError> {
        match encoding {
            "qh1" => Ok(Format::Qh1),
            "qh2" => Ok(Format::Qh2),
            _ => Err(HistogramError::UnsupportedEncoding {
                found: encoding.to_owned(),
            }),
        }
    }

    fn magic(self) -> &'static [u8; 3] {
        match self {
            Format::Qh1 => b"QH1",
            Format::Qh2 => b"QH2",
        }
    }

    fn from_magic(magic: &[u8]) -> Option<Self> {
        match magic {
            b"QH1" => Some(Format::Qh1),
            b"QH2" => Some(Format::Qh2),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    /// The magic as text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Qh1 => "QH1",
            Format::Qh2 => "QH2",
        })
    }
}

/// Magic, width, and the three numbers that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which of the two formats.
    pub format: Format,
    /// Width of the register.
    pub n_bits: u32,
    /// Number of distinct outcomes; also the number of gaps.
    pub unique: u64,
    /// Sum of all counts.
    pub total: u64,
}

impl Header {
    /// Bytes of one packed row.
    pub fn row_bytes(&self) -> usize {
        self.n_bits.div_ceil(8) as usize
    }

    /// Read a header from the start of a payload.
    pub(super) fn read(
        reader: &mut Reader<'_>,
        format: Option<Format>,
        n_bits: Option<u64>,
    ) -> Result<Self, HistogramError> {
        let found = reader.take(3).and_then(Format::from_magic);
        let found = found.ok_or(HistogramError::BadMagic)?;
        if let Some(envelope) = format.filter(|&envelope| envelope != found) {
            return Err(HistogramError::FormatMismatch {
                payload: found,
                envelope,
            });
        }
        let width = read_width(reader, found)?;
        if let Some(envelope) = n_bits.filter(|&envelope| envelope != u64::from(width)) {
            return Err(HistogramError::WidthMismatch {
                payload: width,
                envelope,
            });
        }
        let unique = reader.u64()?;
        let total = reader.u64()?;
        let at = reader.at();
        if reader.u64()? != unique {
            return Err(HistogramError::UniqueMismatch { at });
        }
        Ok(Header {
            format: found,
            n_bits: width,
            unique,
            total,
        })
    }

    /// Append the header's bytes.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), HistogramError> {
        out.extend_from_slice(self.format.magic());
        match self.format {
            Format::Qh1 => out.push(u8::try_from(self.n_bits).map_err(|_| {
                HistogramError::FormatTooNarrow {
                    n_bits: self.n_bits,
                }
            })?),
            Format::Qh2 => write_u64(out, self.n_bits.into()),
        }
        write_u64(out, self.unique);
        write_u64(out, self.total);
        write_u64(out, self.unique);
        Ok(())
    }
}

fn read_width(reader: &mut Reader<'_>, format: Format) -> Result<u32, HistogramError> {
    let cut = HistogramError::TruncatedWidth {
        format,
        at: reader.at(),
    };
    let declared = match format {
        Format::Qh1 => u64::from(reader.byte().ok_or(cut)?),
        Format::Qh2 => match reader.u64() {
            Err(HistogramError::TruncatedVarint { .. }) => return Err(cut),
            width => width?,
        },
    };
    match u32::try_from(declared) {
        Ok(width) if width <= MAX_BITS => Ok(width),
        _ => Err(HistogramError::WidthTooLarge { declared }),
    }
}
