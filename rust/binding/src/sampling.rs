//! Shot ranges, and counts from probabilities.

use numpy::{PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyDict;
use vivace_core::sample::{self, derive_seed, write_keys};
use vivace_core::shots::{self, ShotError};

use crate::errors::vivace_error;

/// (start, end, shots), half-open.
type ShotGroup = (i64, i64, i64);

fn shot_error(py: Python<'_>, error: &ShotError) -> PyErr {
    vivace_error(py, "ShotRangeError", (error.to_string(),))
}

/// Shots of every circuit, uint64, from ranges that tile them.
#[pyfunction]
pub fn shots_per_circuit<'py>(
    py: Python<'py>,
    ranges: Vec<ShotGroup>,
    n_circuits: usize,
) -> PyResult<Bound<'py, PyArray1<u64>>> {
    let tiled = py.detach(|| {
        let ranges = shots::validate(&ranges, n_circuits)?;
        Ok(shots::per_circuit(&ranges, n_circuits))
    });
    tiled
        .map(|shots| PyArray1::from_vec(py, shots))
        .map_err(|error| shot_error(py, &error))
}

/// The ranges of every chunk, re-based to it.
#[pyfunction]
pub fn restrict_shot_ranges(
    py: Python<'_>,
    ranges: Vec<ShotGroup>,
    n_circuits: usize,
    chunks: Vec<(usize, usize)>,
) -> PyResult<Vec<Vec<(usize, usize, u64)>>> {
    let restricted = py.detach(|| {
        let ranges = shots::validate(&ranges, n_circuits)?;
        let chunks: Vec<_> = chunks.iter().map(|&(start, end)| start..end).collect();
        Ok(shots::restrict(&ranges, &chunks))
    });
    let plain =
        |ranges: Vec<shots::ShotRange>| ranges.iter().map(|r| (r.start, r.end, r.shots)).collect();
    restricted
        .map(|chunks| chunks.into_iter().map(plain).collect())
        .map_err(|error| shot_error(py, &error))
}

/// A seed for every label, uint64.
#[pyfunction]
pub fn derive_seeds<'py>(
    py: Python<'py>,
    seed: u64,
    labels: Vec<PyBackedStr>,
) -> Bound<'py, PyArray1<u64>> {
    let seeds = py.detach(|| {
        labels
            .iter()
            .map(|label| derive_seed(seed, label))
            .collect()
    });
    PyArray1::from_vec(py, seeds)
}

/// Counts per row of a matrix of probabilities, as dicts of canonical keys.
#[pyfunction]
pub fn sample_counts<'py>(
    py: Python<'py>,
    probabilities: PyReadonlyArray2<'py, f64>,
    shots: PyReadonlyArray1<'py, u64>,
    seeds: PyReadonlyArray1<'py, u64>,
    bits: Vec<u32>,
    n_bits: usize,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let (matrix, shots, seeds) = (
        probabilities.as_slice()?,
        shots.as_slice()?,
        seeds.as_slice()?,
    );
    let n_outcomes = probabilities.shape()[1];
    let rows = py
        .detach(|| sample::sample_rows(matrix, n_outcomes, shots, seeds))
        .map_err(|error| vivace_error(py, "SimulationError", (error.to_string(),)))?;
    let mut keys = Vec::new();
    let mut dicts = Vec::with_capacity(rows.len());
    for row in &rows {
        keys.clear();
        write_keys(row, &bits, n_bits, &mut keys);
        let dict = PyDict::new(py);
        for (&(_, count), key) in row.iter().zip(keys.chunks(n_bits)) {
            dict.set_item(String::from_utf8_lossy(key), count)?;
        }
        dicts.push(dict);
    }
    Ok(dicts)
}
