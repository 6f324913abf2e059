//! Counts as flat arrays, and results as the dicts users read.

use std::collections::HashMap;

use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use vivace_core::counts::{Block, CountRows, CountsTable, row_bytes, starts};

use crate::errors::vivace_error;
use crate::keys::DictMaker;

/// Offsets (int64), packed outcomes (uint8, outcomes × bytes) and counts (int64) of circuits of one width.
pub type Rows<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray2<u8>>,
    Bound<'py, PyArray1<i64>>,
);

/// Positions (uint32), width, offsets, packed outcomes and counts of some circuits of a batch.
type BlockArrays<'py> = (
    PyReadonlyArray1<'py, u32>,
    u32,
    PyReadonlyArray1<'py, i64>,
    PyReadonlyArray2<'py, u8>,
    PyReadonlyArray1<'py, i64>,
);

/// Widths (uint32), offsets (int64), packed outcomes (uint8, flat) and counts (int64) of a batch.
type Flat<'py> = (
    Bound<'py, PyArray1<u32>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray1<i64>>,
);

pub fn rows_arrays<'py>(py: Python<'py>, rows: CountRows, width: u32) -> PyResult<Rows<'py>> {
    let shape = [rows.counts.len(), row_bytes(width)];
    Ok((
        PyArray1::from_vec(py, rows.offsets),
        PyArray1::from_vec(py, rows.bits).reshape(shape)?,
        PyArray1::from_vec(py, rows.counts),
    ))
}

/// Counts as a simulator gives them: dicts of keys whose leftmost character is bit 0. Errors name the label.
#[pyfunction]
pub fn pack_counts<'py>(
    py: Python<'py>,
    found: Vec<Bound<'py, PyDict>>,
    width: u32,
    shots: Vec<u64>,
    labels: Vec<PyBackedStr>,
) -> PyResult<Rows<'py>> {
    if shots.len() != found.len() || labels.len() != found.len() {
        return Err(PyValueError::new_err(
            "Expected one number of shots and one label for each dict.",
        ));
    }
    let pairs = |dict: &Bound<'py, PyDict>| -> PyResult<Vec<(PyBackedStr, u64)>> {
        dict.iter()
            .map(|(key, count)| Ok((key.extract()?, count.extract()?)))
            .collect()
    };
    let held: Vec<_> = found.iter().map(pairs).collect::<PyResult<_>>()?;
    let rows = py.detach(|| {
        let texts: Vec<Vec<(&str, u64)>> = held
            .iter()
            .map(|row| row.iter().map(|(key, n)| (&**key, *n)).collect())
            .collect();
        CountRows::from_keys(&texts, width)
    });
    for (row, (&expected, label)) in shots.iter().zip(&labels).enumerate() {
        let total = rows.total(row);
        if total != expected as i64 {
            let message = format!(
                "Circuit '{label}' was to be sampled {expected} times, \
                 but the simulator returned {total} counts."
            );
            return Err(vivace_error(py, "SimulationError", (message, &**label)));
        }
    }
    rows_arrays(py, rows, width)
}

/// The circuits of all blocks in the order of the batch.
#[pyfunction]
pub fn gather_counts<'py>(
    py: Python<'py>,
    n_circuits: usize,
    blocks: Vec<BlockArrays<'py>>,
) -> PyResult<Flat<'py>> {
    let blocks = blocks
        .iter()
        .map(|(circuits, width, offsets, bits, counts)| {
            Ok(Block {
                circuits: circuits.as_slice()?,
                width: *width,
                offsets: offsets.as_slice()?,
                bits: bits.as_slice()?,
                counts: counts.as_slice()?,
            })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let table = py
        .detach(|| CountsTable::gather(n_circuits, &blocks))
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok((
        PyArray1::from_vec(py, table.widths),
        PyArray1::from_vec(py, table.offsets),
        PyArray1::from_vec(py, table.bits),
        PyArray1::from_vec(py, table.counts),
    ))
}

/// Expectation values as a list of entries: label, results, and metadata where there is any.
#[pyfunction]
#[pyo3(signature = (labels, words, values, metadata = None))]
pub fn expectation_entries<'py>(
    py: Python<'py>,
    labels: Bound<'py, PyTuple>,
    words: Bound<'py, PyTuple>,
    values: PyReadonlyArray2<'py, f64>,
    metadata: Option<Bound<'py, PyTuple>>,
) -> PyResult<Bound<'py, PyList>> {
    let matrix = values.as_slice()?;
    let entries = Entries::new(py, labels, metadata)?;
    if values.shape() != [entries.labels.len(), words.len()] {
        return Err(PyValueError::new_err(
            "Expected a matrix of labels x words.",
        ));
    }
    let words: Vec<Bound<'py, PyAny>> = words.iter().collect();
    // Copied for each circuit: cheaper than to grow a dict word by word.
    let prototype = PyDict::new(py);
    for word in &words {
        prototype.set_item(word, 0.0)?;
    }
    entries.list(|circuit| {
        let results = prototype.copy()?;
        for (word, value) in words.iter().zip(&matrix[circuit * words.len()..]) {
            results.set_item(word, value)?;
        }
        Ok(results)
    })
}

/// Counts as a list of entries: label, results, and metadata where there is any.
#[pyfunction]
#[pyo3(signature = (labels, widths, offsets, bits, counts, metadata = None))]
pub fn counts_entries<'py>(
    py: Python<'py>,
    labels: Bound<'py, PyTuple>,
    widths: PyReadonlyArray1<'py, u32>,
    offsets: PyReadonlyArray1<'py, i64>,
    bits: PyReadonlyArray1<'py, u8>,
    counts: PyReadonlyArray1<'py, i64>,
    metadata: Option<Bound<'py, PyTuple>>,
) -> PyResult<Bound<'py, PyList>> {
    let (widths, offsets) = (widths.as_slice()?, offsets.as_slice()?);
    let (bits, counts) = (bits.as_slice()?, counts.as_slice()?);
    let entries = Entries::new(py, labels, metadata)?;
    let starts = starts(widths.iter().copied(), offsets, bits.len(), counts.len())
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    if widths.len() != entries.labels.len() {
        return Err(PyValueError::new_err("Expected one width for each label."));
    }
    let packed = |circuit: usize| &bits[starts[circuit]..starts[circuit + 1]];
    let mut histograms: HashMap<u32, Vec<&[u8]>> = HashMap::new();
    for (circuit, &width) in widths.iter().enumerate() {
        histograms.entry(width).or_default().push(packed(circuit));
    }
    let mut makers = histograms
        .into_iter()
        .map(|(width, histograms)| Ok((width, DictMaker::new(py, width, &histograms)?)))
        .collect::<PyResult<HashMap<_, _>>>()?;
    entries.list(|circuit| match makers.get_mut(&widths[circuit]) {
        Some(maker) => {
            let own = offsets[circuit] as usize..offsets[circuit + 1] as usize;
            maker.dict(packed(circuit), &counts[own])
        }
        None => Ok(PyDict::new(py)), // cannot be: every width has a maker
    })
}

/// What the entries of a batch have besides their results.
struct Entries<'py> {
    py: Python<'py>,
    labels: Bound<'py, PyTuple>,
    metadata: Option<Bound<'py, PyTuple>>,
}

impl<'py> Entries<'py> {
    fn new(
        py: Python<'py>,
        labels: Bound<'py, PyTuple>,
        metadata: Option<Bound<'py, PyTuple>>,
    ) -> PyResult<Self> {
        if metadata
            .as_ref()
            .is_some_and(|own| own.len() != labels.len())
        {
            return Err(PyValueError::new_err("Expected metadata for each label."));
        }
        Ok(Entries {
            py,
            labels,
            metadata,
        })
    }

    fn list(
        self,
        mut results: impl FnMut(usize) -> PyResult<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let names = ["label", "results", "metadata"];
        let [label, found, extra] = names.map(|name| PyString::intern(self.py, name));
        let mut entries = Vec::with_capacity(self.labels.len());
        for (circuit, own) in self.labels.iter().enumerate() {
            let entry = PyDict::new(self.py);
            entry.set_item(&label, own)?;
            entry.set_item(&found, results(circuit)?)?;
            if let Some(metadata) = &self.metadata {
                let own = metadata.get_item(circuit)?;
                if own.is_truthy()? {
                    entry.set_item(&extra, own)?;
                }
            }
            entries.push(entry);
        }
        PyList::new(self.py, entries)
    }
}
