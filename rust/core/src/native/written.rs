//! Programs gate by gate as they are written, for simulators whose noise goes by the names of gates.
//!
//! Only the bodies of gates a program defines are spread; built-in gates and barriers stay.

use super::lower::{Angle, LowerError, Lowering, RowError, angles_of};
use crate::qasm2::{Code, Condition, Gate, Program};

/// What a [`WrittenOp`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenKind {
    /// A built-in gate.
    Gate(Gate),
    /// `measure`: operands are one qubit, then one classical bit.
    Measure,
    /// `reset`: one qubit.
    Reset,
    /// `barrier`: any number of qubits.
    Barrier,
}

/// One operation of a [`WrittenProgram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenOp {
    /// What is done.
    pub kind: WrittenKind,
    /// 0, or 1 + an index into [`WrittenProgram::conditions`].
    pub condition: u32,
    /// Start and number of its operands in [`WrittenProgram::operands`].
    pub operands: (u32, u32),
    /// Start and number of its angles in [`WrittenProgram::slots`].
    pub slots: (u32, u32),
}

/// A program with the gates as they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenProgram {
    /// The operations.
    pub ops: Vec<WrittenOp>,
    /// Operands of all operations.
    pub operands: Vec<u32>,
    /// Angles of all operations.
    pub slots: Vec<Angle>,
    /// The distinct conditions.
    pub conditions: Vec<Condition>,
}

impl WrittenKind {
    /// Name in OpenQASM 2.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            WrittenKind::Gate(gate) => gate.name(),
            WrittenKind::Measure => "measure",
            WrittenKind::Reset => "reset",
            WrittenKind::Barrier => "barrier",
        }
    }
}

impl WrittenOp {
    /// What `code` is here; `None` for gates the program defines.
    pub(super) const fn kind(code: Code) -> Option<WrittenKind> {
        Some(match code {
            Code::Builtin(gate) => WrittenKind::Gate(gate),
            Code::Measure => WrittenKind::Measure,
            Code::Reset => WrittenKind::Reset,
            Code::Barrier => WrittenKind::Barrier,
            Code::Defined(_) => return None,
        })
    }
}

impl WrittenProgram {
    /// Spread the definitions of `program`.
    ///
    /// # Errors
    /// [`LowerError`] for opaque gates and definitions that explode.
    pub fn spread(program: &Program) -> Result<WrittenProgram, LowerError> {
        Lowering::new(program, Some(Vec::new())).into_written()
    }

    /// The operands of `op`.
    #[must_use]
    pub fn operands(&self, op: &WrittenOp) -> &[u32] {
        &self.operands[op.operands.0 as usize..][..op.operands.1 as usize]
    }

    /// All angles for a block of parameter rows, as [`super::NativeProgram::angles`].
    ///
    /// # Errors
    /// [`RowError`] for the first row at which an angle is infinite or not a number.
    pub fn angles(&self, rows: &[f64], n_rows: usize, width: usize) -> Result<Vec<f64>, RowError> {
        angles_of(&self.slots, rows, n_rows, width)
    }

    /// Name of the gate that an angle belongs to.
    #[must_use]
    pub fn gate_of_slot(&self, slot: usize) -> &'static str {
        let after = |op: &WrittenOp| op.slots.0 as usize + op.slots.1 as usize;
        let found = self.ops.iter().find(|op| after(op) > slot);
        found.map_or("?", |op| op.kind.name())
    }
}
