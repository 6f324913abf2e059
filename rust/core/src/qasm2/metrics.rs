//! What a program looks like from outside: depth and gate counts, as Qiskit's `QuantumCircuit` tells them.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::program::{Code, Program};

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
        let mut levels = Levels::of(self);
        for op in &self.ops {
            let condition = self.conditions.get((op.condition as usize).wrapping_sub(1));
            let register = condition.map(|c| levels.register_of(c.start));
            let operands = self.operands(op);
            let before = levels.before(op.code, operands, register);
            let step = u32::from(op.code != Code::Barrier);
            levels.rise(op.code, operands, register, before + step);
        }
        levels.deepest
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

/// The time step that each bit has reached. A condition reads and moves a whole register: that is kept as
/// one number per register, so that wide registers cost no more than narrow ones.
struct Levels {
    qubits: Vec<u32>,
    clbits: Vec<u32>,
    /// Where each classical register starts.
    starts: Vec<u32>,
    /// Per classical register: the least step of its bits, and the greatest.
    least: Vec<u32>,
    greatest: Vec<u32>,
    deepest: u32,
}

impl Levels {
    fn of(program: &Program) -> Levels {
        let registers = program.cregs.len();
        Levels {
            qubits: vec![0; program.n_qubits() as usize],
            clbits: vec![0; program.n_clbits() as usize],
            starts: program.cregs.iter().map(|r| r.start).collect(),
            least: vec![0; registers],
            greatest: vec![0; registers],
            deepest: 0,
        }
    }

    fn register_of(&self, bit: u32) -> usize {
        self.starts.partition_point(|&start| start <= bit) - 1
    }

    /// The last step of all that an operation touches.
    fn before(&self, code: Code, operands: &[u32], condition: Option<usize>) -> u32 {
        let (qubits, bit) = split(code, operands);
        let of_qubits = qubits.iter().map(|&q| self.qubits[q as usize]).max();
        let of_bit = bit.map(|b| self.clbits[b as usize].max(self.least[self.register_of(b)]));
        let of_condition = condition.map(|register| self.greatest[register]);
        of_qubits.max(of_bit).max(of_condition).unwrap_or(0)
    }

    /// Move everything that an operation touches to step `level`.
    fn rise(&mut self, code: Code, operands: &[u32], condition: Option<usize>, level: u32) {
        let (qubits, bit) = split(code, operands);
        qubits.iter().for_each(|&q| self.qubits[q as usize] = level);
        if let Some(bit) = bit {
            let register = self.register_of(bit);
            self.clbits[bit as usize] = level;
            self.greatest[register] = self.greatest[register].max(level);
        }
        if let Some(register) = condition {
            self.least[register] = level;
            self.greatest[register] = level;
        }
        self.deepest = self.deepest.max(level);
    }
}

/// Qubits, and the classical bit of a measurement.
fn split(code: Code, operands: &[u32]) -> (&[u32], Option<u32>) {
    match (code, operands) {
        (Code::Measure, [qubit, bit]) => (std::slice::from_ref(qubit), Some(*bit)),
        _ => (operands, None),
    }
}
