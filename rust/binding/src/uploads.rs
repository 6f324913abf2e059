//! The request bodies of a submission.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBytes;
use vivace_core::shots;
use vivace_core::template;
use vivace_core::upload::{self, Coding, Form, UploadError};

use crate::batch::CircuitBatch;
use crate::errors::vivace_error;
use crate::pool::on_pool;
use crate::sampling::{ShotGroup, shot_error};

/// A body, its first circuit, and the circuit after its last.
type Body<'py> = (Bound<'py, PyBytes>, usize, usize);

#[pyclass(frozen, module = "vivace._core")]
pub struct Upload {
    batch: Arc<template::CircuitBatch>,
    inner: upload::Upload,
}

#[pymethods]
impl Upload {
    #[new]
    fn new(
        py: Python<'_>,
        batch: &CircuitBatch,
        members: PyBackedStr,
        shot_ranges: Vec<ShotGroup>,
        cap: usize,
        templates: Option<bool>,
    ) -> PyResult<Self> {
        let batch = batch.shared();
        let form = match templates {
            Some(true) => Form::Template,
            Some(false) => Form::Bound,
            None => Form::Smaller,
        };
        let ranges = if shot_ranges.is_empty() {
            Vec::new()
        } else {
            shots::validate(&shot_ranges, batch.labels.len())
                .map_err(|error| shot_error(py, &error))?
        };
        let inner = on_pool(py, || {
            upload::Upload::new(&batch, &members, &ranges, cap, form)
        })?
        .map_err(|error| upload_error(py, &error))?;
        Ok(Upload { batch, inner })
    }

    fn write<'py>(&self, py: Python<'py>, start: usize, gzip: bool) -> PyResult<Vec<Body<'py>>> {
        let coding = if gzip { Coding::Gzip } else { Coding::Identity };
        let bodies = on_pool(py, || self.inner.write(&self.batch, start, coding))?
            .map_err(|error| upload_error(py, &error))?;
        let body = |body: upload::Body| {
            let bytes = PyBytes::new(py, &body.bytes);
            (bytes, body.circuits.start, body.circuits.end)
        };
        Ok(bodies.into_iter().map(body).collect())
    }
}

fn upload_error(py: Python<'_>, error: &UploadError) -> PyErr {
    let name = match error {
        UploadError::Angle { .. } => "ParameterError",
        _ => "PayloadError",
    };
    vivace_error(py, name, (error.to_string(), error.label()))
}
