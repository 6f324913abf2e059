//! The part of a program that expectation values are taken of, as a unitary circuit.
//!
//! Read-out measurements, those after which nothing happens to their qubit, are left away. What else is
//! not unitary becomes so by qubits more, exactly: a reset goes on with a fresh qubit in place of the old
//! one, and a measurement in mid-circuit copies its qubit onto a fresh one (deferred measurement;
//! Nielsen & Chuang, section 4.4), which dephases it as reading it does. Classical control has no such
//! form here and is refused.

use super::gate::NativeGate;
use super::lower::{NativeOp, NativeProgram};

/// A unitary circuit and where its declared qubits ended up.
#[derive(Clone, Debug, PartialEq)]
pub struct Unitary {
    /// Only gates. `n_qubits` counts the fresh qubits too.
    pub program: NativeProgram,
    /// For each declared qubit, the qubit of `program` that holds it in the end.
    pub qubits: Vec<u32>,
}

impl NativeProgram {
    /// The unitary form, or `None` when an operation is classically controlled.
    #[must_use]
    pub fn unitary(&self) -> Option<Unitary> {
        if self.ops.iter().any(|op| op.condition > 0) {
            return None;
        }
        let last_use = self.last_use();
        let mut out = NativeProgram {
            n_qubits: self.n_qubits,
            slots: self.slots.clone(),
            ..NativeProgram::default()
        };
        let mut qubits: Vec<u32> = (0..self.n_qubits).collect();
        let mut touched = vec![false; self.n_qubits as usize];
        for (index, op) in self.ops.iter().enumerate() {
            let operands = self.operands(op);
            let first = operands[0] as usize;
            match op.gate {
                NativeGate::Measure if last_use[first] > index => {
                    let fresh = out.fresh_qubit();
                    out.append(op, NativeGate::Cx, &[qubits[first], fresh]);
                }
                NativeGate::Measure => {}
                NativeGate::Reset if touched[first] => qubits[first] = out.fresh_qubit(),
                NativeGate::Reset => {}
                gate => {
                    let mapped: Vec<u32> = operands.iter().map(|&q| qubits[q as usize]).collect();
                    operands.iter().for_each(|&q| touched[q as usize] = true);
                    out.append(op, gate, &mapped);
                }
            }
        }
        Some(Unitary {
            program: out,
            qubits,
        })
    }

    /// For each qubit, the index of the last operation on it that is not a measurement.
    pub(super) fn last_use(&self) -> Vec<usize> {
        let mut last = vec![0; self.n_qubits as usize];
        for (index, op) in self.ops.iter().enumerate() {
            if op.gate != NativeGate::Measure {
                self.operands(op)
                    .iter()
                    .for_each(|&q| last[q as usize] = index);
            }
        }
        last
    }

    fn fresh_qubit(&mut self) -> u32 {
        self.n_qubits += 1;
        self.n_qubits - 1
    }

    pub(super) fn append(&mut self, op: &NativeOp, gate: NativeGate, operands: &[u32]) {
        self.ops.push(NativeOp {
            gate,
            condition: 0,
            operands: self.operands.len() as u32,
            slots: op.slots,
        });
        self.operands.extend_from_slice(operands);
    }
}
