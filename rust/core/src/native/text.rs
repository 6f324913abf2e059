//! A native program as OpenQASM 2, for simulators that take classical control only as text.

use std::fmt::Write;

use super::gate::NativeGate;
use super::lower::{NativeOp, NativeProgram};

impl NativeProgram {
    /// The program with the given angles (one per slot) as OpenQASM 2 over one quantum register `q`.
    ///
    /// A conditional reset, which Maestro's parser lacks, is written as a conditional swap with one
    /// qubit more that is reset just before: the same channel on the declared qubits.
    #[must_use]
    pub fn text(&self, angles: &[f64]) -> String {
        let spare = self.n_qubits;
        let needs_spare = self.ops.iter().any(is_conditional_reset);
        let n_qubits = self.n_qubits + u32::from(needs_spare);
        let mut text = format!("OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[{n_qubits}];\n");
        for (number, register) in self.cregs.iter().enumerate() {
            let _ = writeln!(text, "creg c{number}[{}];", register.size);
        }
        for op in &self.ops {
            if is_conditional_reset(op) {
                let _ = writeln!(text, "reset q[{spare}];");
                self.condition(&mut text, op);
                let _ = writeln!(text, "swap q[{}],q[{spare}];", self.operands(op)[0]);
                continue;
            }
            self.condition(&mut text, op);
            self.gate(&mut text, op, angles);
        }
        text
    }

    fn gate(&self, text: &mut String, op: &NativeOp, angles: &[f64]) {
        let operands = self.operands(op);
        if op.gate == NativeGate::Measure {
            let (register, bit) = self.clbit(operands[1]);
            let _ = writeln!(text, "measure q[{}] -> c{register}[{bit}];", operands[0]);
            return;
        }
        text.push_str(op.gate.name());
        for position in 0..op.gate.n_params() {
            let value = angles[op.slots as usize + position];
            let _ = write!(text, "{}{value:?}", if position == 0 { '(' } else { ',' });
        }
        text.push_str(if op.gate.n_params() > 0 { ")" } else { "" });
        for (position, qubit) in operands.iter().enumerate() {
            let _ = write!(text, "{}q[{qubit}]", if position == 0 { ' ' } else { ',' });
        }
        text.push_str(";\n");
    }

    fn condition(&self, text: &mut String, op: &NativeOp) {
        let Some(index) = op.condition.checked_sub(1) else {
            return;
        };
        let condition = self.conditions[index as usize];
        let (register, _) = self.clbit(condition.start);
        let _ = write!(text, "if(c{register}=={}) ", condition.value);
    }

    /// Register number and position of a classical bit.
    fn clbit(&self, bit: u32) -> (usize, u32) {
        let at = self.cregs.partition_point(|r| r.start + r.size <= bit);
        (at, bit - self.cregs[at].start)
    }
}

fn is_conditional_reset(op: &NativeOp) -> bool {
    op.condition > 0 && op.gate == NativeGate::Reset
}
