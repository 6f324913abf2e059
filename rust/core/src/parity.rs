//! Values of diagonal Pauli words from probabilities.

use rayon::prelude::*;

/// ⟨W⟩ = Σ p(b) (−1)^|b ∧ mask| for every row of probabilities and every mask, row-major.
///
/// `matrix` is row-major with 2ⁿ columns; bit *k* of an outcome, and of a mask, is qubit *k*. One
/// Walsh–Hadamard transform per row gives the values of all masks there are, in n 2ⁿ additions.
///
/// # Panics
/// If the columns are not a power of two, or a mask is not below their number.
#[must_use]
pub fn parities(matrix: &[f64], n_outcomes: usize, masks: &[u32]) -> Vec<f64> {
    assert!(n_outcomes.is_power_of_two());
    if masks.is_empty() {
        return Vec::new();
    }
    let mut out = vec![0.0; matrix.len() / n_outcomes * masks.len()];
    out.par_chunks_exact_mut(masks.len())
        .zip(matrix.par_chunks_exact(n_outcomes))
        .with_min_len((1 << 12) / n_outcomes + 1)
        .for_each_init(Vec::new, |scratch, (values, probabilities)| {
            scratch.clear();
            scratch.extend_from_slice(probabilities);
            transform(scratch);
            for (value, &mask) in values.iter_mut().zip(masks) {
                *value = scratch[mask as usize];
            }
        });
    out
}

/// The Walsh–Hadamard transform in place, not scaled.
fn transform(values: &mut [f64]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}
