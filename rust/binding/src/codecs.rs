//! Histograms and compressed text.

use std::borrow::Cow;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyDict;
use vivace_core::histogram::{self, Envelope, Histogram, HistogramError};
use vivace_core::payload;

use crate::errors::vivace_error;
use crate::keys::DictMaker;
use crate::pool::on_pool;
use crate::qasm::borrowed;

/// Outcomes (uint8, one packed row each) and counts (int64).
type Arrays<'py> = (Bound<'py, PyArray2<u8>>, Bound<'py, PyArray1<i64>>);

fn payload_error(py: Python<'_>, error: &impl ToString) -> PyErr {
    vivace_error(py, "PayloadError", (error.to_string(),))
}

fn decoded(
    py: Python<'_>,
    encoding: &str,
    n_bits: Option<u64>,
    payload: &str,
) -> PyResult<Histogram> {
    let envelope = Envelope {
        encoding,
        n_bits,
        payload: Cow::Borrowed(payload),
    };
    py.detach(|| histogram::decode_envelope(&envelope))
        .map_err(|error| payload_error(py, &error))
}

/// A histogram as a dict of keys, rightmost character = bit 0.
#[pyfunction]
pub fn decode_histogram<'py>(
    py: Python<'py>,
    encoding: PyBackedStr,
    n_bits: Option<u64>,
    payload: PyBackedStr,
) -> PyResult<Bound<'py, PyDict>> {
    let histogram = decoded(py, &encoding, n_bits, &payload)?;
    histogram
        .check_keys()
        .map_err(|error| payload_error(py, &error))?;
    let packed = histogram.bits();
    DictMaker::new(py, histogram.n_bits(), &[packed])?.dict(packed, histogram.counts())
}

#[pyfunction]
pub fn decode_histogram_arrays<'py>(
    py: Python<'py>,
    encoding: PyBackedStr,
    n_bits: Option<u64>,
    payload: PyBackedStr,
) -> PyResult<Arrays<'py>> {
    let histogram = decoded(py, &encoding, n_bits, &payload)?;
    let shape = [histogram.len(), histogram.row_bytes()];
    let (bits, counts) = histogram.into_parts();
    Ok((
        PyArray1::from_vec(py, bits).reshape(shape)?,
        PyArray1::from_vec(py, counts),
    ))
}

/// (encoding, number of bits, payload) of a histogram.
#[pyfunction]
pub fn encode_histogram(
    py: Python<'_>,
    keys: Vec<PyBackedStr>,
    counts: Vec<u64>,
    n_bits: Option<u32>,
) -> PyResult<(String, Option<u64>, String)> {
    let keys = borrowed(&keys);
    let encode = || -> Result<(String, Option<u64>, String), HistogramError> {
        let histogram = Histogram::from_keys(keys.into_iter().zip(counts), n_bits)?;
        let envelope = histogram.to_envelope()?;
        Ok((
            envelope.encoding.to_owned(),
            envelope.n_bits,
            envelope.payload.into_owned(),
        ))
    };
    py.detach(encode).map_err(|error| payload_error(py, &error))
}

#[pyfunction]
pub fn compress_text(py: Python<'_>, text: PyBackedStr) -> String {
    py.detach(|| payload::compress_text(&text))
}

#[pyfunction]
pub fn compress_texts(py: Python<'_>, texts: Vec<PyBackedStr>) -> PyResult<Vec<String>> {
    let texts = borrowed(&texts);
    on_pool(py, || payload::compress_batch(&texts))
}

#[pyfunction]
pub fn decompress_text(py: Python<'_>, text: PyBackedStr, max_bytes: usize) -> PyResult<String> {
    py.detach(|| payload::decompress_text(&text, max_bytes))
        .map_err(|error| payload_error(py, &error))
}
