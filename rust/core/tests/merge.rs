//! Operations put together and in a better order.

use vivace_core::native::NativeProgram;
use vivace_core::qasm2::parse;

/// In short: `u 0 1 6 on 2`, with the slots before `on`.
fn merged(body: &str) -> Vec<String> {
    let text = format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[3]; {body}");
    let program = parse(&text, &[] as &[&str]).expect("valid program");
    let native = NativeProgram::lower(&program).expect("lowers");
    let joined = |numbers: &[u32]| numbers.iter().map(|n| format!(" {n}")).collect::<String>();
    let shown = native.merged().into_iter().map(|op| {
        format!(
            "{}{} on{}",
            op.gate.name(),
            joined(&op.slots),
            joined(op.operands)
        )
    });
    shown.collect()
}

#[test]
fn rotations_in_a_row_are_one_gate() {
    let table: &[(&str, &[&str])] = &[
        ("ry(1) q[0]; rz(2) q[0];", &["u 0 1 2 on 0"]),
        ("rz(1) q[0]; ry(2) q[0];", &["u 1 2 0 on 0"]),
        ("rz(1) q[0]; ry(2) q[0]; rz(3) q[0];", &["u 1 2 0 on 0"]),
        (
            "ry(1) q[0]; rz(2) q[0]; rz(3) q[0];",
            &["u 0 1 3 on 0", "rz 2 on 0"],
        ),
        ("ry(1) q[0]; id q[0]; rz(2) q[0];", &["u 0 1 2 on 0"]),
        ("ry(1) q[0]; rz(2) q[1];", &["ry 0 on 0", "rz 1 on 1"]),
        (
            "ry(1) q[0]; cx q[0],q[1]; rz(2) q[0];",
            &["ry 0 on 0", "cx on 0 1", "rz 1 on 0"],
        ),
        ("ry(1) q[0]; ry(2) q[0];", &["ry 0 on 0", "ry 1 on 0"]),
    ];
    for (body, expected) in table {
        assert_eq!(merged(body), *expected, "{body}");
    }
}

#[test]
fn gates_on_one_qubit_follow_the_gate_before_them() {
    let found = merged("cx q[0],q[1]; cx q[1],q[2]; h q[0]; x q[2]; z q[1];");
    assert_eq!(
        found,
        ["cx on 0 1", "h on 0", "cx on 1 2", "x on 2", "z on 1"]
    );
}
