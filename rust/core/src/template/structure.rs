//! When two programs differ in nothing but numeric angles.
//!
//! Compared: widths, operations, operands, conditions, the bodies of defined gates, and the expressions
//! over the parameters of a template, their numbers bit by bit; the names of gates without a body, which
//! are all they have. Not compared: names of registers and other gates, formatting, and the numbers that become the columns of a template: those in gate bodies and the
//! values of plain angles.

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
            x.0 == y.0 && all(&x.1, &y.1, same_instr)
        })
        && all(&a.gates, &b.gates, same_gate)
}

fn same_gate(a: &GateDef, b: &GateDef) -> bool {
    let same_body = match (&a.body, &b.body) {
        (Some(a), Some(b)) => all(a, b, same_body_op),
        (None, None) => a.name == b.name,
        _ => false,
    };
    a.n_params == b.n_params && a.n_qubits == b.n_qubits && same_body
}

fn same_body_op(a: &BodyOp, b: &BodyOp) -> bool {
    let same_step = |x: &Instr, y: &Instr| match (x, y) {
        (Instr::Const(_), Instr::Const(_)) => true,
        _ => x == y,
    };
    a.code == b.code
        && a.qubits == b.qubits
        && all(&a.angles, &b.angles, |x, y| all(x, y, same_step))
}

fn same_instr(a: &Instr, b: &Instr) -> bool {
    match (a, b) {
        (Instr::Const(a), Instr::Const(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
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
        hash_expr(expr, &mut hasher, |value, hasher| {
            value.to_bits().hash(hasher);
        });
    }
    program.gates.len().hash(&mut hasher);
    for gate in &program.gates {
        hash_gate(gate, &mut hasher);
    }
    hasher.finish()
}

fn hash_gate(gate: &GateDef, hasher: &mut DefaultHasher) {
    (gate.n_params, gate.n_qubits).hash(hasher);
    match &gate.body {
        Some(body) => body.len().hash(hasher),
        None => gate.name.hash(hasher),
    }
    for op in gate.body.iter().flatten() {
        op.code.hash(hasher);
        op.qubits.hash(hasher);
        op.angles.len().hash(hasher);
        for expr in &op.angles {
            hash_expr(expr, hasher, |_, _| {});
        }
    }
}

fn hash_expr(expr: &Expr, hasher: &mut DefaultHasher, number: impl Fn(f64, &mut DefaultHasher)) {
    expr.len().hash(hasher);
    for instr in expr {
        std::mem::discriminant(instr).hash(hasher);
        match instr {
            Instr::Const(value) => number(*value, hasher),
            Instr::Param(index) => index.hash(hasher),
            Instr::Call(function) => function.hash(hasher),
            _ => {}
        }
    }
}
