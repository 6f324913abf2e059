//! What to sample for a circuit, and what its outcomes become.

use std::collections::HashSet;

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

    /// What becomes of each outcome; `places`: the bit of each qubit in an outcome.
    #[pyo3(signature = (outcomes, places = None))]
    fn becoming<'py>(
        &self,
        py: Python<'py>,
        outcomes: PyReadonlyArray1<'py, u64>,
        places: Option<Vec<u32>>,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let map = match places {
            None => self.map.clone(),
            Some(places) => {
                let distinct: HashSet<u32> = places.iter().copied().collect();
                let fits = places.iter().all(|&place| place < u64::BITS);
                if !fits || distinct.len() != self.map.n_bits() || places.len() != distinct.len() {
                    return Err(PyValueError::new_err(format!(
                        "Expected {} places below 64, each once.",
                        self.map.n_bits()
                    )));
                }
                self.map.spread(&places)
            }
        };
        let (own, width) = (outcomes.as_slice()?, map.n_bits() as u32);
        if own
            .iter()
            .any(|outcome| outcome.checked_shr(width).unwrap_or(0) != 0)
        {
            return Err(PyValueError::new_err(format!(
                "Expected outcomes of {width} qubits."
            )));
        }
        let found = py.detach(|| own.iter().map(|&outcome| map.of(outcome)).collect());
        Ok(PyArray1::from_vec(py, found))
    }
}
