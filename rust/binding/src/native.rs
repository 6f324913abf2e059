//! Circuits in the native gate set.

use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyTuple;
use vivace_core::cone;
use vivace_core::native::{NativeGate, NativeOp, NativeProgram};

/// One circuit of an evaluation plan: the circuit, its words, and its members as (slots, targets).
type Task<'py> = (
    NativeCircuit,
    Vec<String>,
    Vec<(Bound<'py, PyArray1<u32>>, Vec<Vec<u32>>)>,
);

#[pyclass(frozen, module = "vivace._core")]
pub struct NativeCircuit {
    program: NativeProgram,
    /// For each declared qubit, the qubit that holds it in the end.
    qubits: Vec<u32>,
}

impl NativeCircuit {
    pub fn new(program: NativeProgram) -> NativeCircuit {
        let qubits = (0..program.n_qubits).collect();
        NativeCircuit { program, qubits }
    }

    pub fn program(&self) -> &NativeProgram {
        &self.program
    }

    pub fn gate_of_slot(&self, slot: usize) -> &'static str {
        let holds = |op: &&NativeOp| op.gate.n_params() > 0 && op.slots as usize <= slot;
        self.program
            .ops
            .iter()
            .rev()
            .find(holds)
            .map_or("?", |op| op.gate.name())
    }
}

#[pymethods]
impl NativeCircuit {
    #[getter]
    fn n_qubits(&self) -> u32 {
        self.program.n_qubits
    }

    #[getter]
    fn n_slots(&self) -> usize {
        self.program.slots.len()
    }

    /// The bond dimension, as a power of two, at which a matrix product state of the circuit is exact.
    #[getter]
    fn bond_exponent(&self, py: Python<'_>) -> u32 {
        py.detach(|| self.program.bond_exponent())
    }

    #[getter]
    fn n_operations(&self) -> usize {
        self.program.ops.len()
    }

    #[getter]
    fn qubits(&self) -> Vec<u32> {
        self.qubits.clone()
    }

    /// Values of the conditions, one per distinct condition.
    #[getter]
    fn condition_values(&self) -> Vec<u64> {
        self.program
            .conditions
            .iter()
            .map(|condition| condition.value)
            .collect()
    }

    #[getter]
    fn has_conditions(&self) -> bool {
        self.program.ops.iter().any(|op| op.condition > 0)
    }

    /// For every classical bit, the qubit read into it at the end; `None` when some measurement or reset
    /// is not at the end, so that counts do not follow from the final state.
    fn readout(&self, py: Python<'_>) -> Option<Vec<Option<u32>>> {
        py.detach(|| self.program.readout())
    }

    /// The unitary form that expectation values are taken of; `None` under classical control.
    fn unitary(&self, py: Python<'_>) -> Option<NativeCircuit> {
        let unitary = py.detach(|| self.program.unitary())?;
        Some(NativeCircuit {
            program: unitary.program,
            qubits: unitary.qubits,
        })
    }

    /// The form for density matrices, with resets; `None` under classical control.
    fn channel(&self, py: Python<'_>) -> Option<NativeCircuit> {
        let program = py.detach(|| self.program.channel())?;
        Some(NativeCircuit {
            program,
            qubits: (0..self.program.n_qubits).collect(),
        })
    }

    /// How to evaluate words by their light cones: tasks, and the words that are too wide.
    fn cones<'py>(
        &self,
        py: Python<'py>,
        words: Vec<PyBackedStr>,
        max_qubits: u32,
    ) -> (Vec<Task<'py>>, Vec<u32>) {
        let plan = py.detach(|| {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            cone::plan(&self.program, &words, max_qubits)
        });
        let member = |member: cone::Member| (PyArray1::from_vec(py, member.slots), member.targets);
        let task = |task: cone::ConeTask| {
            let members = task.members.into_iter().map(member).collect();
            (NativeCircuit::new(task.program), task.words, members)
        };
        (plan.tasks.into_iter().map(task).collect(), plan.wide)
    }

    /// (name, operands, index of the first angle, number of angles) of every operation.
    fn operations<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let names: Vec<_> = NativeGate::ALL
            .iter()
            .map(|gate| pyo3::types::PyString::intern(py, gate.name()))
            .collect();
        let operation = |op: &NativeOp| {
            let operands = PyTuple::new(py, self.program.operands(op))?;
            (
                &names[op.gate as usize],
                operands,
                op.slots,
                op.gate.n_params(),
            )
                .into_pyobject(py)
        };
        self.program.ops.iter().map(operation).collect()
    }

    /// The circuit as OpenQASM 2 with one angle per slot.
    fn text(&self, py: Python<'_>, angles: Vec<f64>) -> PyResult<String> {
        if angles.len() != self.program.slots.len() {
            return Err(pyo3::exceptions::PyValueError::new_err(format!(
                "Expected {} angles, found {}.",
                self.program.slots.len(),
                angles.len()
            )));
        }
        Ok(py.detach(|| self.program.text(&angles)))
    }
}
