//! Strings and numbers of JSON, measured and written exactly.
//!
//! Vivace builds request bodies itself, so that their length is known before they exist. The dialect:
//! no white space, raw UTF-8, only the escapes JSON demands (the short forms, else `\u00xx`), as
//! Python's `json.dumps(ensure_ascii=False, separators=(",", ":"))` writes it.

use std::fmt;

/// Bytes that an escape adds to each byte.
static ADDED: [u8; 256] = {
    let mut added = [0; 256];
    let mut byte = 0;
    while byte < 0x20 {
        added[byte] = 5;
        byte += 1;
    }
    let short = *b"\x08\t\n\x0c\r\"\\";
    let mut i = 0;
    while i < short.len() {
        added[short[i] as usize] = 1;
        i += 1;
    }
    added
};

/// A number that JSON cannot express: infinite or not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotFinite(pub f64);

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a finite number, found {}", self.0)
    }
}

impl std::error::Error for NotFinite {}

/// Length of `text` as a JSON string, quotes and escapes included: what [`write_escaped`] appends.
pub fn escaped_len(text: &str) -> usize {
    // Short blocks, so that the inner sum fits a narrow type and vectorises.
    let added = |block: &[u8]| {
        block
            .iter()
            .map(|&byte| ADDED[byte as usize] as usize)
            .sum::<usize>()
    };
    2 + text.len() + text.as_bytes().chunks(64).map(added).sum::<usize>()
}

/// Append `text` as a JSON string, with its quotes.
pub fn write_escaped(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (i, &byte) in text.as_bytes().iter().enumerate() {
        if ADDED[byte as usize] != 0 {
            out.extend_from_slice(&text.as_bytes()[plain..i]);
            write_escape(out, byte);
            plain = i + 1;
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        b'"' | b'\\' => byte,
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            return out.push(HEX[usize::from(byte & 15)]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Append the shortest decimal that reads back as the same double, always with a point or an
/// exponent, so that readers take it for a float.
pub fn write_number(out: &mut Vec<u8>, number: f64) -> Result<(), NotFinite> {
    if !number.is_finite() {
        return Err(NotFinite(number));
    }
    out.extend_from_slice(zmij::Buffer::new().format_finite(number).as_bytes());
    Ok(())
}
