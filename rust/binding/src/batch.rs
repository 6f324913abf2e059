//! Circuit batches and templates.

use std::sync::Arc;

use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use vivace_core::native::{DerivativeError, LowerError, NativeProgram, WrittenProgram};
use vivace_core::qasm2::Gate;
use vivace_core::template::{self, TemplateSource, measured_in, render_template};

use crate::errors::{batch_error, vivace_error};
use crate::native::{AnyCircuit, NativeCircuit, WrittenCircuit};
use crate::pool::on_pool;
use crate::qasm::borrowed;

/// One template as Python gives it: text, names, rows (float64, C order), labels.
type Source<'py> = (
    PyBackedStr,
    Vec<PyBackedStr>,
    PyReadonlyArray2<'py, f64>,
    Vec<PyBackedStr>,
);

#[pyclass(frozen, module = "vivace._core")]
pub struct CircuitBatch {
    inner: Arc<template::CircuitBatch>,
}

impl CircuitBatch {
    /// The batch, for others to keep.
    pub fn shared(&self) -> Arc<template::CircuitBatch> {
        self.inner.clone()
    }
}

#[pymethods]
impl CircuitBatch {
    #[staticmethod]
    fn from_texts(
        py: Python<'_>,
        labels: Vec<PyBackedStr>,
        texts: Vec<PyBackedStr>,
    ) -> PyResult<Self> {
        let (labels, texts) = (borrowed(&labels), borrowed(&texts));
        on_pool(py, || template::CircuitBatch::from_texts(&labels, &texts))?
            .map(|batch| CircuitBatch {
                inner: Arc::new(batch),
            })
            .map_err(|error| batch_error(py, &error, |index| (Some(labels[index]), texts[index])))
    }

    #[staticmethod]
    fn from_templates(py: Python<'_>, sources: Vec<Source<'_>>) -> PyResult<Self> {
        let names: Vec<Vec<&str>> = sources.iter().map(|s| borrowed(&s.1)).collect();
        let labels: Vec<Vec<&str>> = sources.iter().map(|s| borrowed(&s.3)).collect();
        let mut borrowed_sources = Vec::with_capacity(sources.len());
        for ((source, names), labels) in sources.iter().zip(&names).zip(&labels) {
            let (text, rows) = (&source.0, source.2.as_slice()?);
            borrowed_sources.push(TemplateSource {
                text,
                names,
                rows,
                labels,
            });
        }
        on_pool(py, || {
            template::CircuitBatch::from_templates(&borrowed_sources)
        })?
        .map(|batch| CircuitBatch {
            inner: Arc::new(batch),
        })
        .map_err(|error| {
            batch_error(py, &error, |index| {
                (labels[index].first().copied(), borrowed_sources[index].text)
            })
        })
    }

    fn __len__(&self) -> usize {
        self.inner.labels.len()
    }

    #[getter]
    fn labels(&self) -> Vec<&str> {
        self.inner.labels.iter().map(String::as_str).collect()
    }

    #[getter]
    fn templates(&self) -> Vec<Template> {
        let count = self.inner.templates.len();
        (0..count)
            .map(|index| Template {
                batch: self.inner.clone(),
                index,
            })
            .collect()
    }

    /// Template number and row of every circuit, as two uint32 arrays.
    #[getter]
    fn places<'py>(
        &self,
        py: Python<'py>,
    ) -> (Bound<'py, PyArray1<u32>>, Bound<'py, PyArray1<u32>>) {
        let places = &self.inner.places;
        (
            PyArray1::from_iter(py, places.iter().map(|p| p.template)),
            PyArray1::from_iter(py, places.iter().map(|p| p.row)),
        )
    }
}

#[pyclass(frozen, module = "vivace._core")]
pub struct Template {
    batch: Arc<template::CircuitBatch>,
    index: usize,
}

impl Template {
    fn inner(&self) -> &template::Template {
        &self.batch.templates[self.index]
    }

    fn label(&self, row: usize) -> &str {
        &self.batch.labels[self.inner().circuits[row] as usize]
    }
}

#[pymethods]
impl Template {
    fn __len__(&self) -> usize {
        self.inner().circuits.len()
    }

    #[getter]
    fn n_qubits(&self) -> u32 {
        self.inner().program.n_qubits()
    }

    #[getter]
    fn n_clbits(&self) -> u32 {
        self.inner().program.n_clbits()
    }

    #[getter]
    fn parameter_names(&self) -> Vec<&str> {
        self.inner().names.iter().map(String::as_str).collect()
    }

    #[getter]
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let inner = self.inner();
        let shape = [inner.circuits.len(), inner.names.len()];
        PyArray1::from_slice(py, &inner.rows).reshape(shape)
    }

    #[getter]
    fn circuits<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        PyArray1::from_slice(py, &self.inner().circuits)
    }

    #[getter]
    fn depth(&self, py: Python<'_>) -> u32 {
        py.detach(|| self.inner().program.depth())
    }

    #[getter]
    fn gate_counts(&self) -> Vec<(String, u64)> {
        self.inner().program.gate_counts()
    }

    #[getter]
    fn unused_parameters(&self) -> Vec<&str> {
        self.inner().unused_parameters()
    }

    #[getter]
    fn has_delays(&self) -> bool {
        self.inner().program.has_delays()
    }

    fn text(&self, py: Python<'_>) -> String {
        let inner = self.inner();
        py.detach(|| render_template(&inner.program, &inner.names))
    }

    /// The text without some measurements, then gates on single qubits, and measurements of `qubits`.
    fn text_measuring(
        &self,
        py: Python<'_>,
        without: Vec<usize>,
        gates: Vec<(String, u32)>,
        qubits: Vec<u32>,
    ) -> PyResult<String> {
        let inner = self.inner();
        let n_qubits = self.n_qubits();
        let on = gates.iter().map(|(_, qubit)| qubit);
        if let Some(qubit) = on.chain(&qubits).find(|&&qubit| qubit >= n_qubits) {
            return Err(pyo3::exceptions::PyValueError::new_err(format!(
                "Expected qubits below {n_qubits}, found {qubit}."
            )));
        }
        let gates: Vec<_> = gates
            .iter()
            .map(|(name, qubit)| Ok((plain_gate(name)?, *qubit)))
            .collect::<PyResult<_>>()?;
        Ok(py.detach(|| {
            let program = measured_in(&inner.program, &without, &gates, &qubits);
            render_template(&program, &inner.names)
        }))
    }

    fn bound_text(&self, py: Python<'_>, row: usize) -> PyResult<String> {
        let values = self
            .inner()
            .row(row)
            .ok_or_else(|| out_of_range(row, self.__len__()))?;
        py.detach(|| self.inner().bound_text(values))
            .map_err(|error| {
                let label = self.label(row);
                let message = format!("Circuit '{label}': {error}");
                vivace_error(py, "ParameterError", (message, label))
            })
    }

    fn native(&self, py: Python<'_>) -> PyResult<NativeCircuit> {
        let lowered = py.detach(|| NativeProgram::lower(&self.inner().program));
        lowered
            .map(NativeCircuit::new)
            .map_err(|error| self.lower_error(py, &error))
    }

    fn written(&self, py: Python<'_>) -> PyResult<WrittenCircuit> {
        let spread = py.detach(|| WrittenProgram::spread(&self.inner().program));
        spread
            .map(WrittenCircuit::new)
            .map_err(|error| self.lower_error(py, &error))
    }

    /// Angles of rows `start..stop`, one column per slot of `circuit`, float64.
    fn angles<'py>(
        &self,
        py: Python<'py>,
        circuit: AnyCircuit<'py>,
        start: usize,
        stop: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (rows, n_rows, width) = self.block(start, stop);
        let circuit = circuit.angles();
        let angles = on_pool(py, || circuit.of_rows(rows, n_rows, width))?.map_err(|error| {
            let label = self.label(start + error.row);
            let gate = circuit.gate_of_slot(error.slot);
            let message = format!(
                "Circuit '{label}': an angle of gate '{gate}' comes out as {}; \
                 every angle must be a finite number.",
                error.value
            );
            vivace_error(py, "ParameterError", (message, label))
        })?;
        PyArray1::from_vec(py, angles).reshape([n_rows, circuit.n_slots()])
    }

    /// Gradients by the parameters from gradients by some slots of `circuit`, at rows `start..stop`: one or
    /// more gradients for each row, one after the other.
    fn pull_back<'py>(
        &self,
        py: Python<'py>,
        circuit: &NativeCircuit,
        slots: PyReadonlyArray1<'py, u32>,
        slot_gradients: PyReadonlyArray2<'py, f64>,
        start: usize,
        stop: usize,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let (rows, n_rows, width) = self.block(start, stop);
        let [n_gradients, n_slots] = [0, 1].map(|axis| slot_gradients.shape()[axis]);
        let per_row = n_gradients.checked_div(n_rows).unwrap_or(0);
        let (slots, total) = (slots.as_slice()?, circuit.program().slots.len());
        let expected = slots.len();
        if let Some(slot) = slots.iter().find(|slot| **slot as usize >= total) {
            return Err(pyo3::exceptions::PyValueError::new_err(format!(
                "Expected slots below {total}, found {slot}."
            )));
        }
        if per_row * n_rows != n_gradients || n_slots != expected {
            return Err(pyo3::exceptions::PyValueError::new_err(format!(
                "Expected a multiple of {n_rows} gradients by {expected} slots, \
                 found {n_gradients} by {n_slots}."
            )));
        }
        let gradients = slot_gradients.as_slice()?;
        let found = on_pool(py, || {
            let program = circuit.program();
            program.pull_back(rows, n_rows, width, slots, gradients, per_row)
        })?
        .map_err(|error| self.derivative_error(py, circuit, &error, start))?;
        PyArray1::from_vec(py, found).reshape([n_gradients, width])
    }
}

impl Template {
    /// The parameter rows `start..stop`, as far as there are any, how many they are, and their width.
    fn block(&self, start: usize, stop: usize) -> (&[f64], usize, usize) {
        let inner = self.inner();
        let stop = stop.min(inner.circuits.len());
        let start = start.min(stop);
        let width = inner.names.len();
        (
            &inner.rows[start * width..stop * width],
            stop - start,
            width,
        )
    }

    fn lower_error(&self, py: Python<'_>, error: &LowerError) -> PyErr {
        let message = format!("Circuit '{}': {error}", self.label(0));
        vivace_error(py, "SimulationError", (message, self.label(0)))
    }

    fn derivative_error(
        &self,
        py: Python<'_>,
        circuit: &NativeCircuit,
        error: &DerivativeError,
        start: usize,
    ) -> PyErr {
        let label = self.label(start + error.row);
        let name = &self.inner().names[error.parameter];
        let gate = circuit.program().gate_of_slot(error.slot);
        let message = format!(
            "Circuit '{label}': the derivative by '{name}' of an angle of gate '{gate}' comes out as {}; \
             every derivative must be a finite number. Move the row away from that point.",
            error.value
        );
        vivace_error(py, "ParameterError", (message, label, name))
    }
}

/// The gate of that name, which takes one qubit and no angles.
fn plain_gate(name: &str) -> PyResult<Gate> {
    Gate::from_name(name.as_bytes())
        .filter(|gate| (gate.n_qubits(), gate.n_params()) == (1, 0))
        .ok_or_else(|| {
            pyo3::exceptions::PyValueError::new_err(format!(
                "Expected a gate on one qubit, without angles; found '{name}'."
            ))
        })
}

fn out_of_range(row: usize, n_rows: usize) -> PyErr {
    pyo3::exceptions::PyIndexError::new_err(format!("Row {row} is out of range for {n_rows} rows."))
}
