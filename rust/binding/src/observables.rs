//! Pauli words and their groups.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use vivace_core::pauli::{self, Observables, PauliError};

use crate::errors::vivace_error;
use crate::pool::on_pool;

fn observable_error(py: Python<'_>, error: &PauliError) -> PyErr {
    let word = match error {
        PauliError::Letter { word, .. }
        | PauliError::Length { word, .. }
        | PauliError::Duplicate { word, .. } => Some(word),
        _ => None,
    };
    vivace_error(py, "ObservableError", (error.to_string(), word))
}

#[pyfunction]
pub fn check_observables(py: Python<'_>, text: PyBackedStr) -> PyResult<()> {
    py.detach(|| pauli::check(&text))
        .map_err(|error| observable_error(py, &error))
}

/// The words of every group.
#[pyfunction]
pub fn parse_observables(py: Python<'_>, text: PyBackedStr) -> PyResult<Vec<Vec<String>>> {
    let parsed = py
        .detach(|| Observables::parse(&text))
        .map_err(|error| observable_error(py, &error))?;
    let words = |group| parsed.words(group).map(str::to_owned).collect();
    Ok((0..parsed.n_groups() as u32).map(words).collect())
}

/// Refuses words repeated in different groups.
#[pyfunction]
pub fn check_flattened(py: Python<'_>, text: PyBackedStr) -> PyResult<()> {
    py.detach(|| Observables::parse(&text)?.check_flattened())
        .map_err(|error| observable_error(py, &error))
}

/// For every circuit the number of its group, uint32, or `ALL_GROUPS`.
#[pyfunction]
pub fn groups_per_circuit<'py>(
    py: Python<'py>,
    n_groups: usize,
    ranges: Option<Vec<(i64, i64)>>,
    n_circuits: usize,
) -> PyResult<Bound<'py, PyArray1<u32>>> {
    py.detach(|| pauli::groups_per_circuit(n_groups, ranges.as_deref(), n_circuits))
        .map(|groups| PyArray1::from_vec(py, groups))
        .map_err(|error| observable_error(py, &error))
}

#[pyfunction]
pub fn encode_observables(py: Python<'_>, text: PyBackedStr) -> PyResult<String> {
    on_pool(py, || pauli::encode_wire(&text))?.map_err(|error| observable_error(py, &error))
}

#[pyfunction]
pub fn decode_observables(py: Python<'_>, text: PyBackedStr, max_bytes: usize) -> PyResult<String> {
    on_pool(py, || pauli::decode_wire(&text, max_bytes))?
        .map_err(|error| observable_error(py, &error))
}
