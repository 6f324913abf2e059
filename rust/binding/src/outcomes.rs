//! What to sample for a circuit, and what its outcomes become.

use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use vivace_core::native;
use vivace_core::sample::OutcomeMap;

use crate::native::NativeCircuit;
use crate::pool::on_pool;

#[pyclass(frozen, module = "vivace._core")]
pub struct Outcomes {
    #[pyo3(get)]
    circuit: Py<NativeCircuit>,
    #[pyo3(get)]
    slots: Py<PyArray1<u32>>,
    #[pyo3(get)]
    qubits: Vec<u32>,
    #[pyo3(get)]
    bits: Vec<u32>,
    map: OutcomeMap,
}

impl Outcomes {
    pub fn new(py: Python<'_>, found: native::Outcomes) -> PyResult<Outcomes> {
        Ok(Outcomes {
            circuit: Py::new(py, NativeCircuit::new(found.program))?,
            slots: PyArray1::from_vec(py, found.slots).unbind(),
            qubits: found.qubits,
            bits: found.bits,
            map: found.map,
        })
    }
}

#[pymethods]
impl Outcomes {
    /// Probabilities of what becomes of the outcomes, rows × outcomes.
    fn table<'py>(
        &self,
        py: Python<'py>,
        probabilities: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let [rows, outcomes] = [0, 1].map(|axis| probabilities.shape()[axis]);
        if outcomes.checked_shr(self.qubits.len() as u32) != Some(1) || !outcomes.is_power_of_two()
        {
            return Err(PyValueError::new_err(format!(
                "Expected probabilities of the outcomes of {} qubits, found {outcomes} columns.",
                self.qubits.len()
            )));
        }
        if self.map.is_identity() {
            return Ok((*probabilities).clone());
        }
        let own = probabilities.as_slice()?;
        let found = on_pool(py, || self.map.table(own))?;
        PyArray1::from_vec(py, found).reshape([rows, outcomes])
    }

    /// What becomes of each outcome.
    fn becoming<'py>(
        &self,
        py: Python<'py>,
        outcomes: PyReadonlyArray1<'py, u64>,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let own = outcomes.as_slice()?;
        let width = self.qubits.len() as u32;
        if own
            .iter()
            .any(|outcome| outcome.checked_shr(width).unwrap_or(0) != 0)
        {
            return Err(PyValueError::new_err(format!(
                "Expected outcomes of {width} qubits."
            )));
        }
        let found = py.detach(|| own.iter().map(|&outcome| self.map.of(outcome)).collect());
        Ok(PyArray1::from_vec(py, found))
    }
}
