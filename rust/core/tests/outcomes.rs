//! The circuit that is sampled for another one, and what its outcomes become.

use proptest::prelude::*;
use vivace_core::native::{NativeProgram, Outcomes};
use vivace_core::qasm2::parse;

fn outcomes(body: &str) -> Option<Outcomes> {
    let text = format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[5]; creg c[6]; {body}");
    let program = parse(&text, &["a"]).expect("valid program");
    NativeProgram::lower(&program).expect("lowers").outcomes()
}

/// Names of the gates that stay, with their operands.
fn kept(found: &Outcomes) -> Vec<String> {
    let ops = found.program.ops.iter();
    ops.map(|op| format!("{} {:?}", op.gate.name(), found.program.operands(op)))
        .collect()
}

/// The gates of a circuit, those that stay, and what becomes of some outcomes.
type Case = (&'static str, &'static [&'static str], &'static [(u64, u64)]);

#[test]
fn the_end_goes_into_the_map() {
    let table: &[Case] = &[
        // Two qubits, of which the first is bit 0 of an outcome.
        (
            "h q[0]; cx q[0],q[1]; rz(a) q[1];",
            &["h [0]"],
            &[(0, 0), (1, 3), (2, 2), (3, 1)],
        ),
        (
            "h q[0]; x q[0]; y q[1];",
            &["h [0]"],
            &[(0, 3), (1, 2), (2, 1)],
        ),
        (
            "h q[0]; swap q[0],q[1]; x q[1];",
            &["h [0]"],
            &[(0, 2), (1, 0), (2, 3)],
        ),
        (
            "h q[0]; cx q[0],q[1]; x q[0];",
            &["h [0]"],
            &[(0, 1), (1, 2)],
        ),
        (
            "h q[0]; x q[0]; cx q[0],q[1];",
            &["h [0]"],
            &[(0, 3), (1, 0)],
        ),
        (
            "cx q[0],q[1]; h q[1];",
            &["cx [0, 1]", "h [1]"],
            &[(1, 1), (2, 2)],
        ),
        (
            "cx q[0],q[1]; h q[0]; cz q[0],q[1];",
            &["cx [0, 1]", "h [0]"],
            &[(1, 1), (2, 2)],
        ),
        // Qubits that are not measured.
        (
            "h q[0]; cx q[0],q[2]; ry(a) q[2]; ccx q[2],q[3],q[4];",
            &["h [0]"],
            &[(1, 1)],
        ),
        (
            "ry(a) q[2]; cx q[0],q[2]; ry(a) q[2]; cx q[2],q[1];",
            &["ry [2]", "cx [0, 2]", "ry [2]", "cx [2, 1]"],
            &[(3, 3)],
        ),
        ("h q[0]; cx q[0],q[2];", &["h [0]"], &[(1, 1), (2, 2)]),
        (
            "h q[2]; cx q[2],q[0];",
            &["h [2]", "cx [2, 0]"],
            &[(1, 1), (2, 2)],
        ),
        (
            "h q[0]; swap q[0],q[2];",
            &["h [0]", "swap [0, 2]"],
            &[(1, 1), (2, 2)],
        ),
    ];
    for (body, gates, places) in table {
        let found = outcomes(&format!(
            "{body} measure q[0] -> c[2]; measure q[1] -> c[4];"
        ));
        let found = found.expect("final measurements");
        assert_eq!(kept(&found), *gates, "{body}");
        assert_eq!(
            (&found.qubits[..], &found.bits[..]),
            (&[0, 1][..], &[2, 4][..])
        );
        for &(outcome, becomes) in *places {
            assert_eq!(found.map.of(outcome), becomes, "{body} {outcome}");
        }
    }
}

#[test]
fn bits_ascend_and_qubits_follow() {
    let found = outcomes("h q[3]; cx q[3],q[1]; measure q[3] -> c[5]; measure q[1] -> c[0];");
    let found = found.expect("final measurements");
    assert_eq!((found.qubits, found.bits), (vec![1, 3], vec![0, 5]));
    assert_eq!(found.map.of(0b10), 0b11);
}

#[test]
fn nothing_without_final_measurements() {
    for body in [
        "measure q[0] -> c[0]; x q[0];",
        "reset q[0]; measure q[0] -> c[0];",
        "measure q[0] -> c[0]; if(c==1) x q[1];",
    ] {
        assert_eq!(outcomes(body), None, "{body}");
    }
}

/// A gate that permutes basis states, up to phases.
fn step() -> impl Strategy<Value = (usize, usize, usize)> {
    (0..8_usize, 0..5_usize, 1..5_usize).prop_map(|(kind, a, gap)| (kind, a, (a + gap) % 5))
}

fn text((kind, a, b): (usize, usize, usize)) -> String {
    match kind {
        0 => format!("x q[{a}];"),
        1 => format!("y q[{a}];"),
        2 => format!("cx q[{a}],q[{b}];"),
        3 => format!("cy q[{a}],q[{b}];"),
        4 => format!("swap q[{a}],q[{b}];"),
        5 => format!("rz(a) q[{a}]; t q[{b}];"),
        6 => format!("cz q[{a}],q[{b}]; cp(0.5) q[{a}],q[{b}];"),
        _ => format!("crz(a) q[{a}],q[{b}]; sdg q[{b}];"),
    }
}

fn plain((kind, a, b): (usize, usize, usize), state: u64) -> u64 {
    let bit = |q: usize| state >> q & 1;
    match kind {
        0 | 1 => state ^ 1 << a,
        2 | 3 => state ^ bit(a) << b,
        4 => state & !(1 << a | 1 << b) | bit(a) << b | bit(b) << a,
        _ => state,
    }
}

proptest! {
    #[test]
    fn the_map_is_what_the_gates_do(steps in prop::collection::vec(step(), 0..40), seed in any::<u32>()) {
        let head: String = (0..5).map(|q| format!("h q[{q}];")).collect();
        let tail: String = steps.iter().copied().map(text).collect();
        let read: String = (0..5).map(|q| format!("measure q[{q}] -> c[{q}];")).collect();
        let found = outcomes(&format!("{head}{tail}{read}")).expect("final measurements");
        prop_assert_eq!(found.program.ops.len(), 5);
        let after = |outcome| steps.iter().fold(outcome, |state, &step| plain(step, state));
        for outcome in 0..32 {
            prop_assert_eq!(found.map.of(outcome), after(outcome));
        }
        let rows: Vec<f64> = (0..96).map(|i| f64::from(seed ^ i)).collect();
        let moved = found.map.table(&rows);
        for (i, number) in rows.iter().enumerate() {
            let place = i / 32 * 32 + after(i as u64 % 32) as usize;
            prop_assert_eq!(moved[place], *number);
        }
    }
}
