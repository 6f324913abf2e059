//! OpenQASM 2 checks.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use vivace_core::qasm2;

use crate::errors::qasm_error;
use crate::pool::on_pool;

/// Borrow every string of a list.
pub fn borrowed(strings: &[PyBackedStr]) -> Vec<&str> {
    strings.iter().map(AsRef::as_ref).collect()
}

#[pyfunction]
#[pyo3(signature = (source, parameters = Vec::new()))]
pub fn validate_qasm(
    py: Python<'_>,
    source: PyBackedStr,
    parameters: Vec<PyBackedStr>,
) -> PyResult<(u32, u32)> {
    let names = borrowed(&parameters);
    py.detach(|| qasm2::validate(&source, &names))
        .map(|widths| (widths.n_qubits, widths.n_clbits))
        .map_err(|error| qasm_error(py, &error, &source, None))
}

#[pyfunction]
#[pyo3(signature = (labels, sources, parameters = Vec::new()))]
pub fn validate_qasm_batch(
    py: Python<'_>,
    labels: Vec<PyBackedStr>,
    sources: Vec<PyBackedStr>,
    parameters: Vec<PyBackedStr>,
) -> PyResult<Vec<(u32, u32)>> {
    let (names, texts) = (borrowed(&parameters), borrowed(&sources));
    on_pool(py, || qasm2::validate_batch(&texts, &names))?
        .map(|widths| widths.iter().map(|w| (w.n_qubits, w.n_clbits)).collect())
        .map_err(|(index, error)| {
            qasm_error(
                py,
                &error,
                texts[index],
                labels.get(index).map(AsRef::as_ref),
            )
        })
}

#[pyfunction]
pub fn count_qubits(py: Python<'_>, source: PyBackedStr) -> PyResult<u32> {
    py.detach(|| qasm2::count_qubits(&source))
        .map_err(|error| qasm_error(py, &error, &source, None))
}
