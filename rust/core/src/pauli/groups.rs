use super::PauliError;

/// In place of a group index: the circuit is measured for every word of every group, flattened in order.
pub const ALL_GROUPS: u32 = u32::MAX;

/// Which `|` group each of `n_circuits` circuits is measured for: a group index or [`ALL_GROUPS`].
///
/// `map` holds one half-open range of global circuit indices per group; the first range that covers
/// a circuit wins, an uncovered circuit gets [`ALL_GROUPS`] (ordering §4, wire protocol §5.2).
/// Without a map every circuit gets [`ALL_GROUPS`], or group 0 if it is the only one, which is the same.
///
/// Each circuit is visited about once, however the ranges overlap.
pub fn groups_per_circuit(
    n_groups: usize,
    map: Option<&[(i64, i64)]>,
    n_circuits: usize,
) -> Result<Vec<u32>, PauliError> {
    let Some(map) = map else {
        let all = if n_groups == 1 { 0 } else { ALL_GROUPS };
        return Ok(vec![all; n_circuits]);
    };
    if map.len() != n_groups {
        return Err(PauliError::MapLength {
            ranges: map.len(),
            groups: n_groups,
        });
    }
    let mut groups = vec![ALL_GROUPS; n_circuits];
    let mut free = FreeSlots::new(n_circuits);
    for (index, &range) in map.iter().enumerate() {
        let (start, end) = check_range(index, range, n_circuits)?;
        let mut at = free.at_or_after(start);
        while at < end {
            groups[at] = index as u32;
            free.take(at);
            at = free.at_or_after(at + 1);
        }
    }
    Ok(groups)
}

fn check_range(
    index: usize,
    (start, end): (i64, i64),
    n_circuits: usize,
) -> Result<(usize, usize), PauliError> {
    let bad = PauliError::MapRange {
        index,
        start,
        end,
        n_circuits,
    };
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(from), Ok(to)) if from <= to && to <= n_circuits => Ok((from, to)),
        _ => Err(bad),
    }
}

/// The next slot not yet taken, by pointers that shorten as they are followed (path halving).
struct FreeSlots {
    next: Vec<usize>,
}

impl FreeSlots {
    fn new(n: usize) -> Self {
        Self {
            next: (0..=n).collect(),
        }
    }

    fn at_or_after(&mut self, mut at: usize) -> usize {
        while self.next[at] != at {
            self.next[at] = self.next[self.next[at]];
            at = self.next[at];
        }
        at
    }

    fn take(&mut self, at: usize) {
        self.next[at] = at + 1;
    }
}
