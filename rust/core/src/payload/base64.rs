//! Strict standard base64.

use base64::{DecodeError, Engine, engine::general_purpose::STANDARD};

use super::error::Base64Error;

/// Standard base64 with padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decode strict base64: standard alphabet, full padding, no white space, zero spare bits.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|error| match error {
        DecodeError::InvalidByte(at, byte) => Base64Error::Byte { at, byte },
        DecodeError::InvalidLength(_) => Base64Error::Length { len: text.len() },
        DecodeError::InvalidLastSymbol { offset: at, .. } => Base64Error::SpareBits { at },
        DecodeError::InvalidPadding => Base64Error::Padding { len: text.len() },
    })
}
