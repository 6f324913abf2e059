//! The JSON object around a payload: `{"encoding": "qh1", "n_bits": 4, "payload": "UUgx…"}`.

use std::borrow::Cow;

use super::decode::decode;
use super::error::HistogramError;
use super::header::Format;
use super::table::Histogram;
use crate::payload;

/// A result envelope's three fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// `qh1` or `qh2`.
    pub encoding: &'a str,
    /// Width of the register; older servers may leave it out.
    pub n_bits: Option<u64>,
    /// Standard base64 of the bytes.
    pub payload: Cow<'a, str>,
}

/// Decode an envelope. An empty payload is an empty histogram.
pub fn decode_envelope(envelope: &Envelope<'_>) -> Result<Histogram, HistogramError> {
    let format = Format::from_encoding(envelope.encoding)?;
    let bytes = decode_base64(&envelope.payload)?;
    decode(&bytes, Some(format), envelope.n_bits)
}

impl Histogram {
    /// Encode into an envelope, in the narrowest format.
    pub fn to_envelope(&self) -> Result<Envelope<'static>, HistogramError> {
        Ok(Envelope {
            encoding: Format::for_bits(self.n_bits()).encoding(),
            n_bits: Some(self.n_bits().into()),
            payload: Cow::Owned(encode_base64(&self.encode(None)?)),
        })
    }
}

/// Decode strict base64: standard alphabet, full padding, no white space, zero spare bits.
pub fn decode_base64(text: &str) -> Result<Vec<u8>, HistogramError> {
    payload::decode_base64(text).map_err(HistogramError::Base64)
}

/// Standard base64 with padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    payload::encode_base64(bytes)
}
