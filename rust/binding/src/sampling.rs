//! Shot ranges, and counts from probabilities.

use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use vivace_core::counts::CountRows;
use vivace_core::parity;
use vivace_core::sample::{self, SampleError, derive_seed};
use vivace_core::shots::{self, ShotError};

use crate::counts::{Rows, rows_arrays};
use crate::errors::vivace_error;
use crate::pool::on_pool;

/// (start, end, shots), half-open.
pub type ShotGroup = (i64, i64, i64);

pub fn shot_error(py: Python<'_>, error: &ShotError) -> PyErr {
    vivace_error(py, "ShotRangeError", (error.to_string(), error.index()))
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

/// The ranges of every chunk, re-based to it: an int64 array of ranges × (start, end, shots) each.
#[pyfunction]
pub fn restrict_shot_ranges<'py>(
    py: Python<'py>,
    ranges: Vec<ShotGroup>,
    n_circuits: usize,
    chunks: Vec<(usize, usize)>,
) -> PyResult<Vec<Bound<'py, PyArray2<i64>>>> {
    let restricted = py.detach(|| {
        let ranges = shots::validate(&ranges, n_circuits)?;
        let chunks: Vec<_> = chunks.iter().map(|&(start, end)| start..end).collect();
        Ok(shots::restrict(&ranges, &chunks))
    });
    // Arrays: a tuple for each range would keep the garbage collector busy longer than all the rest.
    let array = |ranges: Vec<shots::ShotRange>| {
        let numbers = ranges
            .iter()
            .flat_map(|r| [r.start as i64, r.end as i64, r.shots as i64]);
        PyArray1::from_iter(py, numbers).reshape([ranges.len(), 3])
    };
    restricted
        .map_err(|error| shot_error(py, &error))?
        .into_iter()
        .map(array)
        .collect()
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

/// Counts per row of a matrix of probabilities, as flat arrays; errors name the row's label.
#[pyfunction]
#[pyo3(signature = (probabilities, shots, seeds, bits, n_bits, labels = None))]
pub fn sample_counts<'py>(
    py: Python<'py>,
    probabilities: PyReadonlyArray2<'py, f64>,
    shots: PyReadonlyArray1<'py, u64>,
    seeds: PyReadonlyArray1<'py, u64>,
    bits: Vec<u32>,
    n_bits: u32,
    labels: Option<Bound<'py, PyAny>>,
) -> PyResult<Rows<'py>> {
    let (matrix, shots, seeds) = (
        probabilities.as_slice()?,
        shots.as_slice()?,
        seeds.as_slice()?,
    );
    check_bits(&bits, n_bits)?;
    let n_outcomes = probabilities.shape()[1];
    let sampled = on_pool(py, || {
        let rows = sample::sample_rows(matrix, n_outcomes, shots, seeds)?;
        Ok(CountRows::from_outcomes(&rows, &bits, n_bits))
    })?;
    let rows = sampled.map_err(|error: SampleError| {
        let label = error.row().and_then(|row| {
            let label = labels.as_ref()?.get_item(row).ok()?;
            label.extract::<String>().ok()
        });
        let message = match &label {
            Some(label) => error.about(&format!("Circuit '{label}'")),
            None => error.to_string(),
        };
        vivace_error(py, "SimulationError", (message, label))
    })?;
    rows_arrays(py, rows, n_bits)
}

/// Values of diagonal words, rows × masks, from rows of probabilities of 2ⁿ outcomes.
#[pyfunction]
pub fn parities<'py>(
    py: Python<'py>,
    probabilities: PyReadonlyArray2<'py, f64>,
    masks: Vec<u32>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let [rows, n_outcomes] = [probabilities.shape()[0], probabilities.shape()[1]];
    let fits = n_outcomes.is_power_of_two() && masks.iter().all(|&m| (m as usize) < n_outcomes);
    if !fits {
        return Err(PyValueError::new_err(format!(
            "Expected 2**n columns and masks below that, got {n_outcomes} columns and masks {masks:?}."
        )));
    }
    let matrix = probabilities.as_slice()?;
    let values = on_pool(py, || parity::parities(matrix, n_outcomes, &masks))?;
    PyArray1::from_vec(py, values).reshape([rows, masks.len()])
}

/// Counts of outcomes in any order, as flat arrays: `ends[i]` is where the outcomes of row *i* end.
#[pyfunction]
pub fn pack_outcomes<'py>(
    py: Python<'py>,
    outcomes: PyReadonlyArray1<'py, u64>,
    counts: PyReadonlyArray1<'py, u64>,
    ends: Vec<usize>,
    bits: Vec<u32>,
    n_bits: u32,
) -> PyResult<Rows<'py>> {
    let (outcomes, counts) = (outcomes.as_slice()?, counts.as_slice()?);
    check_bits(&bits, n_bits)?;
    let fits = |end: &usize| *end <= outcomes.len() && *end <= counts.len();
    if !ends.is_sorted() || !ends.last().is_none_or(fits) {
        return Err(PyValueError::new_err(
            "Expected ends of rows, ascending, within the outcomes and their counts.",
        ));
    }
    let rows = py.detach(|| {
        let mut start = 0;
        let row = |end: usize| {
            let part = start..end;
            start = end;
            let pairs = outcomes[part.clone()].iter().zip(&counts[part]);
            let mut row: Vec<(u64, u64)> = pairs.map(|(&key, &count)| (key, count)).collect();
            row.sort_unstable();
            row.dedup_by(|(key, count), (before, total)| {
                let same = key == before;
                *total += *count * u64::from(same);
                same
            });
            row
        };
        let rows: Vec<_> = ends.into_iter().map(row).collect();
        CountRows::from_outcomes(&rows, &bits, n_bits)
    });
    rows_arrays(py, rows, n_bits)
}

fn check_bits(bits: &[u32], n_bits: u32) -> PyResult<()> {
    if bits.is_sorted() && bits.last().is_none_or(|&bit| bit < n_bits) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "Expected ascending classical bits below {n_bits}."
    )))
}
