//! Errors of the core as exceptions of `vivace.errors`.

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use vivace_core::qasm2::QasmError;
use vivace_core::template::BatchError;

/// Most characters of a source line kept in an exception.
const MAX_LINE: usize = 10_000;

/// An instance of `vivace.errors.<name>` built from `arguments`.
pub fn vivace_error<'py, A>(py: Python<'py>, name: &str, arguments: A) -> PyErr
where
    A: pyo3::call::PyCallArgs<'py>,
{
    let build = || -> PyResult<Bound<'py, PyAny>> {
        py.import("vivace.errors")?.getattr(name)?.call1(arguments)
    };
    match build() {
        Ok(error) => PyErr::from_value(error),
        Err(error) => {
            let wrapped = PySystemError::new_err(format!("vivace.errors.{name} cannot be built"));
            wrapped.set_cause(py, Some(error));
            wrapped
        }
    }
}

/// `QasmError` with the place filled in the way Python fills a `SyntaxError`.
pub fn qasm_error(py: Python<'_>, error: &QasmError, source: &str, label: Option<&str>) -> PyErr {
    let (line, column) = error.position(source);
    let message = error.render(source, label);
    let end = column + source[error.span.clone()].chars().count();
    let text: String = error.line_text(source).chars().take(MAX_LINE).collect();
    vivace_error(py, "QasmError", (message, label, line, column, text, end))
}

/// The error of a batch; `source` looks up the label and the text of a circuit.
pub fn batch_error<'a>(
    py: Python<'_>,
    error: &BatchError,
    source: impl Fn(usize) -> (Option<&'a str>, &'a str),
) -> PyErr {
    match error {
        BatchError::Qasm { index, error } => {
            let (label, text) = source(*index);
            qasm_error(py, error, text, label)
        }
        BatchError::DuplicateLabel { label, .. } => {
            vivace_error(py, "DuplicateLabelError", (label,))
        }
        BatchError::NotFinite { label, name, .. } => {
            vivace_error(py, "ParameterError", (error.to_string(), label, name))
        }
        BatchError::Delay { label, .. } => {
            vivace_error(py, "ParameterError", (error.to_string(), label))
        }
        BatchError::Name { name, .. } => vivace_error(
            py,
            "ParameterError",
            (error.to_string(), None::<&str>, name),
        ),
        BatchError::Length { .. } => vivace_error(py, "ParameterError", (error.to_string(),)),
    }
}
