//! `vivace._core`: converts arguments, releases the GIL, calls [`vivace_core`], maps the error.

mod batch;
mod codecs;
mod counts;
mod errors;
mod keys;
mod native;
mod observables;
mod outcomes;
mod pool;
mod qasm;
mod sampling;
mod uploads;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::batch::{CircuitBatch, Template};
    #[pymodule_export]
    use crate::codecs::{
        compress_text, compress_texts, decode_histogram, decode_histogram_arrays, decompress_text,
        encode_histogram,
    };
    #[pymodule_export]
    use crate::counts::{counts_entries, expectation_entries, gather_counts, pack_counts};
    #[pymodule_export]
    use crate::native::{NativeCircuit, WrittenCircuit};
    #[pymodule_export]
    use crate::observables::{
        check_flattened, check_observables, decode_observables, encode_observables,
        groups_per_circuit, parse_observables,
    };
    #[pymodule_export]
    use crate::outcomes::Outcomes;
    #[pymodule_export]
    use crate::sampling::{
        derive_seeds, pack_outcomes, parities, restrict_shot_ranges, sample_counts,
        shots_per_circuit,
    };
    #[pymodule_export]
    const ALL_GROUPS: u32 = vivace_core::pauli::ALL_GROUPS;
    #[pymodule_export]
    const MAX_SHOTS: u64 = vivace_core::sample::MAX_SHOTS;
    #[pymodule_export]
    use crate::qasm::{count_qubits, validate_qasm, validate_qasm_batch};
    #[pymodule_export]
    use crate::uploads::Upload;
}
