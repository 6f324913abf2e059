//! Which columns of an angle matrix are parameters at all.
//!
//! Everything here compares bit patterns, so `0.0` and `-0.0` are different numbers and nothing is ever
//! rounded: a column that is equal in all rows goes back into the template, two equal columns become one
//! parameter, and a column that is another one with every sign flipped refers to that one, negated.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

const SIGN: u64 = 1 << 63;

/// What one column of the matrix turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Column {
    /// The same number in every row.
    Constant(f64),
    /// A parameter.
    Parameter(u32),
    /// A parameter with its sign flipped.
    Negated(u32),
}

/// The outcome of [`fold_columns`].
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// One entry per column of the matrix.
    pub columns: Vec<Column>,
    /// The parameters that are left, as a row-major matrix with `n_parameters` columns.
    pub rows: Vec<f64>,
    /// Number of parameters.
    pub n_parameters: usize,
}

/// Sort the columns of a row-major `rows` × `n_columns` matrix into constants and distinct parameters.
///
/// `matrix.len()` must be `n_rows * n_columns`.
#[must_use]
pub fn fold_columns(matrix: &[f64], n_rows: usize, n_columns: usize) -> Columns {
    debug_assert_eq!(matrix.len(), n_rows * n_columns);
    let summary = Summary::of(matrix, n_rows, n_columns);
    let mut columns = Vec::with_capacity(n_columns);
    let mut sources: Vec<usize> = Vec::new();
    let mut seen: HashMap<u64, Vec<u32>> = HashMap::new();
    for column in 0..n_columns {
        if !summary.varies[column] {
            columns.push(Column::Constant(matrix[column]));
            continue;
        }
        let candidates = seen.entry(summary.hashes[column]).or_default();
        let known = candidates.iter().find_map(|&parameter| {
            let source = sources[parameter as usize];
            related(matrix, n_rows, n_columns, source, column, parameter)
        });
        columns.push(known.unwrap_or_else(|| {
            let parameter = u32::try_from(sources.len()).unwrap_or(u32::MAX);
            candidates.push(parameter);
            sources.push(column);
            Column::Parameter(parameter)
        }));
    }
    let rows = (0..n_rows)
        .flat_map(|row| sources.iter().map(move |&c| matrix[row * n_columns + c]))
        .collect();
    Columns {
        columns,
        rows,
        n_parameters: sources.len(),
    }
}

/// `column` as `source` or as its negative, when it is exactly that in every row.
fn related(
    matrix: &[f64],
    n_rows: usize,
    n_columns: usize,
    source: usize,
    column: usize,
    parameter: u32,
) -> Option<Column> {
    let flip = (matrix[source].to_bits() ^ matrix[column].to_bits()) & SIGN;
    let equal = (0..n_rows).all(|row| {
        let row = &matrix[row * n_columns..];
        row[source].to_bits() ^ flip == row[column].to_bits()
    });
    equal.then_some(if flip == 0 {
        Column::Parameter(parameter)
    } else {
        Column::Negated(parameter)
    })
}

/// Per column, from one pass over the matrix in memory order: does it vary, and a hash that is the same
/// for a column and its negative.
struct Summary {
    varies: Vec<bool>,
    hashes: Vec<u64>,
}

impl Summary {
    fn of(matrix: &[f64], n_rows: usize, n_columns: usize) -> Summary {
        let key = Key::random();
        let mut varies = vec![false; n_columns];
        let mut hashes = vec![key.start; n_columns];
        let Some(first) = matrix.get(..n_columns) else {
            return Summary { varies, hashes };
        };
        for row in 0..n_rows {
            let values = &matrix[row * n_columns..][..n_columns];
            for column in 0..n_columns {
                let start = first[column].to_bits();
                let bits = values[column].to_bits();
                varies[column] |= bits != start;
                hashes[column] = key.mix(hashes[column], bits ^ (start & SIGN));
            }
        }
        Summary { varies, hashes }
    }
}

/// What the column hashes depend on besides the numbers. It is drawn anew for every matrix and takes part
/// in every step, so that nobody can choose numbers whose columns all look alike and are then compared
/// pair by pair.
struct Key {
    start: u64,
    factor: u64,
}

impl Key {
    fn random() -> Key {
        let state = RandomState::new();
        Key {
            start: state.hash_one(0),
            factor: state.hash_one(1) | 1,
        }
    }

    /// The next state: both halves of a product with a secret factor. In either half alone a difference in
    /// the lowest (or highest) bits would stay where a later number can undo it.
    #[inline]
    const fn mix(&self, hash: u64, bits: u64) -> u64 {
        let product = (hash ^ bits) as u128 * self.factor as u128;
        (product >> 64) as u64 ^ product as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs of numbers that met again in the hash this replaces, whatever it was seeded with: a sign
    /// flipped in one row moves one known bit, and the next row undoes it.
    #[test]
    fn columns_that_undo_their_differences_hash_apart() {
        const N: u32 = 10;
        let n_columns = 1 << N;
        let flip = |column: u32, pair: u32| u64::from(column >> pair & 1);
        let matrix: Vec<f64> = (0..=2 * N)
            .flat_map(|row| (0..1u32 << N).map(move |column| (row, column)))
            .map(|(row, column)| {
                let bits = match row.checked_sub(1) {
                    None => 1.5f64.to_bits(),
                    Some(r) if r % 2 == 0 => 2.5f64.to_bits() ^ flip(column, r / 2) << 63,
                    Some(r) => 3.5f64.to_bits() ^ flip(column, r / 2) << 4,
                };
                f64::from_bits(bits)
            })
            .collect();
        let summary = Summary::of(&matrix, 2 * N as usize + 1, n_columns);
        let distinct: std::collections::HashSet<u64> = summary.hashes.into_iter().collect();
        assert_eq!(distinct.len(), n_columns);
    }
}
