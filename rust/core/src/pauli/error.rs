use std::fmt;

/// Why a text of Pauli words, or the map of its groups, was refused.
///
/// Texts start with the sentence of the API contract where it has one; what follows names the place.
/// Groups and terms are counted from 0. Long words are cut to 60 characters in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauliError {
    /// A word, a group or the whole text is empty.
    Empty {
        /// Its group.
        group: usize,
        /// Its place in the group.
        term: usize,
    },
    /// A character other than `I`, `X`, `Y`, `Z`.
    Letter {
        /// The word.
        word: String,
        /// Its group.
        group: usize,
        /// Its place in the group.
        term: usize,
        /// The character.
        found: char,
        /// Its place in the word, in characters.
        position: usize,
    },
    /// A word whose length differs from that of the first word of its group.
    Length {
        /// The word.
        word: String,
        /// Its group.
        group: usize,
        /// Its place in the group.
        term: usize,
        /// Letters it has.
        letters: usize,
        /// Letters the first word has.
        expected: usize,
    },
    /// The same word twice; each place is (group, term).
    Duplicate {
        /// The word.
        word: String,
        /// Where it stands first, (group, term).
        first: (usize, usize),
        /// Where it stands again, (group, term).
        second: (usize, usize),
    },
    /// `circuit_ham_map` and `ham_ops` disagree on the number of groups.
    MapLength {
        /// Ranges in the map.
        ranges: usize,
        /// Groups in the text.
        groups: usize,
    },
    /// A range of `circuit_ham_map` that ends before it starts or leaves `[0, n_circuits]`.
    MapRange {
        /// Which range.
        index: usize,
        /// Where it starts.
        start: i64,
        /// Where it ends.
        end: i64,
        /// Circuits of the submission.
        n_circuits: usize,
    },
    /// Nothing to encode (wire protocol §5.1).
    WireEmpty,
    /// Words of one group to encode differ in length; the lengths are sorted (wire protocol §5.1).
    WireLengths {
        /// The lengths, ascending.
        lengths: Vec<usize>,
    },
    /// A word too wide for the wire form.
    WireWidth {
        /// Its group.
        group: usize,
        /// Letters it has.
        letters: usize,
    },
    /// A compressed group that cannot be read back.
    Wire {
        /// Its group.
        group: usize,
        /// What is wrong.
        reason: String,
    },
    /// The dense text would be longer than the caller allows.
    TooLarge {
        /// Its group.
        group: usize,
        /// The bound.
        max_bytes: usize,
    },
}

const SHOWN: usize = 60;

/// A word as messages show it.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = self.0.char_indices().nth(SHOWN).map(|(at, _)| at);
        let shown = self.0[..cut.unwrap_or(self.0.len())].escape_debug();
        write!(f, "'{shown}{}'", if cut.is_some() { "…" } else { "" })
    }
}

/// `1 letter`, `2 letters`.
struct Count(usize, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}{}",
            self.0,
            self.1,
            if self.0 == 1 { "" } else { "s" }
        )
    }
}

impl PauliError {
    fn fmt_words(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { group, term } => write!(
                f,
                "Hamiltonian operators must be non-empty semicolon-separated strings. \
                 Group {group}, term {term} is empty."
            ),
            Self::Letter {
                word,
                group,
                term,
                found,
                position,
            } => write!(
                f,
                "Hamiltonian operators must contain only I, X, Y, Z characters. \
                 Word {} (group {group}, term {term}) has '{}' at position {position}.",
                Word(word),
                found.escape_debug()
            ),
            Self::Length {
                word,
                group,
                term,
                letters,
                expected,
            } => write!(
                f,
                "All Hamiltonian operators must have the same length. \
                 Word {} (group {group}, term {term}) has {}, the first word of its group has {expected}.",
                Word(word),
                Count(*letters, "letter")
            ),
            Self::Duplicate {
                word,
                first,
                second,
            } => write!(
                f,
                "Hamiltonian operators must not repeat. \
                 Word {} (group {}, term {}) was given before (group {}, term {}).",
                Word(word),
                second.0,
                second.1,
                first.0,
                first.1
            ),
            _ => Ok(()),
        }
    }

    fn fmt_wire(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WireEmpty => {
                f.write_str("dense_ham_ops must be a non-empty semicolon-separated Pauli string")
            }
            Self::WireLengths { lengths } => {
                f.write_str("All Pauli terms must have the same length; got lengths {")?;
                for (i, length) in lengths.iter().enumerate() {
                    write!(f, "{}{length}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::WireWidth { group, letters } => write!(
                f,
                "Observables, group {group}: words have {letters} letters; at most {} can be sent.",
                super::MAX_WIDTH
            ),
            Self::Wire { group, reason } => write!(f, "Observables, group {group}: {reason}."),
            Self::TooLarge { group, max_bytes } => write!(
                f,
                "Observables, group {group}: the expanded text exceeds {max_bytes} bytes."
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for PauliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MapLength { ranges, groups } => write!(
                f,
                "circuit_ham_map length ({ranges}) must match number of ham_ops groups ({groups})."
            ),
            Self::MapRange {
                index,
                start,
                end,
                n_circuits,
            } => {
                write!(f, "circuit_ham_map range {index} [{start}, {end}) ")?;
                if start > end {
                    f.write_str("ends before it starts.")
                } else {
                    write!(f, "is out of bounds for n_circuits={n_circuits}.")
                }
            }
            Self::Empty { .. }
            | Self::Letter { .. }
            | Self::Length { .. }
            | Self::Duplicate { .. } => self.fmt_words(f),
            _ => self.fmt_wire(f),
        }
    }
}

impl std::error::Error for PauliError {}
