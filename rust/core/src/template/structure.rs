//! When two programs differ in nothing but numeric angles.
//!
//! Compared: widths, operations, operands, conditions, the bodies of defined gates and the expressions
//! over parameters, their numbers bit by bit. Not compared: names of registers and gates, formatting, and
//! the values of plain angles, which become the columns of a template.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::qasm2::{BodyOp, Expr, GateDef, Instr, Program};

/// Whether `a` and `b` are one structure.
#[must_use]
pub fn same_structure(a: &Program, b: &Program) -> bool {
    a.n_qubits() == b.n_qubits()
        && a.n_clbits() == b.n_clbits()
        && a.angles.len() == b.angles.len()
        && a.ops == b.ops
        && a.operands == b.operands
        && a.conditions == b.conditions
        && all(&a.symbols, &b.symbols, |x, y| {
            x.0 == y.0 && same_expr(&x.1, &y.1)
        })
        && all(&a.gates, &b.gates, same_gate)
}

fn same_gate(a: &GateDef, b: &GateDef) -> bool {
    let same_body = match (&a.body, &b.body) {
        (Some(a), Some(b)) => all(a, b, same_body_op),
        (None, None) => true,
        _ => false,
    };
    a.n_params == b.n_params && a.n_qubits == b.n_qubits && same_body
}

fn same_body_op(a: &BodyOp, b: &BodyOp) -> bool {
    a.code == b.code && a.qubits == b.qubits && all(&a.angles, &b.angles, same_expr)
}

fn same_expr(a: &Expr, b: &Expr) -> bool {
    all(a, b, |x, y| match (x, y) {
        (Instr::Const(x), Instr::Const(y)) => x.to_bits() == y.to_bits(),
        _ => x == y,
    })
}

fn all<T>(a: &[T], b: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y))
}

/// A hash that is equal for programs of one structure. It covers all that [`same_structure`] compares:
/// what it left out, programs could differ in by the thousand and still be compared one by one.
#[must_use]
pub fn structure_hash(program: &Program) -> u64 {
    let mut hasher = DefaultHasher::new();
    program.n_qubits().hash(&mut hasher);
    program.n_clbits().hash(&mut hasher);
    program.angles.len().hash(&mut hasher);
    program.operands.hash(&mut hasher);
    program.ops.hash(&mut hasher);
    program.conditions.hash(&mut hasher);
    program.symbols.len().hash(&mut hasher);
    for (slot, expr) in &program.symbols {
        slot.hash(&mut hasher);
        hash_expr(expr, &mut hasher);
    }
    program.gates.len().hash(&mut hasher);
    for gate in &program.gates {
        hash_gate(gate, &mut hasher);
    }
    hasher.finish()
}

fn hash_gate(gate: &GateDef, hasher: &mut DefaultHasher) {
    (gate.n_params, gate.n_qubits).hash(hasher);
    gate.body.as_ref().map(|body| body.len()).hash(hasher);
    for op in gate.body.iter().flatten() {
        op.code.hash(hasher);
        op.qubits.hash(hasher);
        op.angles.len().hash(hasher);
        for expr in &op.angles {
            hash_expr(expr, hasher);
        }
    }
}

fn hash_expr(expr: &Expr, hasher: &mut DefaultHasher) {
    expr.len().hash(hasher);
    for instr in expr {
        std::mem::discriminant(instr).hash(hasher);
        match instr {
            Instr::Const(value) => value.to_bits().hash(hasher),
            Instr::Param(index) => index.hash(hasher),
            Instr::Call(function) => function.hash(hasher),
            _ => {}
        }
    }
}
