//! The sparse text of one group, both ways.

/// `<letter><index>` without its letter: the bytes of the index above a zero byte, little-endian, and the
/// length with the letter.
#[derive(Clone, Copy)]
struct Entry {
    text: u64,
    len: u8,
}

/// Precomputed `<letter><index>` entries for words of one length.
pub(super) struct Indices {
    entries: Vec<Entry>,
    longest: usize,
}

impl Indices {
    pub(super) fn new(letters: usize) -> Self {
        let entry = |index: usize| {
            let digits = index.to_string();
            let mut text = [0; 8];
            text[1..=digits.len()].copy_from_slice(digits.as_bytes());
            Entry {
                text: u64::from_le_bytes(text),
                len: 1 + digits.len() as u8,
            }
        };
        Self {
            entries: (0..letters).map(entry).collect(),
            longest: longest_word(letters),
        }
    }

    /// Write the sparse text of `dense`, whose words were checked and have this length, to the start of
    /// `out`; the number of bytes. There is room for one more after them.
    ///
    /// No branch depends on a letter, which nobody could predict: each entry is written, and the next one
    /// overwrites it if the letter was `I`. That is `0x49`; only the others have bit 4 set.
    pub(super) fn sparse(&self, dense: &[u8], out: &mut Vec<u8>) -> usize {
        let stride = self.entries.len() + 1;
        let words = dense.len().div_ceil(stride);
        let room = words * (self.longest + 1) + 8;
        out.resize(out.len().max(room), 0);
        let mut at = 0;
        for word in dense.chunks(stride) {
            let start = at;
            for (letter, entry) in word.iter().zip(&self.entries) {
                let text = entry.text | u64::from(*letter);
                out[at..at + 8].copy_from_slice(&text.to_le_bytes());
                at += usize::from(entry.len * (letter >> 4 & 1));
            }
            if at == start {
                out[at] = b'I';
                at += 1;
            }
            out[at] = b';';
            at += 1;
        }
        at.saturating_sub(1)
    }
}

/// Bytes of the longest sparse word: every letter written, each with its index.
pub(super) fn longest_word(letters: usize) -> usize {
    let mut total = 0usize;
    let mut from = 0;
    let mut digits = 1;
    while from < letters {
        let to = letters.min(10usize.pow(digits));
        total += (to - from) * (1 + digits as usize);
        from = to;
        digits += 1;
    }
    total
}

/// Appends the dense words of `sparse` to `dense`, or says what is wrong with which term.
///
/// The caller has bounded `terms × (letters + 1)`.
pub(super) fn expand(sparse: &[u8], letters: usize, dense: &mut Vec<u8>) -> Result<(), String> {
    for (term, text) in sparse.split(|b| *b == b';').enumerate() {
        if term > 0 {
            dense.push(b';');
        }
        let start = dense.len();
        dense.resize(start + letters, b'I');
        if text == b"I" {
            continue;
        }
        expand_word(text, &mut dense[start..]).map_err(|what| format!("term {term} {what}"))?;
    }
    Ok(())
}

fn expand_word(mut text: &[u8], word: &mut [u8]) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    let mut free = 0;
    while let Some((&letter, rest)) = text.split_first() {
        if !matches!(letter, b'X' | b'Y' | b'Z') {
            return Err("has something other than X, Y or Z before an index");
        }
        let (index, rest) = index(rest)?;
        if index >= word.len() {
            return Err("has an index beyond the word length");
        }
        if index < free {
            return Err("has indices that do not increase");
        }
        word[index] = letter;
        free = index + 1;
        text = rest;
    }
    Ok(())
}

/// A decimal number without leading zeros, and what follows it.
fn index(text: &[u8]) -> Result<(usize, &[u8]), &'static str> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    match number {
        [] => Err("has a letter without an index"),
        [b'0', _, ..] => Err("has an index with a leading zero"),
        _ if digits > 7 => Err("has an index beyond the word length"),
        _ => Ok((
            number.iter().fold(0, |n, b| n * 10 + usize::from(b - b'0')),
            rest,
        )),
    }
}
