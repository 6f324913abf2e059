//! The sparse text of one group, both ways.

/// A letter's room, then the decimal index; `len` bytes of `text` are used.
#[derive(Clone, Copy)]
struct Entry {
    text: [u8; 8],
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
                text,
                len: 1 + digits.len() as u8,
            }
        };
        Self {
            entries: (0..letters).map(entry).collect(),
            longest: longest_word(letters),
        }
    }

    /// Sparse text of `dense`, whose words were checked and have this length.
    ///
    /// No branch depends on a letter: each entry is written, and the next one overwrites it if the
    /// letter was `I`.
    pub(super) fn sparse(&self, dense: &[u8]) -> Vec<u8> {
        let stride = self.entries.len() + 1;
        let words = dense.len().div_ceil(stride);
        let mut out = vec![0; words * (self.longest + 1) + 8];
        let mut at = 0;
        for word in dense.chunks(stride) {
            let start = at;
            for (letter, entry) in word.iter().zip(&self.entries) {
                out[at..at + 8].copy_from_slice(&entry.text);
                out[at] = *letter;
                at += if *letter == b'I' {
                    0
                } else {
                    usize::from(entry.len)
                };
            }
            if at == start {
                out[at] = b'I';
                at += 1;
            }
            out[at] = b';';
            at += 1;
        }
        out.truncate(at.saturating_sub(1));
        out
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
