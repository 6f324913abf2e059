//! What a program looks like from outside: depth and gate counts, as Qiskit's `QuantumCircuit` tells them.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::program::{Code, Op, Program};

impl Program {
    /// The number of time steps, as `QuantumCircuit.depth()` of the loaded program. Gates (also those the
    /// program defines), measurements and resets take one step on their qubits and classical bits, and on
    /// all bits of their condition. A barrier takes no step, but nothing behind it starts before the last
    /// of what is in front of it has ended.
    ///
    /// ```
    /// use vivace_core::qasm2::parse;
    /// let program = parse("OPENQASM 2.0; qreg q[2]; x q[0]; barrier q; x q[1];", &[])?;
    /// assert_eq!(program.depth(), 2);
    /// # Ok::<(), vivace_core::qasm2::QasmError>(())
    /// ```
    #[must_use]
    pub fn depth(&self) -> u32 {
        let n_qubits = self.n_qubits() as usize;
        let mut levels = vec![0; n_qubits + self.n_clbits() as usize];
        let mut wires = Vec::new();
        for op in &self.ops {
            self.wires(op, n_qubits, &mut wires);
            let before = wires.iter().map(|&w| levels[w]).max().unwrap_or(0);
            let after = before + u32::from(op.code != Code::Barrier);
            wires.iter().for_each(|&w| levels[w] = after);
        }
        levels.into_iter().max().unwrap_or(0)
    }

    /// What an operation touches; classical bits come behind the qubits.
    fn wires(&self, op: &Op, n_qubits: usize, wires: &mut Vec<usize>) {
        wires.clear();
        wires.extend(self.operands(op).iter().map(|&w| w as usize));
        if op.code == Code::Measure {
            wires[1] += n_qubits;
        }
        if let Some(condition) = self.conditions.get((op.condition as usize).wrapping_sub(1)) {
            let start = n_qubits + condition.start as usize;
            wires.extend(start..start + condition.size as usize);
        }
    }

    /// How often each operation occurs, by its name in the program (`measure`, `reset` and `barrier`
    /// included; what is conditional counts under its own name): the most frequent first, of equals the
    /// one that appears first.
    ///
    /// ```
    /// use vivace_core::qasm2::parse;
    /// let program = parse("OPENQASM 2.0; qreg q[2]; x q[0]; h q; barrier q;", &[])?;
    /// let counts = program.gate_counts();
    /// assert_eq!(counts, [("h".into(), 2), ("x".into(), 1), ("barrier".into(), 1)]);
    /// # Ok::<(), vivace_core::qasm2::QasmError>(())
    /// ```
    #[must_use]
    pub fn gate_counts(&self) -> Vec<(String, u64)> {
        let mut places = HashMap::new();
        let mut counts: Vec<(String, u64)> = Vec::new();
        for op in &self.ops {
            let place = *places.entry(op.code).or_insert_with(|| {
                counts.push((self.name(op.code).to_owned(), 0));
                counts.len() - 1
            });
            counts[place].1 += 1;
        }
        counts.sort_by_key(|(_, count)| Reverse(*count));
        counts
    }

    /// The name of an operation in the program.
    fn name(&self, code: Code) -> &str {
        match code {
            Code::Builtin(gate) => gate.name(),
            Code::Defined(index) => &self.gates[index as usize].name,
            Code::Measure => "measure",
            Code::Reset => "reset",
            Code::Barrier => "barrier",
        }
    }
}
