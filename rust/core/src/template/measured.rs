//! Programs that are measured otherwise at their end.

use crate::qasm2::{Code, Gate, Op, Program, Register};

/// `program` without some of its measurements, then `gates`, each on one qubit, then measurements of
/// `qubits` into a new register, which has a bit for every qubit of the program.
///
/// `without` counts measurements only, from 0, and ascends. Qubits are those of the program; gates take no angles.
#[must_use]
pub fn measured_in(
    program: &Program,
    without: &[usize],
    gates: &[(Gate, u32)],
    qubits: &[u32],
) -> Program {
    let mut measured = program.clone();
    let mut measurements = 0..;
    measured.ops.retain(|op| {
        op.code != Code::Measure
            || measurements
                .next()
                .is_none_or(|number| without.binary_search(&number).is_err())
    });
    let first_bit = program.n_clbits();
    measured.cregs.push(Register {
        name: unused_name(program, "basis"),
        start: first_bit,
        size: program.n_qubits(),
    });
    for &(gate, qubit) in gates {
        append(&mut measured, Code::Builtin(gate), &[qubit]);
    }
    for &qubit in qubits {
        append(&mut measured, Code::Measure, &[qubit, first_bit + qubit]);
    }
    measured
}

#[allow(clippy::cast_possible_truncation)] // programs have fewer than 2^32 operands and angles
fn append(program: &mut Program, code: Code, operands: &[u32]) {
    program.ops.push(Op {
        code,
        condition: 0,
        operands: program.operands.len() as u32,
        n_operands: operands.len() as u32,
        angles: program.angles.len() as u32,
    });
    program.operands.extend_from_slice(operands);
}

fn unused_name(program: &Program, name: &str) -> Box<str> {
    let registers = program.qregs.iter().chain(&program.cregs).map(|r| &r.name);
    let names: Vec<_> = registers
        .chain(program.gates.iter().map(|g| &g.name))
        .collect();
    let mut name = name.to_owned();
    while names.iter().any(|taken| ***taken == *name) {
        name.push('_');
    }
    name.into()
}
