//! A program for simulators of density matrices, which know reset but read a measurement as one outcome.

use super::gate::NativeGate;
use super::lower::NativeProgram;

impl NativeProgram {
    /// The part that expectation values are taken of, with resets as they are and measurements in
    /// mid-circuit as the dephasing they cause: a copy onto one spare qubit, the last, which is then reset.
    /// `None` when an operation is classically controlled.
    ///
    /// Never more than one qubit wider than declared, where [`NativeProgram::unitary`] grows with every
    /// reset and measurement.
    #[must_use]
    pub fn channel(&self) -> Option<NativeProgram> {
        if self.ops.iter().any(|op| op.condition > 0) {
            return None;
        }
        let last_use = self.last_use();
        let mut out = NativeProgram {
            n_qubits: self.n_qubits,
            slots: self.slots.clone(),
            ..NativeProgram::default()
        };
        let spare = self.n_qubits;
        for (index, op) in self.ops.iter().enumerate() {
            let operands = self.operands(op);
            if op.gate != NativeGate::Measure {
                out.append(op, op.gate, operands);
            } else if last_use[operands[0] as usize] > index {
                out.n_qubits = spare + 1;
                out.append(op, NativeGate::Cx, &[operands[0], spare]);
                out.append(op, NativeGate::Reset, &[spare]);
            }
        }
        Some(out)
    }
}
