use std::cmp::Ordering;

/// Counts of circuits of one width, one circuit after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountRows {
    /// Where the outcomes of each circuit begin, and where those of the last one end.
    pub offsets: Vec<i64>,
    /// Packed outcomes.
    pub bits: Vec<u8>,
    /// How often each was seen.
    pub counts: Vec<i64>,
}

/// Bytes of an outcome of `width` classical bits.
#[must_use]
pub const fn row_bytes(width: u32) -> usize {
    width.div_ceil(8) as usize
}

impl CountRows {
    /// From (outcome, count) pairs by ascending outcome.
    ///
    /// Bit *k* of an outcome is the value of classical bit `places[k]`, which ascend; all other of the
    /// `width` classical bits are 0.
    #[must_use]
    pub fn from_outcomes(rows: &[Vec<(u64, u64)>], places: &[u32], width: u32) -> Self {
        let mut found = Self::with_capacity(rows.len(), rows.iter().map(Vec::len).sum(), width);
        for row in rows {
            for &(outcome, count) in row {
                let packed = found.push(width, count);
                for (k, &place) in places.iter().enumerate() {
                    set(packed, place, outcome >> k & 1 == 1);
                }
            }
            found.close();
        }
        found
    }

    /// From (key, count) pairs whose *leftmost* character is bit 0, as simulators write them.
    ///
    /// Characters beyond `width` are dropped, missing ones are 0, and keys that are then equal are added up.
    #[must_use]
    pub fn from_keys(rows: &[Vec<(&str, u64)>], width: u32) -> Self {
        let size = row_bytes(width);
        let mut found = Self::with_capacity(rows.len(), rows.iter().map(Vec::len).sum(), width);
        let (mut packed, mut order) = (Vec::new(), Vec::new());
        for row in rows {
            packed.clear();
            packed.resize(row.len() * size, 0);
            for (index, (key, _)) in row.iter().enumerate() {
                let bits = &mut packed[index * size..][..size];
                for (place, character) in (0..width).zip(key.bytes()) {
                    set(bits, place, character == b'1');
                }
            }
            let outcome = |index: usize| &packed[index * size..][..size];
            order.clear();
            order.extend(0..row.len());
            order.sort_unstable_by(|&a, &b| outcome(a).cmp(outcome(b)));
            for (at, &index) in order.iter().enumerate() {
                let (bits, count) = (outcome(index), row[index].1);
                let seen = at > 0 && outcome(order[at - 1]).cmp(bits) == Ordering::Equal;
                match found.counts.last_mut() {
                    Some(last) if seen => *last += count as i64,
                    _ => found.push(width, count).copy_from_slice(bits),
                }
            }
            found.close();
        }
        found
    }

    /// Number of circuits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no circuit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shots of a circuit.
    #[must_use]
    pub fn total(&self, row: usize) -> i64 {
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        self.counts[start..end].iter().sum()
    }

    fn with_capacity(rows: usize, outcomes: usize, width: u32) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        CountRows {
            offsets,
            bits: Vec::with_capacity(outcomes * row_bytes(width)),
            counts: Vec::with_capacity(outcomes),
        }
    }

    /// The packed outcome of a new count, all zeros.
    fn push(&mut self, width: u32, count: u64) -> &mut [u8] {
        let start = self.bits.len();
        self.bits.resize(start + row_bytes(width), 0);
        self.counts.push(count as i64);
        &mut self.bits[start..]
    }

    /// End the circuit.
    fn close(&mut self) {
        self.offsets.push(self.counts.len() as i64);
    }
}

/// Set classical bit `place` of a packed outcome.
fn set(packed: &mut [u8], place: u32, value: bool) {
    let byte = packed.len() - 1 - place as usize / 8;
    packed[byte] |= u8::from(value) << (place % 8);
}
