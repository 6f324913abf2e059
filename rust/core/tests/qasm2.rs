//! What the OpenQASM 2 reader accepts and what it makes of it.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use vivace_core::qasm2::{
    Program, Widths, count_qubits, evaluate, parse, parse_with_spans, scan_number, validate,
};

const HEAD: &str = "OPENQASM 2.0;include \"qelib1.inc\";qreg q[3];creg c[3];";

fn read(src: &str) -> Program {
    let program = parse(src, &[]).unwrap_or_else(|e| panic!("{}\n{src}", e.message(src)));
    let widths = Widths {
        n_qubits: program.n_qubits(),
        n_clbits: program.n_clbits(),
    };
    assert_eq!(validate(src, &[]), Ok(widths), "{src}");
    program
}

/// What follows the head, the depth, the counts.
type Case = (&'static str, u32, &'static [(&'static str, u64)]);

/// Depths as Qiskit 2.6 tells them for the same texts.
#[test]
fn depths_and_counts() {
    let cases: &[Case] = &[
        ("", 0, &[]),
        ("x q[0]; barrier q; x q[1];", 2, &[("x", 2), ("barrier", 1)]),
        ("barrier q; barrier q;", 0, &[("barrier", 2)]),
        (
            "measure q->c; if(c==1) x q[0]; if(c==2) x q[1];",
            3,
            &[("measure", 3), ("x", 2)],
        ),
        (
            "if(c==1) measure q[0]->c[0]; if(c==2) reset q; barrier q; x q[0];",
            5,
            &[("reset", 3), ("measure", 1), ("barrier", 1), ("x", 1)],
        ),
        (
            "creg d[2]; measure q[0]->d[1]; if(d==0) x q[1]; measure q[2]->d[0]; if(c==0) x q[2];",
            4,
            &[("measure", 2), ("x", 2)],
        ),
        (
            "gate g a,b{cx a,b;h a;} opaque o a; g q[0],q[1]; o q[0];",
            2,
            &[("g", 1), ("o", 1)],
        ),
        (
            "U(0,0,0) q[0]; CX q[0],q[1]; cx q[1],q[2];",
            3,
            &[("U", 1), ("CX", 1), ("cx", 1)],
        ),
    ];
    for (tail, depth, counts) in cases {
        let program = read(&format!("{HEAD}{tail}"));
        let counts: Vec<_> = counts.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect();
        assert_eq!(
            (program.depth(), program.gate_counts()),
            (*depth, counts),
            "{tail}"
        );
    }
}

#[test]
fn signs_powers_and_folding() {
    let cases = [
        ("-2^2", -4.0),
        ("2^-2", 0.25),
        ("2^3^2", 512.0),
        ("2^-2^2", 0.0625),
        ("2--2", 4.0),
        ("8/4/2", 1.0),
        ("-3*pi/4", -3.0 * std::f64::consts::PI / 4.0),
        ("(5.)", 5.0),
        ("+.5e1", 5.0),
    ];
    for (text, value) in cases {
        assert_eq!(
            read(&format!("{HEAD}rx({text}) q[0];")).angles,
            [value],
            "{text}"
        );
    }
}

#[test]
fn only_declarations_are_counted() {
    let cases = [
        ("qreg q[3]; unknown_gate q[0];", 3),
        (
            "OPENQASM 2.0; gate qubit a { x a; } qreg q[2]; qubit q[0]; bit[9] c;",
            2,
        ),
        ("qubit[2] r; gate g a { cx a a } qubit s;", 3),
        ("", 0),
    ];
    for (src, n) in cases {
        assert_eq!(count_qubits(src), Ok(n), "{src}");
    }
    assert!(count_qubits("qreg q[3]; qreg q[1];").is_err());
    assert!(count_qubits("qreg q[3]; $").is_err());
}

#[test]
fn redefinitions_are_compared_as_matrices() {
    let same = [
        "gate x a { U(pi,0,pi) a; }",
        "gate h a { u2(0,pi) a; }",
        "gate rz(t) a { u1(t) a; }",
        "gate rx(t) a { u3(t,-pi/2,pi/2) a; }",
        "gate cz a,b { h b; cx a,b; h b; }",
        "gate cy a,b { sdg b; cx a,b; s b; }",
        "gate crz(l) a,b { u1(l/2) b; cx a,b; u1(-l/2) b; cx a,b; }",
        "gate cu1(l) a,b { u1(l/2) a; cx a,b; u1(-l/2) b; cx a,b; u1(l/2) b; }",
        "gate ch a,b { h b; sdg b; cx a,b; h b; t b; cx a,b; t b; h b; s b; x b; s a; }",
        "gate cu3(t,p,l) c,t0 { u1((l+p)/2) c; u1((l-p)/2) t0; cx c,t0; u3(-t/2,0,-(p+l)/2) t0; cx c,t0; u3(t/2,p,0) t0; }",
        "gate ccx a,b,c { h c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; cx a,c; t b; t c; h c; cx a,b; t a; tdg b; cx a,b; }",
    ];
    for text in same {
        read(&format!("OPENQASM 2.0;include \"qelib1.inc\";{text}"));
    }
    let different = [
        "gate x a { h a; }",
        "gate cz a,b {}",
        "opaque h a;",
        "gate rx a { x a; }",
    ];
    for text in different {
        assert!(validate(&format!("OPENQASM 2.0;include \"qelib1.inc\";{text}"), &[]).is_err());
        read(&format!("OPENQASM 2.0;{text}"));
    }
}

/// One line for the plain way; `frill` sends it the general way.
fn line((kind, a, b, angle): &(u8, usize, usize, String), frill: &str) -> String {
    // Mostly right.
    let (b, c) = if *b > 17 {
        (*b, *b)
    } else {
        ((a + b % 2 + 1) % 3, (a + 2 - b % 2) % 3)
    };
    match kind % 7 {
        0 => format!("ry{frill}({angle}) q[{a}];\n"),
        1 => format!("cx{frill} q[{a}],q[{b}];"),
        2 => format!("measure{frill} q[{a}] -> c[{c}];\n"),
        3 => format!("u3{frill}({angle}, {angle},0.5) r[{c}];"),
        4 => format!("g{frill}({angle}) q[{a}],long_register_name[{c}];"),
        5 => format!("rx{frill}(-3*pi/{}) q[{c}];", a + 1),
        _ => format!("ccx{frill} q[{a}],q[{b}],q[{c}]; "),
    }
}

fn angles() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,3}\\.[0-9]{0,20}",
        "-?[0-9]{1,25}",
        "\\.[0-9]{1,12}(e-?[0-9]{1,2})?",
        "-?[1-9]\\*pi/[0-9]{1,2}",
        "[0-9]e30[0-9]",
        "(-?pi|pi\\^2|pi /2|2\\*sin\\(1\\))",
    ]
}

proptest! {
    #[test]
    fn the_plain_way_is_the_general_way(
        lines in proptest::collection::vec((any::<u8>(), 0usize..3, 0usize..19, angles()), 0..12)
    ) {
        let head = "OPENQASM 2.0;gate g(t) a,b { rx(t) a; }qreg q[3];qreg r[3];qreg long_register_name[3];creg c[3];";
        let text = |frill| lines.iter().fold(head.to_owned(), |t, l| t + &line(l, frill)) + "       ";
        let (plain, general) = (text(""), text("/**/"));
        let widths = |src: &str| validate(src, &[]).map_err(|e| e.kind);
        prop_assert_eq!(widths(&plain), widths(&general));
        prop_assert_eq!(
            parse(&plain, &[]).map_err(|e| e.kind),
            parse(&general, &[]).map_err(|e| e.kind)
        );
        // A parameter that never occurs turns off the plain way for angles: spans must agree.
        prop_assert_eq!(parse_with_spans(&plain, &[]), parse_with_spans(&plain, &["zz"]));
    }

    #[test]
    fn mutations_never_panic_and_verdicts_agree(at in 0usize..200, byte in 0u8..128, cut in 0usize..3) {
        let src = format!("{HEAD}gate g(a) x,y {{ rx(-a/2) x; barrier x,y; }} g(pi) q[0],q[1]; if(c==3) u1(.5) q; \
            rz(0.25) q[1]; cx q[0],q[1]; barrier q; reset q[1]; measure q -> c;");
        let mut bytes = src.into_bytes();
        let at = at % bytes.len();
        bytes.splice(at..(at + cut).min(bytes.len()), [byte]);
        let src = String::from_utf8(bytes).expect("ASCII");
        let built = parse(&src, &[]).map(|p| Widths { n_qubits: p.n_qubits(), n_clbits: p.n_clbits() });
        prop_assert_eq!(validate(&src, &[]), built);
        let _ = count_qubits(&src);
    }

    #[test]
    fn numbers_are_those_of_the_standard_library(text in "[0-9]{1,30}(\\.[0-9]{0,30})?(e[+-]?[0-9]{1,3})?|\\.[0-9]{1,30}") {
        let expected: f64 = text.parse().expect("a number");
        let (value, end) = scan_number(text.as_bytes(), 0).expect("a number");
        prop_assert_eq!((value.to_bits(), end), (expected.to_bits(), text.len()));
    }

    #[test]
    fn folding_is_evaluation(text in "(a|1|2\\.5|pi)([-+*/^](-)?(a|b|3|0\\.5|\\(b-a\\)|cos\\(b\\))){0,6}") {
        let src = format!("OPENQASM 2.0;qreg q[1];rx({text}) q[0];");
        let (a, b) = (1.75, 0.625);
        let folded = text.replace('a', "1.75").replace('b', "0.625");
        let plain = format!("OPENQASM 2.0;qreg q[1];rx({folded}) q[0];");
        if let (Ok(left), Ok(right)) = (parse(&src, &["a", "b"]), parse(&plain, &[])) {
            let value = left.symbols.first().map_or(left.angles[0], |(_, e)| evaluate(e, &[a, b]));
            prop_assert_eq!(value.to_bits(), right.angles[0].to_bits());
        }
    }
}

/// Each must be over quickly, whatever the verdict.
#[test]
fn hostile_programs() {
    let many = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let doubling = |n| many(n, &|i| format!("gate g{} a {{ g{i} a; g{i} a; }}", i + 1));
    let cases = [
        format!("rx({}1{}) q[0];", "(".repeat(100_000), ")".repeat(100_000)),
        format!("rx({}1) q[0];", "-".repeat(100_000)),
        format!("rx(2{}) q[0];", "^2".repeat(100_000)),
        format!("rx(1{}) q[0];", "+t".repeat(100_000)),
        many(100_000, &|i| format!("qreg r{i}[1];")),
        many(100_000, &|i| format!("gate f{i} a {{ x a; }}")),
        format!("qreg r[1048573];{}", "x r;".repeat(100)),
        format!("gate g0 a {{ x a; }}{}g60 q[0];", doubling(60)),
        format!("gate g0 a {{ h a; }}{}gate x a {{ g60 a; }}", doubling(60)),
        format!("barrier q[0]{};", ",q[0]".repeat(100_000)),
        format!(
            "gate w {} {{}}",
            (0..100_000)
                .map(|i| format!("a{i}"))
                .collect::<Vec<_>>()
                .join(",")
        ),
    ];
    for tail in cases {
        let src = format!("{HEAD}{tail}");
        let start = Instant::now();
        let _ = validate(&src, &["t"]);
        let _ = parse(&src[..src.len().min(1 << 20)], &["t"]);
        let shown = &tail[..tail.len().min(60)];
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{shown}: {:?}",
            start.elapsed()
        );
    }
}
