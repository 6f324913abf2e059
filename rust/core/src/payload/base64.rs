//! Strict standard base64.
//!
//! `base64-simd` does the work; `base64` says what is wrong with a text, and has the last word on spare bits.

use base64::{DecodeError, Engine, engine::general_purpose::STANDARD};

use super::error::Base64Error;

/// Standard base64 with padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// [`encode_base64`], appended to `out`.
pub(super) fn append_base64(bytes: &[u8], out: &mut String) {
    base64_simd::STANDARD.encode_append(bytes, out);
}

/// Decode strict base64: standard alphabet, full padding, no white space, zero spare bits.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, Base64Error> {
    let end = text.as_bytes();
    let last_is_strict = STANDARD.decode(&end[end.len().saturating_sub(4)..]).is_ok();
    if last_is_strict && let Ok(bytes) = base64_simd::STANDARD.decode_to_vec(text) {
        return Ok(bytes);
    }
    STANDARD.decode(text).map_err(|error| match error {
        DecodeError::InvalidByte(at, byte) => Base64Error::Byte { at, byte },
        DecodeError::InvalidLength(_) => Base64Error::Length { len: text.len() },
        DecodeError::InvalidLastSymbol { offset: at, .. } => Base64Error::SpareBits { at },
        DecodeError::InvalidPadding => Base64Error::Padding { len: text.len() },
    })
}
