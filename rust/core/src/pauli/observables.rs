use std::collections::{HashMap, HashSet};

use super::{ALL_GROUPS, PauliError};

/// One group inside the text: `words` words of `letters` letters, one separator apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) letters: usize,
    pub(super) words: usize,
}

impl Group {
    /// Bytes of the group in the text.
    pub(super) fn len(&self) -> usize {
        self.words * (self.letters + 1) - 1
    }
}

/// Checked Pauli words in client notation (API contract §6, `ham_ops`).
///
/// Holds the text and three numbers per group; a word is found by arithmetic, not by an offset of
/// its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observables<'a> {
    text: &'a str,
    groups: Vec<Group>,
}

impl<'a> Observables<'a> {
    /// Reads and checks `text`; a word repeated within one group is an error that names it.
    ///
    /// The same word may stand in two groups: they are normally measured on different circuits. See
    /// [`Observables::check_flattened`] for circuits that are measured for all groups.
    pub fn parse(text: &'a str) -> Result<Self, PauliError> {
        let mut groups = Vec::new();
        scan(text, |group| groups.push(group))?;
        for (index, group) in groups.iter().enumerate() {
            check_distinct(text, index, group)?;
        }
        Ok(Self { text, groups })
    }

    /// The text as given.
    pub fn text(&self) -> &str {
        self.text
    }

    /// Number of `|` groups, at least 1.
    pub fn n_groups(&self) -> usize {
        self.groups.len()
    }

    /// Number of words in `group`; all words of all groups for [`ALL_GROUPS`]; 0 if there is no such group.
    pub fn n_words(&self, group: u32) -> usize {
        self.selected(group).iter().map(|g| g.words).sum()
    }

    /// The words of `group` in order; for [`ALL_GROUPS`] those of every group, flattened in order
    /// (ordering §4).
    pub fn words(&self, group: u32) -> impl Iterator<Item = &str> {
        self.selected(group)
            .iter()
            .flat_map(|g| (0..g.words).map(|term| word(self.text, g, term)))
    }

    /// Refuses a word that stands in two groups: to be called when some circuit is measured for all
    /// groups at once, where the results of the two would overwrite each other.
    pub fn check_flattened(&self) -> Result<(), PauliError> {
        let mut seen = HashMap::with_capacity(self.n_words(ALL_GROUPS));
        for (index, group) in self.groups.iter().enumerate() {
            for term in 0..group.words {
                let word = word(self.text, group, term);
                if let Some(first) = seen.insert(word, (index, term)) {
                    return Err(PauliError::Duplicate {
                        word: word.to_owned(),
                        first,
                        second: (index, term),
                    });
                }
            }
        }
        Ok(())
    }

    fn selected(&self, group: u32) -> &[Group] {
        if group == ALL_GROUPS {
            return &self.groups;
        }
        self.groups
            .get(group as usize)
            .map_or(&[], std::slice::from_ref)
    }
}

/// Checks `text` as [`Observables::parse`] does, except for repeated words; allocates nothing.
pub fn check(text: &str) -> Result<(), PauliError> {
    scan(text, |_| ())
}

/// Calls `found` for every group of `text`, in order.
pub(super) fn scan(text: &str, mut found: impl FnMut(Group)) -> Result<(), PauliError> {
    let mut start = 0;
    for (index, group) in text.split('|').enumerate() {
        let bytes = group.as_bytes();
        let letters = bytes.iter().position(|b| *b == b';').unwrap_or(bytes.len());
        let Some(words) = uniform(bytes, letters) else {
            return Err(explain(group, index));
        };
        found(Group {
            start,
            letters,
            words,
        });
        start += bytes.len() + 1;
    }
    Ok(())
}

/// Number of words if `group` is nothing but words of `letters` letters, `;` between them.
///
/// Two passes without a branch per byte: if every place where a separator must stand holds one,
/// and there are as many letters as the remaining places, then each of those holds a letter.
fn uniform(group: &[u8], letters: usize) -> Option<usize> {
    let stride = letters + 1;
    if letters == 0 || !(group.len() + 1).is_multiple_of(stride) {
        return None;
    }
    let words = (group.len() + 1) / stride;
    let separators = group.iter().skip(letters).step_by(stride);
    let separated = separators.fold(true, |all, b| all & (*b == b';'));
    (separated && count_letters(group) == words * letters).then_some(words)
}

/// How many bytes are Pauli letters; short runs are summed in bytes so that the loop vectorises.
fn count_letters(bytes: &[u8]) -> usize {
    let is_letter = |b: &u8| u8::from((*b == b'I') | (*b == b'X') | (*b == b'Y') | (*b == b'Z'));
    let run = |run: &[u8]| usize::from(run.iter().map(is_letter).sum::<u8>());
    let (runs, rest) = bytes.as_chunks::<192>();
    runs.iter().map(|r| run(r)).sum::<usize>() + run(rest)
}

/// The first error of a group that is known to have one.
fn explain(group: &str, index: usize) -> PauliError {
    let expected = group.split(';').next().map_or(0, str::len);
    for (term, word) in group.split(';').enumerate() {
        if word.is_empty() {
            return PauliError::Empty { group: index, term };
        }
        let bad = word
            .chars()
            .enumerate()
            .find(|(_, c)| !matches!(c, 'I' | 'X' | 'Y' | 'Z'));
        if let Some((position, found)) = bad {
            let word = word.to_owned();
            return PauliError::Letter {
                word,
                group: index,
                term,
                found,
                position,
            };
        }
        if word.len() != expected {
            let (letters, word) = (word.len(), word.to_owned());
            return PauliError::Length {
                word,
                group: index,
                term,
                letters,
                expected,
            };
        }
    }
    PauliError::Empty {
        group: index,
        term: 0,
    }
}

fn word<'t>(text: &'t str, group: &Group, term: usize) -> &'t str {
    let start = group.start + term * (group.letters + 1);
    &text[start..start + group.letters]
}

/// Below this many words, comparing all pairs beats a hash table.
const FEW: usize = 8;

fn check_distinct(text: &str, index: usize, group: &Group) -> Result<(), PauliError> {
    let words = || (0..group.words).map(|term| word(text, group, term));
    let repeated = if group.words <= FEW {
        (1..group.words).find(|&term| {
            words()
                .take(term)
                .any(|earlier| earlier == word(text, group, term))
        })
    } else {
        let mut seen = HashSet::with_capacity(group.words);
        words().position(|word| !seen.insert(word))
    };
    let Some(second) = repeated else {
        return Ok(());
    };
    let again = word(text, group, second);
    let first = words().position(|word| word == again).unwrap_or(second);
    Err(PauliError::Duplicate {
        word: again.to_owned(),
        first: (index, first),
        second: (index, second),
    })
}
