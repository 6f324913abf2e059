//! Shot ranges: check, tile, restrict to a chunk (API contract §12, wire protocol §5.3).
//!
//! A shot range says how often the circuits `start ≤ i < end` are run. The ranges of a submission
//! come in any order and cover every circuit exactly once. On the wire each request carries the
//! part of them that falls on its own circuits, counted from its first circuit.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// `shots` shots for each circuit of the half-open range `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ShotRange {
    /// First circuit.
    pub start: usize,
    /// One past the last circuit.
    pub end: usize,
    /// Shots for each of them.
    pub shots: u64,
}

impl ShotRange {
    /// The same range `delta` circuits further on, or back if negative; `None` if it would leave the
    /// numbers a circuit index can have.
    pub fn shift(self, delta: isize) -> Option<Self> {
        Some(Self {
            start: self.start.checked_add_signed(delta)?,
            end: self.end.checked_add_signed(delta)?,
            shots: self.shots,
        })
    }
}

/// `(start, end, shots)` as a caller gave it, not yet checked.
pub type RawRange = (i64, i64, i64);

/// Why shot ranges were refused. Texts end with the sentence of API contract §12.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShotError {
    /// Shots of zero or below.
    Shots {
        /// Which range.
        index: usize,
        /// The range as given.
        range: RawRange,
    },
    /// A range that is empty, reversed or not inside the submission.
    Bounds {
        /// Which range.
        index: usize,
        /// The range as given.
        range: RawRange,
        /// Circuits of the submission.
        n_circuits: usize,
    },
    /// A range that covers the circuit `circuit`, the first one it shares with an earlier range.
    Overlap {
        /// Which range.
        index: usize,
        /// The range as given.
        range: RawRange,
        /// The first circuit they share.
        circuit: usize,
    },
    /// Circuits without a range: the first few of them, whether there are more, and the first gap.
    Gap {
        /// The first circuits without a range.
        missing: Vec<usize>,
        /// Whether there are more.
        more: bool,
        /// The first gap.
        first: Range<usize>,
    },
}

impl ShotError {
    /// Number of the range that is wrong, or of the first circuit without one.
    #[must_use]
    pub fn index(&self) -> usize {
        match self {
            Self::Shots { index, .. }
            | Self::Bounds { index, .. }
            | Self::Overlap { index, .. } => *index,
            Self::Gap { first, .. } => first.start,
        }
    }
}

impl fmt::Display for ShotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |f: &mut fmt::Formatter<'_>, index: &usize, (start, end, shots): &RawRange| {
            write!(f, "Shot range {index} [{start}, {end}) with {shots} shots ")
        };
        match self {
            Self::Shots { index, range } => {
                name(f, index, range)?;
                f.write_str("has non-positive shot count.")
            }
            Self::Bounds {
                index,
                range,
                n_circuits,
            } => {
                name(f, index, range)?;
                write!(f, "is out of bounds for n_circuits={n_circuits}.")
            }
            Self::Overlap {
                index,
                range,
                circuit,
            } => {
                name(f, index, range)?;
                write!(f, "overlaps an earlier range at index {circuit}.")
            }
            Self::Gap {
                missing,
                more,
                first,
            } => {
                f.write_str("Shot ranges do not cover every circuit; missing indices [")?;
                for (i, index) in missing.iter().enumerate() {
                    write!(f, "{}{index}", if i == 0 { "" } else { ", " })?;
                }
                let more = if *more { ", …" } else { "" };
                write!(f, "{more}] (first gap: [{}, {})).", first.start, first.end)
            }
        }
    }
}

impl std::error::Error for ShotError {}

/// Most missing circuits a message lists.
const LISTED: usize = 10;

/// Checks that `ranges` tile `0..n_circuits` and returns them sorted by their first circuit.
///
/// Faults are looked for in the order given: the first range with a bad count, bad bounds or an
/// overlap with one before it is reported, and a gap only when there is none. Time O(r), O(r log r)
/// if the ranges are not sorted, whatever the number of circuits.
pub fn validate(ranges: &[RawRange], n_circuits: usize) -> Result<Vec<ShotRange>, ShotError> {
    let mut fault = None;
    let mut tiles = Vec::with_capacity(ranges.len());
    for (index, &range) in ranges.iter().enumerate() {
        match check(index, range, n_circuits) {
            Ok(tile) => tiles.push(tile),
            Err(error) => {
                fault = Some(error);
                break;
            }
        }
    }
    let mut sorted = tiles.clone();
    if !sorted.is_sorted_by_key(|range| range.start) {
        sorted.sort_unstable_by_key(|range| range.start);
    }
    let overlaps = sorted.windows(2).any(|pair| pair[1].start < pair[0].end);
    if let Some((index, circuit)) = overlaps.then(|| first_overlap(&tiles)).flatten() {
        let range = ranges[index];
        return Err(ShotError::Overlap {
            index,
            range,
            circuit,
        });
    }
    match fault.or_else(|| gap(&sorted, n_circuits)) {
        Some(error) => Err(error),
        None => Ok(sorted),
    }
}

fn check(index: usize, range: RawRange, n_circuits: usize) -> Result<ShotRange, ShotError> {
    let (start, end, shots) = range;
    let shots = match u64::try_from(shots) {
        Ok(shots) if shots > 0 => shots,
        _ => return Err(ShotError::Shots { index, range }),
    };
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(start), Ok(end)) if start < end && end <= n_circuits => {
            Ok(ShotRange { start, end, shots })
        }
        _ => Err(ShotError::Bounds {
            index,
            range,
            n_circuits,
        }),
    }
}

/// The first range in the order given that overlaps one before it, and the first circuit they share.
fn first_overlap(ranges: &[ShotRange]) -> Option<(usize, usize)> {
    let mut seen = BTreeMap::new();
    for (index, range) in ranges.iter().enumerate() {
        let before = seen.range(..=range.start).next_back();
        if before.is_some_and(|(_, end)| *end > range.start) {
            return Some((index, range.start));
        }
        if let Some((circuit, _)) = seen.range(range.start..range.end).next() {
            return Some((index, *circuit));
        }
        seen.insert(range.start, range.end);
    }
    None
}

fn gap(sorted: &[ShotRange], n_circuits: usize) -> Option<ShotError> {
    let starts = sorted.iter().map(|range| range.start).chain([n_circuits]);
    let ends = std::iter::once(0).chain(sorted.iter().map(|range| range.end));
    let mut gaps = ends
        .zip(starts)
        .filter(|(end, start)| end < start)
        .map(|(e, s)| e..s)
        .peekable();
    let first = gaps.peek()?.clone();
    let mut missing: Vec<usize> = gaps.flatten().take(LISTED + 1).collect();
    let more = missing.len() > LISTED;
    missing.truncate(LISTED);
    Some(ShotError::Gap {
        missing,
        more,
        first,
    })
}

/// Shots of each of `n_circuits` circuits; 0 where no range says anything.
///
/// Parts of a range beyond the last circuit are left out.
pub fn per_circuit(ranges: &[ShotRange], n_circuits: usize) -> Vec<u64> {
    let mut shots = vec![0; n_circuits];
    for range in ranges {
        let end = range.end.min(n_circuits);
        shots[range.start.min(end)..end].fill(range.shots);
    }
    shots
}

/// The circuits of each distinct number of shots: numbers ascending, circuits in the order of the
/// ranges (ascending for what [`validate`] returns).
pub fn bucket_by_shots(ranges: &[ShotRange]) -> Vec<(u64, Vec<usize>)> {
    let mut buckets = BTreeMap::<u64, Vec<usize>>::new();
    for range in ranges {
        buckets
            .entry(range.shots)
            .or_default()
            .extend(range.start..range.end);
    }
    buckets.into_iter().collect()
}

/// The part of `ranges` that falls on each chunk, counted from the chunk's first circuit.
///
/// `ranges` are sorted and do not overlap, as [`validate`] returns them; chunks may be any. One
/// range per overlapping pair of range and chunk: neighbours with equal shots stay separate, so a
/// caller finds its own ranges again in each request; an empty chunk gets none. A chunk's first range is found by bisection
/// and the rest follow, so the work is the size of the answer plus `log r` for each chunk.
pub fn restrict(ranges: &[ShotRange], chunks: &[Range<usize>]) -> Vec<Vec<ShotRange>> {
    chunks
        .iter()
        .map(|chunk| restrict_one(ranges, chunk))
        .collect()
}

fn restrict_one(ranges: &[ShotRange], chunk: &Range<usize>) -> Vec<ShotRange> {
    if chunk.is_empty() {
        return Vec::new();
    }
    let first = ranges.partition_point(|range| range.end <= chunk.start);
    let inside = &ranges[first..];
    let inside = &inside[..inside.partition_point(|range| range.start < chunk.end)];
    inside
        .iter()
        .map(|range| ShotRange {
            start: range.start.max(chunk.start) - chunk.start,
            end: range.end.min(chunk.end) - chunk.start,
            shots: range.shots,
        })
        .collect()
}
