//! When two programs differ in nothing but numeric angles.
//!
//! Compared: widths, operations, operands, conditions, the bodies of defined gates and the expressions
//! over parameters. Not compared: names of registers and gates, formatting, and the values of plain
//! angles, which become the columns of a template.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::qasm2::{Code, GateDef, Program};

/// Whether `a` and `b` are one structure.
#[must_use]
pub fn same_structure(a: &Program, b: &Program) -> bool {
    a.n_qubits() == b.n_qubits()
        && a.n_clbits() == b.n_clbits()
        && a.angles.len() == b.angles.len()
        && a.ops == b.ops
        && a.operands == b.operands
        && a.conditions == b.conditions
        && a.symbols == b.symbols
        && a.gates.len() == b.gates.len()
        && a.gates.iter().zip(&b.gates).all(|(x, y)| same_gate(x, y))
}

fn same_gate(a: &GateDef, b: &GateDef) -> bool {
    a.n_params == b.n_params && a.n_qubits == b.n_qubits && a.body == b.body
}

/// A hash that is equal for programs of one structure.
#[must_use]
pub fn structure_hash(program: &Program) -> u64 {
    let mut hasher = DefaultHasher::new();
    program.n_qubits().hash(&mut hasher);
    program.n_clbits().hash(&mut hasher);
    program.operands.hash(&mut hasher);
    for op in &program.ops {
        match op.code {
            Code::Builtin(gate) => hasher.write_u32(gate as u32),
            Code::Defined(index) => hasher.write_u32(256 + index),
            other => other.hash(&mut hasher),
        }
        hasher.write_u32(op.condition);
        hasher.write_u32(op.n_operands);
    }
    hasher.finish()
}
