//! Placeholder names of a template, matched in the text of gate arguments.
//!
//! The longest name wins, and a match may not touch `[A-Za-z0-9_]` on either side.

/// Names to match, sorted, each with the longest other name it begins with.
#[derive(Debug)]
pub(super) struct Placeholders<'p> {
    /// (name, position in the caller's list, 1 + index of its longest proper prefix or 0).
    names: Vec<(&'p [u8], u32, u32)>,
    /// Which bytes names begin with.
    first: [bool; 256],
}

impl<'p> Placeholders<'p> {
    pub(super) fn new(params: &[&'p str]) -> Self {
        let mut names: Vec<_> = (0u32..)
            .zip(params)
            .map(|(i, name)| (name.as_bytes(), i, 0))
            .collect();
        names.retain(|(name, ..)| !name.is_empty());
        names.sort_unstable();
        names.dedup_by_key(|(name, ..)| *name);
        let mut first = [false; 256];
        for i in 0..names.len() {
            first[names[i].0[0] as usize] = true;
            let mut prefix = i as u32;
            while prefix > 0 && !names[i].0.starts_with(names[prefix as usize - 1].0) {
                prefix = names[prefix as usize - 1].2;
            }
            names[i].2 = prefix;
        }
        Placeholders { names, first }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The placeholder that stands at `pos`: its position in the caller's list, and where it ends.
    pub(super) fn find(&self, src: &[u8], pos: usize) -> Option<(u32, usize)> {
        let text = &src[pos..];
        if !self.first[*text.first()? as usize] || pos > 0 && is_word(src[pos - 1]) {
            return None;
        }
        // Every name that the text begins with is a prefix of the last name not after the text.
        let mut at = self.names.partition_point(|(name, ..)| *name <= text);
        while at > 0 {
            let (name, index, prefix) = self.names[at - 1];
            if text.starts_with(name) && !text.get(name.len()).copied().is_some_and(is_word) {
                return Some((index, pos + name.len()));
            }
            at = prefix as usize;
        }
        None
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
