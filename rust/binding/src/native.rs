//! Circuits in the native gate set.

use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyBytes, PyString, PyTuple};
use vivace_core::cone::{self, Effort};
use vivace_core::native::{
    MergedOp, NativeGate, NativeOp, NativeProgram, RowError, WrittenProgram,
};

use crate::outcomes::Outcomes;
use crate::pool::on_pool;

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
}

/// Names of all gates.
fn names(py: Python<'_>) -> Vec<Bound<'_, PyString>> {
    let name = |gate: &NativeGate| PyString::intern(py, gate.name());
    NativeGate::ALL.iter().map(name).collect()
}

fn given(py: Python<'_>, task: cone::ConeTask) -> Task<'_> {
    let member = |member: cone::Member| (PyArray1::from_vec(py, member.slots), member.targets);
    let members = task.members.into_iter().map(member).collect();
    (NativeCircuit::new(task.program), task.words, members)
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

    /// What a matrix product state that loses nothing costs, in squares of its bond dimensions.
    fn product_cost(&self, py: Python<'_>) -> (f64, f64) {
        let cost = py.detach(|| self.program.product_cost());
        (cost.gates, cost.state)
    }

    /// An order of the qubits in which a matrix product state is cheap.
    fn line(&self, py: Python<'_>) -> Vec<u32> {
        py.detach(|| self.program.line())
    }

    /// The circuit with its qubits in another order.
    fn in_order(&self, py: Python<'_>, order: Vec<u32>) -> PyResult<NativeCircuit> {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.into_iter().eq(0..self.program.n_qubits) {
            return Err(PyValueError::new_err(format!(
                "Expected {} qubits, each once.",
                self.program.n_qubits
            )));
        }
        Ok(NativeCircuit::new(
            py.detach(|| self.program.in_order(&order)),
        ))
    }

    /// All of it but the numbers.
    fn shape<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.program.shape()))
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
        self.program.condition_values().collect()
    }

    #[getter]
    fn has_conditions(&self) -> bool {
        self.program.has_conditions()
    }

    #[getter]
    fn measures(&self) -> bool {
        self.program.measures()
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

    /// What to sample; `None` unless all measurements are final, of at most 64 qubits.
    fn outcomes(&self, py: Python<'_>) -> PyResult<Option<Outcomes>> {
        let found = py.detach(|| self.program.outcomes());
        found.map(|found| Outcomes::new(py, found)).transpose()
    }

    /// The form for density matrices, with resets; `None` under classical control.
    fn channel(&self, py: Python<'_>) -> Option<NativeCircuit> {
        let program = py.detach(|| self.program.channel())?;
        Some(NativeCircuit {
            program,
            qubits: (0..self.program.n_qubits).collect(),
        })
    }

    /// The circuit without the gates at its end that turn words into words; those words, and their signs.
    fn absorb<'py>(
        &self,
        py: Python<'py>,
        words: Vec<PyBackedStr>,
    ) -> (NativeCircuit, Vec<String>, Bound<'py, PyArray1<f64>>) {
        let absorbed = py.detach(|| {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            cone::absorb(&self.program, &words)
        });
        let circuit = NativeCircuit {
            program: absorbed.program,
            qubits: self.qubits.clone(),
        };
        (
            circuit,
            absorbed.words,
            PyArray1::from_vec(py, absorbed.signs),
        )
    }

    /// How to evaluate words by their light cones: tasks, and the words that are too wide.
    fn cones<'py>(
        &self,
        py: Python<'py>,
        words: Vec<PyBackedStr>,
        max_qubits: u32,
    ) -> PyResult<(Vec<Task<'py>>, Vec<u32>)> {
        let plan = on_pool(py, || {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            cone::plan(&self.program, &words, max_qubits, Effort::Values)
        })?;
        let tasks = plan.tasks.into_iter().map(|task| given(py, task));
        Ok((tasks.collect(), plan.wide))
    }

    /// As `cones`, for derivatives: of one weighted sum of the words, or of each. Also, for every task,
    /// whether the parameter shift is cheaper.
    fn gradient_cones<'py>(
        &self,
        py: Python<'py>,
        words: Vec<PyBackedStr>,
        max_qubits: u32,
        weighted: bool,
    ) -> PyResult<(Vec<Task<'py>>, Vec<bool>, Vec<u32>)> {
        let effort = if weighted {
            Effort::Gradient
        } else {
            Effort::Jacobian
        };
        let plan = on_pool(py, || {
            let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            cone::plan(&self.program, &words, max_qubits, effort)
        })?;
        let shifts = plan.tasks.iter().map(|task| task.shift).collect();
        let tasks = plan.tasks.into_iter().map(|task| given(py, task));
        Ok((tasks.collect(), shifts, plan.wide))
    }

    /// For every slot, how many shifted values the derivative by it takes; 0 for numbers.
    fn shift_terms<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u8>> {
        PyArray1::from_vec(py, self.program.shift_terms())
    }

    /// (name, operands, slots of the angles) of operations that do the same and are fewer.
    fn merged<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let names = names(py);
        let operation = |op: MergedOp<'_>| {
            let operands = PyTuple::new(py, op.operands)?;
            let slots = PyTuple::new(py, op.slots)?;
            (&names[op.gate as usize], operands, slots).into_pyobject(py)
        };
        let merged = py.detach(|| self.program.merged());
        merged.into_iter().map(operation).collect()
    }

    /// (name, operands, index of the first angle, number of angles) of every operation.
    fn operations<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let names = names(py);
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

#[pyclass(frozen, module = "vivace._core")]
pub struct WrittenCircuit {
    program: WrittenProgram,
}

impl WrittenCircuit {
    pub fn new(program: WrittenProgram) -> WrittenCircuit {
        WrittenCircuit { program }
    }
}

#[pymethods]
impl WrittenCircuit {
    #[getter]
    fn n_slots(&self) -> usize {
        self.program.slots.len()
    }

    /// (name, operands, index of the first angle, number of angles, condition) of every operation. A
    /// condition is (first classical bit, number of bits, value), or None.
    fn operations<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        let program = &self.program;
        let operation = |op: &vivace_core::native::WrittenOp| {
            let condition = op.condition.checked_sub(1).map(|index| {
                let condition = program.conditions[index as usize];
                (condition.start, condition.size, condition.value)
            });
            let name = PyString::intern(py, op.kind.name());
            let operands = PyTuple::new(py, program.operands(op))?;
            let (first, count) = op.slots;
            (name, operands, first, count, condition).into_pyobject(py)
        };
        program.ops.iter().map(operation).collect()
    }
}

/// What angles can be asked of.
#[derive(FromPyObject)]
pub enum AnyCircuit<'py> {
    Native(PyRef<'py, NativeCircuit>),
    Written(PyRef<'py, WrittenCircuit>),
}

/// The part of a circuit that angles come from; it can cross threads.
#[derive(Clone, Copy)]
pub enum Angles<'a> {
    Native(&'a NativeProgram),
    Written(&'a WrittenProgram),
}

impl AnyCircuit<'_> {
    pub fn angles(&self) -> Angles<'_> {
        match self {
            AnyCircuit::Native(circuit) => Angles::Native(&circuit.program),
            AnyCircuit::Written(circuit) => Angles::Written(&circuit.program),
        }
    }
}

impl Angles<'_> {
    pub fn n_slots(self) -> usize {
        match self {
            Angles::Native(program) => program.slots.len(),
            Angles::Written(program) => program.slots.len(),
        }
    }

    pub fn of_rows(self, rows: &[f64], n_rows: usize, width: usize) -> Result<Vec<f64>, RowError> {
        match self {
            Angles::Native(program) => program.angles(rows, n_rows, width),
            Angles::Written(program) => program.angles(rows, n_rows, width),
        }
    }

    pub fn gate_of_slot(self, slot: usize) -> &'static str {
        match self {
            Angles::Native(program) => program.gate_of_slot(slot),
            Angles::Written(program) => program.gate_of_slot(slot),
        }
    }
}
