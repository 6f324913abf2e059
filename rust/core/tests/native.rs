//! Lowering to the native gate set: what comes out, and what is refused.

use vivace_core::native::{
    Angle, LowerError, NativeGate, NativeProgram, WrittenProgram, spread_steps,
};
use vivace_core::qasm2::{Gate, Program, parse};

fn program(body: &str) -> Program {
    let text =
        format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[5]; creg c[2]; creg d[3]; {body}");
    parse(&text, &["a", "b"]).expect("valid program")
}

fn lower(body: &str) -> Result<NativeProgram, LowerError> {
    NativeProgram::lower(&program(body))
}

/// The operations in short: `rx 0.5 on 1`, with `a`, `b` for parameters and `?` for longer expressions.
fn shown(program: &NativeProgram) -> Vec<String> {
    let angle = |slot: &Angle| match slot {
        Angle::Value(value) => format!("{value} "),
        Angle::Symbol(_) => "? ".to_owned(),
    };
    program
        .ops
        .iter()
        .map(|op| {
            let angles: String = program.slots[op.slots as usize..][..op.gate.n_params()]
                .iter()
                .map(angle)
                .collect();
            let operands: Vec<String> = program.operands(op).iter().map(u32::to_string).collect();
            let condition = if op.condition > 0 { "if " } else { "" };
            format!(
                "{condition}{} {angles}on {}",
                op.gate.name(),
                operands.join(" ")
            )
        })
        .collect()
}

#[test]
fn terms_of_the_parameter_shift() {
    let table: &[(&str, &[u8])] = &[
        ("rx(a) q[0];", &[2]),
        ("rx(0.5) q[0];", &[0]),
        ("u(a,0.5,b) q[0];", &[2, 0, 2]),
        ("cp(a+b) q[0],q[1];", &[2]),
        (
            "crx(a) q[0],q[1]; cry(a) q[0],q[1]; crz(a) q[0],q[1];",
            &[4, 4, 4],
        ),
        ("cu(a,b,a,b) q[0],q[1];", &[4, 2, 2, 2]),
    ];
    for (body, terms) in table {
        let program = lower(body).expect("lowers");
        assert_eq!(program.shift_terms(), *terms, "{body}");
    }
}

#[test]
fn every_gate_of_the_table_lowers() {
    for gate in Gate::ALL {
        let angles = ["0.1", "0.2", "0.3", "0.4"][..gate.n_params() as usize].join(",");
        let angles = if angles.is_empty() {
            angles
        } else {
            format!("({angles})")
        };
        let qubits = ["q[0]", "q[1]", "q[2]", "q[3]", "q[4]"][..gate.n_qubits() as usize].join(",");
        let program = lower(&format!("{}{angles} {qubits};", gate.name())).expect("lowers");
        assert!(!program.ops.is_empty(), "{}", gate.name());
    }
}

#[test]
fn lowering() {
    let table: &[(&str, &str, &[&str])] = &[
        ("as it is", "cu(1,2,3,4) q[0],q[2];", &["cu 1 2 3 4 on 0 2"]),
        ("barriers go", "barrier q; x q[0];", &["x on 0"]),
        (
            "rzz",
            "rzz(0.5) q[1],q[0];",
            &["cx on 1 0", "rz 0.5 on 0", "cx on 1 0"],
        ),
        ("u2", "u2(1,2) q[0];", &["u 1.5707963267948966 1 2 on 0"]),
        (
            "parameter",
            "rx(a) q[0]; rz(2*b+1) q[1];",
            &["rx ? on 0", "rz ? on 1"],
        ),
        (
            "defined gate",
            "gate g(t) u,v { rx(t/2) v; cx v,u; } g(0.5) q[3],q[1];",
            &["rx 0.25 on 1", "cx on 1 3"],
        ),
        (
            "nested",
            "gate f u { x u; } gate g u { f u; f u; } g q[2];",
            &["x on 2", "x on 2"],
        ),
        (
            "condition reaches in",
            "gate f u { x u; z u; } if(c==1) f q[0];",
            &["if x on 0", "if z on 0"],
        ),
        (
            "bits are numbered through",
            "measure q[4] -> d[2];",
            &["measure on 4 4"],
        ),
    ];
    for (name, body, expected) in table {
        assert_eq!(shown(&lower(body).expect(name)), *expected, "{name}");
    }
}

#[test]
fn refused() {
    let opaque = lower("opaque magic(t) u,v; magic(1) q[0],q[1];").expect_err("opaque");
    assert_eq!(
        opaque.to_string(),
        "Gate 'magic' is declared opaque, so no simulator knows what it does. Define it with a body."
    );
    for leaf in ["x u;", "", "barrier u;"] {
        let mut body = format!("gate g0 u {{ {leaf} }} ");
        for level in 1..=60 {
            body += &format!("gate g{level} u {{ g{} u; g{} u; }} ", level - 1, level - 1);
        }
        assert_eq!(
            lower(&(body + "g60 q[0];")),
            Err(LowerError::TooLong),
            "doubling {leaf:?}"
        );
    }
    let mut body = String::from("gate g0(t) u { rx(t+t) u; } ");
    for level in 1..=60 {
        body += &format!("gate g{level}(t) u {{ g{}(t+t) u; }} ", level - 1);
    }
    assert_eq!(
        lower(&(body.clone() + "g60(a) q[0];")),
        Err(LowerError::LongAngles),
        "doubling expressions"
    );
    assert!(
        lower(&(body + "g60(0.5) q[0];")).is_ok(),
        "a number stays one number"
    );
    let long =
        lower(&format!("{}g(a) q[0];", exploding(13, 3000))).expect_err("the last step is long");
    assert_eq!(
        long.to_string(),
        "With the gate definitions spread out, the angles take more than 16777216 steps to work out. \
         Nest the definitions less deeply, or shorten their expressions."
    );
}

/// `levels` gates that double an expression, over one whose angle mentions it `terms` times.
fn exploding(levels: usize, terms: usize) -> String {
    let sum = vec!["s"; terms].join("+");
    let mut body = format!("gate g0(s) u {{ rx({sum}) u; }} ");
    for level in 1..=levels {
        body += &format!("gate g{level}(s) u {{ g{}(s+s) u; }} ", level - 1);
    }
    body + &format!("gate g(s) u {{ g{levels}(s) u; }} ")
}

/// What a program is told to cost is what it costs, and never less.
#[test]
fn angles_are_measured_without_being_spread() {
    let table = [
        ("rx(a) q[0];", 0),
        ("gate g(s) u { rx(s) u; } g(a) q[0]; g(1) q[0];", 2),
        ("gate g(s) u { rx(2*s) u; rz(s+s) u; } g(a) q[0];", 6),
        (
            "gate g(s) u { rx(2*s) u; } gate f(s,t) u { g(s+t) u; } f(a,a*a) q[0];",
            12,
        ),
        (
            "gate g(s) u { rx(2*s) u; } gate f(s,t) u { g(s+t) u; } f(1,2) q[0];",
            6,
        ),
        ("opaque g(s) u; gate f(s) u { g(s) u; } f(1) q[0];", 1),
    ];
    for (body, expected) in table {
        assert_eq!(spread_steps(&program(body)), expected, "{body}");
    }
    assert_eq!(
        spread_steps(&program(&(exploding(100, 1000) + "g(a) q[0];"))),
        u64::MAX
    );
}

#[test]
fn definitions_may_nest_deeply() {
    let mut body = String::from("gate g0 u { x u; } ");
    for level in 1..100_000 {
        body += &format!("gate g{level} u {{ g{} u; }} ", level - 1);
    }
    assert_eq!(
        shown(&lower(&(body + "g99999 q[1];")).expect("lowers")),
        ["x on 1"]
    );
}

#[test]
fn angles_of_rows() {
    let program =
        lower("rx(a) q[0]; rz(0.25) q[1]; ry(-b) q[2]; u(a*b,a^2,sqrt(b)) q[3];").expect("lowers");
    let rows = [2.0, 4.0, -0.5, 0.25];
    let found = program.angles(&rows, 2, 2).expect("finite");
    assert_eq!(
        found,
        [
            2.0, 0.25, -4.0, 8.0, 4.0, 2.0, -0.5, 0.25, -0.25, -0.125, 0.25, 0.5
        ]
    );
    let error = program
        .angles(&[1.0, 1.0, 1.0, -1.0], 2, 2)
        .expect_err("sqrt of -1");
    assert_eq!((error.row, error.slot), (1, 5));
    let many: Vec<f64> = (0..100_000)
        .map(|i| if i == 77_777 { -1.0 } else { 1.0 })
        .collect();
    let error = program.angles(&many, 50_000, 2).expect_err("one bad row");
    assert_eq!((error.row, error.slot), (38_888, 5));
}

#[test]
fn unitary_forms() {
    let table: &[(&str, &str, &[&str], &[u32])] = &[
        (
            "measured in the end",
            "h q[0]; measure q[0]->c[0];",
            &["h on 0"],
            &[0, 1, 2, 3, 4],
        ),
        (
            "measured twice in the end",
            "h q[0]; measure q[0]->c[0]; measure q[0]->c[1];",
            &["h on 0"],
            &[0, 1, 2, 3, 4],
        ),
        (
            "measured half-way",
            "h q[0]; measure q[0]->c[0]; h q[0];",
            &["h on 0", "cx on 0 5", "h on 0"],
            &[0, 1, 2, 3, 4],
        ),
        (
            "reset at the start",
            "reset q; h q[0];",
            &["h on 0"],
            &[0, 1, 2, 3, 4],
        ),
        (
            "reset later",
            "h q[1]; reset q[1]; x q[1];",
            &["h on 1", "x on 5"],
            &[0, 5, 2, 3, 4],
        ),
        (
            "reset in the end",
            "h q[1]; cx q[1],q[0]; reset q[1];",
            &["h on 1", "cx on 1 0"],
            &[0, 5, 2, 3, 4],
        ),
        (
            "measured, then reset",
            "h q[0]; measure q[0]->c[0]; reset q[0];",
            &["h on 0", "cx on 0 5"],
            &[6, 1, 2, 3, 4],
        ),
    ];
    for (name, body, expected, qubits) in table {
        let unitary = lower(body).expect("lowers").unitary().expect(name);
        assert_eq!(shown(&unitary.program), *expected, "{name}");
        assert_eq!(unitary.qubits, *qubits, "{name}");
    }
    assert_eq!(lower("if(c==1) x q[0];").expect("lowers").unitary(), None);
}

#[test]
fn readouts() {
    let bits = |pairs: &[(usize, u32)]| {
        let mut bits = vec![None; 5];
        pairs
            .iter()
            .for_each(|&(bit, qubit)| bits[bit] = Some(qubit));
        Some(bits)
    };
    let table = [
        ("x q[0];", bits(&[])),
        (
            "measure q[3]->d[1]; measure q[0]->c[0];",
            bits(&[(3, 3), (0, 0)]),
        ),
        (
            "measure q[0]->c[0]; x q[1]; measure q[1]->c[1];",
            bits(&[(0, 0), (1, 1)]),
        ),
        ("measure q[0]->c[0]; x q[0];", None),
        ("measure q[0]->c[0]; measure q[1]->c[0];", None),
        ("measure q[0]->c[0]; measure q[0]->c[1];", None),
        ("reset q[0]; measure q[0]->c[0];", None),
        ("if(c==0) x q[0]; measure q[0]->c[0];", None),
    ];
    for (body, expected) in table {
        assert_eq!(lower(body).expect("lowers").readout(), expected, "{body}");
    }
}

#[test]
fn text_for_classical_control() {
    let program =
        lower("measure q[0]->d[1]; if(d==2) rx(a) q[1]; if(d==2) reset q[0];").expect("lowers");
    assert_eq!(
        program.text(&[-0.5]),
        "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[6];\ncreg c0[2];\ncreg c1[3];\n\
         measure q[0] -> c1[1];\nif(c1==2) rx(-0.5) q[1];\nreset q[5];\nif(c1==2) swap q[0],q[5];\n"
    );
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = NativeGate::ALL.iter().map(|gate| gate.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), NativeGate::ALL.len());
}

#[test]
fn a_delay_of_qiskit_does_nothing() {
    let source = "opaque delay(t) u; gate wait(s) u { delay(2*s) u; x u; } delay(100) q[0]; \
                  if(c==1) delay(a) q; wait(b) q[1];";
    assert_eq!(shown(&lower(source).expect("lowers")), ["x on 1"]);
    let written = WrittenProgram::spread(&program(source)).expect("no opaque gate");
    assert_eq!(written.ops.len(), 1);
    for other in [
        "opaque delay(t,s) u; delay(1,2) q[0];",
        "opaque delay(t) u,v; delay(1) q[0],q[1];",
        "opaque delay u; delay q[0];",
    ] {
        let refused = LowerError::Opaque("delay".to_owned());
        assert_eq!(lower(other), Err(refused), "{other}");
    }
    let own = lower("gate delay(t) u { rx(t) u; } delay(1) q[0];").expect("lowers");
    assert_eq!(shown(&own), ["rx 1 on 0"]);
}

/// Gates keep their names, barriers and conditions stay; only the program's own gates are spread.
#[test]
fn as_written() {
    let source = program(
        "gate mine(t) x,y { u3(2*t,0,0) x; barrier x,y; rzz(t) x,y; } mine(a) q[0],q[1]; \
         iswap q[1],q[2]; if(c==2) cu1(0.5) q[0],q[1]; measure q[0] -> d[1]; reset q[4];",
    );
    let written = WrittenProgram::spread(&source).expect("no opaque gate");
    let found: Vec<_> = written
        .ops
        .iter()
        .map(|op| (op.kind.name(), written.operands(op), op.condition))
        .collect();
    let expected: Vec<(&str, &[u32], u32)> = vec![
        ("u3", &[0], 0),
        ("barrier", &[0, 1], 0),
        ("rzz", &[0, 1], 0),
        ("iswap", &[1, 2], 0),
        ("cu1", &[0, 1], 1),
        ("measure", &[0, 3], 0),
        ("reset", &[4], 0),
    ];
    assert_eq!(found, expected);
    assert_eq!(written.conditions[0].value, 2);
    let angles = written
        .angles(&[0.25, 1.0, 0.5, 1.0], 2, 2)
        .expect("finite");
    assert_eq!(angles, [0.5, 0.0, 0.0, 0.25, 0.5, 1.0, 0.0, 0.0, 0.5, 0.5]);
    let error = written.angles(&[f64::NAN, 1.0], 1, 2).expect_err("NaN");
    assert_eq!(written.gate_of_slot(error.slot), "u3");
    assert_eq!(written.gate_of_slot(3), "rzz");
    let opaque = program("opaque foo x; foo q[0];");
    assert_eq!(
        WrittenProgram::spread(&opaque).expect_err("opaque"),
        LowerError::Opaque("foo".to_owned())
    );
}
