use super::observables::{Group, scan};
use super::sparse::{Indices, expand, longest_word};
use super::{PauliError, check};
use crate::payload::{PayloadError, compress_pieces, decompress_text};

/// Most letters a word may have in wire form, 2²⁰.
pub const MAX_WIDTH: usize = 1 << 20;

/// Dense text that one core turns into sparse text and compresses at a time, in bytes.
const PIECE: usize = 1 << 17;

const MARK: &str = "@gzs";

/// Wire form of observables in client notation (wire protocol §5.1). Repeated words are not looked
/// for; [`super::Observables::parse`] does that.
pub fn encode_wire(text: &str) -> Result<String, PauliError> {
    let mut groups = Vec::new();
    scan(text, |group| groups.push(group)).map_err(|error| wire_error(text, error))?;
    let mut out = String::new();
    for (index, group) in groups.iter().enumerate() {
        if group.letters > MAX_WIDTH {
            return Err(PauliError::WireWidth {
                group: index,
                letters: group.letters,
            });
        }
        if index > 0 {
            out.push('|');
        }
        encode_group(text, group, &mut out);
    }
    Ok(out)
}

fn encode_group(text: &str, group: &Group, out: &mut String) {
    let dense = &text.as_bytes()[group.start..group.start + group.len()];
    let indices = Indices::new(group.letters);
    let stride = group.letters + 1;
    let words = dense.len().div_ceil(stride);
    // Pieces of whole words: where they are cut does not depend on the number of cores.
    let per_piece = (PIECE / stride).max(1);
    let n_pieces = words.div_ceil(per_piece);
    let sparse = |index: usize, text: &mut Vec<u8>| {
        let start = index * per_piece * stride;
        let end = dense.len().min((index + 1) * per_piece * stride);
        let len = indices.sparse(&dense[start..end], text);
        if index + 1 == n_pieces {
            return len;
        }
        text[len] = b';';
        len + 1
    };
    out.push_str(MARK);
    out.push_str(&group.letters.to_string());
    out.push(':');
    compress_pieces(n_pieces, sparse, out);
}

/// The same error in the words of wire protocol §5.1.
fn wire_error(text: &str, error: PauliError) -> PauliError {
    match error {
        PauliError::Empty { .. } => PauliError::WireEmpty,
        PauliError::Length { group, .. } => {
            let words = text.split('|').nth(group).unwrap_or_default().split(';');
            let lengths: std::collections::BTreeSet<_> = words.map(str::len).collect();
            PauliError::WireLengths {
                lengths: lengths.into_iter().collect(),
            }
        }
        other => other,
    }
}

/// Client notation of observables in wire form; each group may be compressed or dense (wire
/// protocol §5.1).
///
/// The result never exceeds `max_bytes`, and memory never exceeds a small multiple of it: one byte
/// of sparse text can stand for a word of a million letters, so the expanded size is worked out
/// before it is allocated.
pub fn decode_wire(text: &str, max_bytes: usize) -> Result<String, PauliError> {
    let mut dense = Vec::new();
    for (index, group) in text.split('|').enumerate() {
        if index > 0 {
            dense.push(b'|');
        }
        let too_large = PauliError::TooLarge {
            group: index,
            max_bytes,
        };
        let room = max_bytes
            .checked_sub(dense.len())
            .ok_or_else(|| too_large.clone())?;
        match group.strip_prefix(MARK) {
            None if group.len() > room => return Err(too_large),
            None => {
                check(group).map_err(|error| in_group(error, index))?;
                dense.extend_from_slice(group.as_bytes());
            }
            Some(rest) => {
                let sparse = SparseGroup::read(rest, room)
                    .map_err(|reason| PauliError::Wire {
                        group: index,
                        reason,
                    })?
                    .ok_or_else(|| too_large.clone())?;
                let bytes = sparse
                    .dense_len()
                    .filter(|bytes| *bytes <= room)
                    .ok_or(too_large)?;
                dense.reserve_exact(bytes);
                expand(&sparse.text, sparse.letters, &mut dense).map_err(|reason| {
                    PauliError::Wire {
                        group: index,
                        reason,
                    }
                })?;
            }
        }
    }
    String::from_utf8(dense).map_err(|_| PauliError::Wire {
        group: 0,
        reason: "not ASCII text".to_owned(),
    })
}

fn in_group(mut error: PauliError, index: usize) -> PauliError {
    match &mut error {
        PauliError::Empty { group, .. }
        | PauliError::Letter { group, .. }
        | PauliError::Length { group, .. } => *group = index,
        _ => {}
    }
    error
}

/// A compressed group after decompression.
struct SparseGroup {
    letters: usize,
    text: Vec<u8>,
}

impl SparseGroup {
    /// Reads what follows `@gzs`; `None` if the words cannot fit `room` bytes of dense text.
    fn read(rest: &str, room: usize) -> Result<Option<Self>, String> {
        let (number, data) = rest
            .split_once(':')
            .ok_or("expected ':' after '@gzs' and the word length")?;
        let letters = width(number)?;
        let most_words = (room + 1) / (letters + 1);
        if most_words == 0 {
            return Ok(None);
        }
        let limit = most_words.saturating_mul(longest_word(letters) + 1);
        match decompress_text(data, limit) {
            Ok(text) => Ok(Some(Self {
                letters,
                text: text.into_bytes(),
            })),
            Err(PayloadError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Bytes of the dense text, `None` if they overflow.
    fn dense_len(&self) -> Option<usize> {
        let words = 1 + self.text.iter().filter(|b| **b == b';').count();
        words.checked_mul(self.letters + 1)?.checked_sub(1)
    }
}

fn width(number: &str) -> Result<usize, String> {
    let plain = (1..=7).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && !number.starts_with('0');
    let width = if plain {
        number.parse().unwrap_or(0)
    } else {
        0
    };
    if (1..=MAX_WIDTH).contains(&width) {
        return Ok(width);
    }
    let shown: String = number.chars().take(20).collect();
    Err(format!(
        "word length must be a plain number from 1 to {MAX_WIDTH}, got '{}'",
        shown.escape_debug()
    ))
}
