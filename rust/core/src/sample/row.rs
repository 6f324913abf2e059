use std::fmt;

use rayon::prelude::*;

use super::binomial::binomial;
use super::stream::Stream;

/// Most shots of a row, 2⁴⁰: beyond, the rounding of `f64` would show in the counts.
pub const MAX_SHOTS: u64 = 1 << 40;

/// One number per shot while shots are fewer than this many times the outcomes, else one binomial
/// per outcome. Fixed: it decides which counts a seed gives.
///
/// Both ways take the same time at 1 to 2 shots an outcome where few outcomes carry the weight, 3 to 4
/// where probabilities are those of a random state, and 6 to 12 where all are equal, from 2 to 4096
/// outcomes. At 4, neither way is used where it is three times slower than the other.
const SHOTS_PER_OUTCOME: u64 = 4;

/// A probability this far below zero is a rounding error and taken as zero.
const NEGATIVE: f64 = -1e-12;

/// How far from 1 a sum may be and is still only rounding.
const SUM: f64 = 1e-6;

/// Why a row was not sampled. Rows and outcomes are counted from 0.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SampleError {
    /// A probability that is negative, infinite or not a number.
    Probability {
        /// The row.
        row: usize,
        /// The outcome.
        outcome: usize,
        /// The number found.
        value: f64,
    },
    /// Probabilities that do not sum to 1.
    Sum {
        /// The row.
        row: usize,
        /// What they sum to.
        sum: f64,
    },
    /// More than [`MAX_SHOTS`] shots.
    Shots {
        /// The row.
        row: usize,
        /// The shots asked for.
        shots: u64,
    },
    /// A matrix, shots and seeds that do not belong together.
    Shape {
        /// Probabilities given.
        numbers: usize,
        /// Outcomes per row.
        n_outcomes: usize,
        /// The shots asked for.
        shots: usize,
        /// Seeds given.
        seeds: usize,
    },
}

impl SampleError {
    /// The row that was not sampled, when it is one.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::Probability { row, .. } | Self::Sum { row, .. } | Self::Shots { row, .. } => {
                Some(*row)
            }
            Self::Shape { .. } => None,
        }
    }

    /// The message, with `row` as the name of the row.
    #[must_use]
    pub fn about(&self, row: &str) -> String {
        match self {
            Self::Probability { outcome, value, .. } => format!(
                "{row} has the probability {value} for outcome {outcome}; \
                 expected a finite number, not negative."
            ),
            Self::Sum { sum, .. } => {
                format!("{row} has probabilities that sum to {sum}; expected 1.")
            }
            Self::Shots { shots, .. } => {
                format!("{row} asks for {shots} shots; at most {MAX_SHOTS} are possible.")
            }
            Self::Shape {
                numbers,
                n_outcomes,
                shots,
                seeds,
            } => format!(
                "Expected one row of {n_outcomes} probabilities, one number of shots and one seed per circuit; \
                 got {numbers} probabilities, {shots} shots, {seeds} seeds."
            ),
        }
    }
}

impl fmt::Display for SampleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.about(&format!("Row {}", self.row().unwrap_or_default())))
    }
}

impl std::error::Error for SampleError {}

/// Counts of `shots` draws from `probabilities`, as (outcome, count) by ascending outcome, without zeros.
///
/// Exact multinomial sampling; the [module](super) says which numbers a seed gives. Probabilities
/// down to −10⁻¹² count as 0 and sums within 10⁻⁶ of 1 are scaled to 1. An outcome of probability 0
/// never appears, and the counts always add up to `shots`. Time depends on the number of outcomes and
/// little on the shots.
pub fn sample_counts(
    probabilities: &[f64],
    shots: u64,
    seed: u64,
) -> Result<Vec<(u64, u64)>, SampleError> {
    sample_row(0, probabilities, shots, seed, &mut Scratch::default())
}

/// [`sample_counts`] for every row of a row-major matrix of `n_outcomes` columns, on all threads.
///
/// Row `i` takes `shots[i]` and `seeds[i]` and depends on nothing else. Of several faulty rows, the
/// first is reported.
pub fn sample_rows(
    matrix: &[f64],
    n_outcomes: usize,
    shots: &[u64],
    seeds: &[u64],
) -> Result<Vec<Vec<(u64, u64)>>, SampleError> {
    let numbers = matrix.len();
    let fits = n_outcomes > 0
        && shots.len() == seeds.len()
        && shots.len().checked_mul(n_outcomes) == Some(numbers);
    if !fits {
        let (shots, seeds) = (shots.len(), seeds.len());
        return Err(SampleError::Shape {
            numbers,
            n_outcomes,
            shots,
            seeds,
        });
    }
    let rows: Vec<_> = matrix
        .par_chunks_exact(n_outcomes)
        .zip(shots)
        .zip(seeds)
        .enumerate()
        .map_init(
            Scratch::default,
            |scratch, (row, ((probabilities, shots), seed))| {
                sample_row(row, probabilities, *shots, *seed, scratch)
            },
        )
        .collect();
    rows.into_iter().collect()
}

/// Memory that rows of one thread share.
#[derive(Default)]
struct Scratch {
    sums: Vec<f64>,
    guide: Vec<u32>,
    counts: Vec<u64>,
}

fn sample_row(
    row: usize,
    probabilities: &[f64],
    shots: u64,
    seed: u64,
    scratch: &mut Scratch,
) -> Result<Vec<(u64, u64)>, SampleError> {
    check(row, probabilities, shots)?;
    let mut stream = Stream::new(seed);
    scratch.counts.clear();
    scratch.counts.resize(probabilities.len(), 0);
    if shots < SHOTS_PER_OUTCOME * probabilities.len() as u64 {
        draw_each_shot(probabilities, shots, &mut stream, scratch);
    } else {
        draw_each_outcome(probabilities, shots, &mut stream, scratch);
    }
    let seen = scratch
        .counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0);
    Ok(seen
        .map(|(outcome, count)| (outcome as u64, *count))
        .collect())
}

fn check(row: usize, probabilities: &[f64], shots: u64) -> Result<(), SampleError> {
    if shots > MAX_SHOTS {
        return Err(SampleError::Shots { row, shots });
    }
    let bad = |p: &f64| !(*p >= NEGATIVE && *p < f64::INFINITY);
    if let Some(outcome) = probabilities.iter().position(bad) {
        return Err(SampleError::Probability {
            row,
            outcome,
            value: probabilities[outcome],
        });
    }
    let sum = probabilities.iter().fold(0.0, |sum, p| sum + p.max(0.0));
    if (sum - 1.0).abs() > SUM {
        return Err(SampleError::Sum { row, sum });
    }
    Ok(())
}

/// Finds every shot's outcome in the cumulative sums, starting from a guide table (Chen, Asau: *On
/// generating random variates from an empirical distribution*, AIIE Transactions 6(2), 1974), which
/// leaves about one comparison per shot.
///
/// The outcome is the first whose cumulative sum exceeds the number drawn, so an outcome that adds
/// nothing to the sum is never it.
fn draw_each_shot(probabilities: &[f64], shots: u64, stream: &mut Stream, scratch: &mut Scratch) {
    let Scratch {
        sums,
        guide,
        counts,
    } = scratch;
    sums.clear();
    let mut total = 0.0;
    sums.extend(probabilities.iter().map(|p| {
        total += p.max(0.0);
        total
    }));
    let last = sums.iter().position(|sum| *sum >= total).unwrap_or(0);
    fill_guide(sums, total, guide);
    let cells = guide.len() as f64;
    for _ in 0..shots {
        let u = stream.uniform();
        let mut at = guide[(u * cells) as usize] as usize;
        let drawn = u * total;
        while at < last && sums[at] <= drawn {
            at += 1;
        }
        counts[at] += 1;
    }
}

/// The first outcome whose sum exceeds each cell's lower end; at least one cell per outcome.
///
/// The number of cells is a power of two, so that a number's cell is exact, without rounding.
fn fill_guide(sums: &[f64], total: f64, guide: &mut Vec<u32>) {
    let cells = sums.len().next_power_of_two();
    let width = 1.0 / cells as f64;
    let mut at = 0;
    guide.clear();
    guide.extend((0..cells).map(|cell| {
        let low = (cell as f64 * width) * total;
        while at + 1 < sums.len() && sums[at] <= low {
            at += 1;
        }
        at as u32
    }));
}

/// One binomial per outcome, conditional on what the outcomes before it left over.
fn draw_each_outcome(
    probabilities: &[f64],
    shots: u64,
    stream: &mut Stream,
    scratch: &mut Scratch,
) {
    let Scratch { sums, counts, .. } = scratch;
    sums.clear();
    let mut rest = 0.0;
    sums.extend(probabilities.iter().rev().map(|p| {
        rest += p.max(0.0);
        rest
    }));
    let mut left = shots;
    for ((p, rest), count) in probabilities.iter().zip(sums.iter().rev()).zip(counts) {
        if left == 0 {
            break;
        }
        if *p > 0.0 {
            *count = binomial(left, p / rest, stream);
            left -= *count;
        }
    }
}
