//! `vivace._core`: converts arguments, releases the GIL, calls [`vivace_core`], maps the error.

mod batch;
mod errors;
mod native;
mod qasm;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::batch::{CircuitBatch, Template};
    #[pymodule_export]
    use crate::native::NativeCircuit;
    #[pymodule_export]
    use crate::qasm::{count_qubits, validate_qasm, validate_qasm_batch};
}
