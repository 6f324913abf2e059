//! Orders of qubits for matrix product states, and what these cost.

use std::fmt::Write;

use proptest::prelude::*;
use vivace_core::native::NativeProgram;
use vivace_core::product::ProductCost;
use vivace_core::qasm2::parse;

fn lower(n_qubits: u32, body: &str) -> NativeProgram {
    let text =
        format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[{n_qubits}]; creg c[1]; {body}");
    let program = parse(&text, &[] as &[&str]).expect("valid program");
    NativeProgram::lower(&program).expect("lowers")
}

#[test]
fn bonds() {
    let table = [
        ("", 0),
        ("h q;", 0),
        ("cx q[0],q[1];", 1),
        ("cx q[1],q[2]; cz q[2],q[1]; cx q[1],q[2];", 1), // the others are alone
        ("cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3]; cx q[3],q[4];", 1),
        (
            "cx q[0],q[1]; cx q[2],q[3]; cx q[4],q[5]; ch q[3],q[2]; ch q[2],q[3];",
            1,
        ),
        (
            "cx q[1],q[2]; cx q[3],q[4]; u(1,2,3) q[2]; u(1,2,3) q[3]; swap q[2],q[3];",
            2,
        ),
        ("cx q[0],q[5];", 2), // one qubit on its way
        ("rzz(1) q[2],q[3]; rx(1) q; rzz(1) q[2],q[3];", 1),
        (
            "rzz(1) q[1],q[2]; rzz(1) q[2],q[3]; rzz(1) q[3],q[4]; rx(1) q; rzz(1) q[2],q[3];",
            2,
        ),
        ("ccx q[1],q[2],q[3];", 3),
        ("measure q[0]->c[0]; reset q[1];", 0),
        // What is measured in between keeps the gates apart.
        (
            "cx q[2],q[3]; rz(1) q[3]; cx q[2],q[3]; cx q[1],q[2]; cx q[3],q[4];",
            1,
        ),
        (
            "cx q[1],q[2]; cx q[3],q[4]; cx q[2],q[3]; reset q[2]; rz(1) q[3]; cx q[2],q[3];",
            2,
        ),
    ];
    for (body, expected) in table {
        assert_eq!(lower(6, body).bond_exponent(), expected, "{body}");
    }
}

#[test]
fn costs() {
    let table = [
        ("", 0.0, 4.0),
        ("h q;", 0.0, 4.0),
        ("cx q[0],q[1];", 4.0, 7.0),
        ("cx q[1],q[2]; cz q[2],q[1];", 4.0 + 4.0, 7.0),
        ("cx q[0],q[2];", 2.0 * (4.0 + 4.0), 10.0),
        ("swap q[0],q[1];", 4.0, 7.0),
        ("ccx q[0],q[1],q[2];", 5.0 * (4.0 + 4.0), 10.0),
    ];
    for (body, gates, state) in table {
        assert_eq!(
            lower(5, body).product_cost(),
            ProductCost { gates, state },
            "{body}"
        );
    }
}

/// A bond of a dimension that no machine holds is still a number.
#[test]
fn costs_are_finite() {
    let layer: String = (0..99)
        .map(|q| format!("cx q[{q}],q[{}];", q + 1))
        .collect();
    let cost = lower(100, &layer.repeat(60)).product_cost();
    assert!(cost.gates.is_finite() && cost.gates > 1e15);
}

#[test]
fn a_row_is_found() {
    let scrambled = lower(5, "cx q[0],q[3]; cx q[3],q[1]; cx q[4],q[2]; cx q[1],q[4];");
    let order = scrambled.line();
    assert_eq!(order, [2, 4, 1, 3, 0]);
    let line = scrambled.in_order(&order);
    let row = lower(5, "cx q[4],q[3]; cx q[3],q[2]; cx q[1],q[0]; cx q[2],q[1];");
    assert_eq!(line.operands, row.operands);
    assert_eq!(line.product_cost(), row.product_cost());
}

#[test]
fn bits_stay_where_they_are() {
    let text = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[5]; creg c[9];\
        cx q[0],q[3]; measure q[3]->c[8]; cx q[3],q[1]; if(c==256) x q[1]; cx q[4],q[2]; cx q[1],q[4];\
        measure q[4]->c[0];";
    let program = parse(text, &[] as &[&str]).expect("valid program");
    let scrambled = NativeProgram::lower(&program).expect("lowers");
    assert_eq!(scrambled.line(), [2, 4, 1, 3, 0]);
    let line = scrambled.in_order(&scrambled.line());
    assert_eq!(line.operands, [4, 3, 3, 8, 3, 2, 2, 1, 0, 2, 1, 1, 0]);
}

#[test]
fn a_good_order_is_left_alone() {
    for body in ["", "h q;", "cx q[0],q[1]; cx q[3],q[2];"] {
        assert_eq!(lower(5, body).line(), [0, 1, 2, 3, 4]);
    }
}

proptest! {
    /// The same gates on the same qubits under new numbers, and never dearer.
    #[test]
    fn only_the_numbers_change(pairs in prop::collection::vec((0u32..9, 1u32..9), 0..30)) {
        let mut body = String::new();
        for (a, step) in &pairs {
            write!(body, "cx q[{a}],q[{}];", (a + step) % 9).expect("a string takes it");
        }
        let program = lower(9, &body);
        let order = program.line();
        let line = program.in_order(&order);
        let back: Vec<u32> = line.operands.iter().map(|&place| order[place as usize]).collect();
        prop_assert_eq!(back, program.operands.clone());
        prop_assert_eq!((&line.ops, line.n_qubits), (&program.ops, 9));
        prop_assert!(line.product_cost().gates <= program.product_cost().gates);
    }
}
