//! Which columns of an angle matrix are parameters at all.
//!
//! Everything here compares bit patterns, so `0.0` and `-0.0` are different numbers and nothing is ever
//! rounded: a column that is equal in all rows goes back into the template, two equal columns become one
//! parameter, and a column that is another one with every sign flipped refers to that one, negated.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

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
        let mut varies = vec![false; n_columns];
        let mut hashes = vec![0u64; n_columns];
        let Some(first) = matrix.get(..n_columns) else {
            return Summary { varies, hashes };
        };
        for row in 0..n_rows {
            let values = &matrix[row * n_columns..][..n_columns];
            for column in 0..n_columns {
                let start = first[column].to_bits();
                let bits = values[column].to_bits();
                varies[column] |= bits != start;
                let unsigned = bits ^ (start & SIGN);
                hashes[column] =
                    (hashes[column].rotate_left(5) ^ unsigned).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
        }
        // The mix above is linear enough to be steered; finish with a keyed hash of what it gave.
        for hash in &mut hashes {
            let mut hasher = DefaultHasher::new();
            hasher.write_u64(*hash);
            *hash = hasher.finish();
        }
        Summary { varies, hashes }
    }
}
