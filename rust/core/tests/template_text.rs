//! Programs written out as text: for every reader, and meaning the same.

use proptest::prelude::*;
use vivace_core::native::NativeProgram;
use vivace_core::qasm2::{Gate, Program, parse};
use vivace_core::template::{measured_in, render_template};

/// Only the measurements that are named go; the new register has a name of its own.
#[test]
fn measured_otherwise_at_the_end() {
    let source = "OPENQASM 2.0; qreg q[2]; qreg basis[1]; creg c[2]; gate basis_ a { h a; } measure q[0] -> c[0]; \
                  if(c==1) measure q[1] -> c[1]; rx(t) q[1]; basis_ q[0]; measure q -> c;";
    let program = parse(source, &["t"]).expect("valid");
    let gates = [(Gate::Sdg, 2), (Gate::H, 2)];
    let text = render_template(
        &measured_in(&program, &[1, 3], &gates, &[0, 2]),
        &["t".to_owned()],
    );
    assert_eq!(
        text,
        "OPENQASM 2.0;\ninclude \"qelib1.inc\";\ngate basis_ a0 { h a0; }\nqreg q[2];\nqreg basis[1];\n\
         creg c[2];\ncreg basis__[3];\nmeasure q[0] -> c[0];\nrx(t) q[1];\nbasis_ q[0];\n\
         measure q[0] -> c[0];\nsdg basis[0];\nh basis[0];\nmeasure q[0] -> basis__[0];\n\
         measure basis[0] -> basis__[2];\n"
    );
    parse(&text, &["t"]).expect("valid still");
}

/// Names as Qiskit takes them, and definitions of the gates it does not know; the meaning stays.
#[test]
fn rendered_text_is_for_every_reader() {
    let cases: &[(&str, &[&str], &str)] = &[
        (
            "qreg q[2]; iswap q[0],q[1];",
            &[],
            "gate iswap a0,a1 { s a0; s a1; h a0; cx a0,a1; cx a1,a0; h a1; }\n\
             qreg q[2];\niswap q[0],q[1];\n",
        ),
        (
            "qreg q[2]; ryy(t) q[0],q[1];",
            &["t"],
            "gate ryy(p0) a0,a1 { rx(1.5707963267948966) a0; rx(1.5707963267948966) a1; cx a0,a1; \
             rz(p0) a1; cx a0,a1; rx(-1.5707963267948966) a0; rx(-1.5707963267948966) a1; }\n\
             qreg q[2];\nryy(t) q[0],q[1];\n",
        ),
        (
            "gate mine a,b { iswap b,a; } qreg q[2]; creg c[1]; mine q[0],q[1]; if(c==1) iswap q[1],q[0];",
            &[],
            "gate iswap a0,a1 { s a0; s a1; h a0; cx a0,a1; cx a1,a0; h a1; }\n\
             gate mine a0,a1 { iswap a1,a0; }\nqreg q[2];\ncreg c[1];\n\
             mine q[0],q[1];\nif(c==1) iswap q[1],q[0];\n",
        ),
        (
            "qreg q[2]; iswap q[0],q[1]; gate iswap a,b { swap a,b; } iswap q[0],q[1];",
            &[],
            "gate iswap a0,a1 { s a0; s a1; h a0; cx a0,a1; cx a1,a0; h a1; }\n\
             gate own_iswap a0,a1 { swap a0,a1; }\nqreg q[2];\n\
             iswap q[0],q[1];\nown_iswap q[0],q[1];\n",
        ),
        (
            "qreg Q[1]; qreg x[1]; creg _c[1]; creg reg_Q[1]; gate Big a { x a; } Big Q[0]; \
             measure x[0] -> _c[0]; if(_c==1) x x[0];",
            &[],
            "gate own_Big a0 { x a0; }\nqreg reg_Q_[1];\nqreg reg_x[1];\ncreg reg__c[1];\n\
             creg reg_Q[1];\nown_Big reg_Q_[0];\nmeasure reg_x[0] -> reg__c[0];\n\
             if(reg__c==1) x reg_x[0];\n",
        ),
        (
            "gate g(t) a { rx(t) a; } qreg a0[1]; qreg w[1]; g(p0) a0[0]; g(w[0]) w[0]; g(p_1) a0[0];",
            &["p0", "w[0]", "p_1"],
            "gate g(p__0) a_0 { rx(p__0) a_0; }\nqreg a0[1];\nqreg reg_w[1];\n\
             g(p0) a0[0];\ng(w[0]) reg_w[0];\ng(p_1) a0[0];\n",
        ),
    ];
    for (source, names, expected) in cases {
        let owned: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
        let program = parse(&format!("OPENQASM 2.0; {source}"), names).expect(source);
        let rendered = render_template(&program, &owned);
        let head = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n";
        assert_eq!(rendered, format!("{head}{expected}"));
        let again = parse(&rendered, names).expect("rendered text parses");
        assert_eq!(render_template(&again, &owned), rendered);
        assert!(same_lowering(&program, &again), "{source}");
    }
}

/// Both are the same operations for a simulator, whatever the registers are called.
fn same_lowering(a: &Program, b: &Program) -> bool {
    let [a, b] = [a, b].map(|program| {
        let mut native = NativeProgram::lower(program).expect("no opaque gates");
        native.cregs.clear();
        native
    });
    a == b
}

/// A call of a gate that the rendered text may have to define.
fn call() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("iswap Q[0],h[0];"),
        Just("ryy(0.25) h[0],Q[0];"),
        Just("ryy(t/2) Q[0],h[0];"),
        Just("if(c==1) iswap h[0],Q[0];"),
        Just("gate mine(s) a,b { ryy(2*s) b,a; barrier a; iswap a,b; } mine(t) Q[0],h[0];"),
        Just("gate iswap p0,a0 { cx p0,a0; }"),
        Just("gate ryy(a) a0,x { rzz(a) a0,x; }"),
        Just("gate X a { x a; } X Q[0];"),
        Just("measure Q[0] -> c[0];"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn rendered_text_means_the_same(calls in prop::collection::btree_set(call(), 0..9), rot in 0..9usize) {
        let mut calls: Vec<&str> = calls.into_iter().collect();
        let middle = rot.min(calls.len());
        calls.rotate_left(middle);
        let source = format!("OPENQASM 2.0; qreg Q[1]; qreg h[1]; creg c[2]; {}", calls.concat());
        let program = parse(&source, &["t"]).expect("valid");
        let rendered = render_template(&program, &["t".to_owned()]);
        let again = parse(&rendered, &["t"]).expect("rendered text parses");
        prop_assert!(same_lowering(&program, &again), "{}", rendered);
        prop_assert_eq!(render_template(&again, &["t".to_owned()]), rendered);
    }
}
