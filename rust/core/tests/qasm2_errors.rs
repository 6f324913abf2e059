//! Every message of the OpenQASM 2 reader: its exact words and its place.

use vivace_core::qasm2::{MAX_BITS, QasmError, parse, validate, validate_batch};

/// Both readers must agree; gives their error.
fn refusal(src: &str) -> QasmError {
    let error = validate(src, &["t"]).expect_err(src);
    assert_eq!(parse(src, &["t"]).expect_err(src), error);
    error
}

/// Each case: what follows the head, the message without place, line and column.
/// In messages, `@` stands for ` at L:C`.
fn table(head: &str, cases: &[(&str, &str, usize, usize)]) {
    for (tail, message, line, column) in cases {
        let src = format!("{head}{tail}");
        let error = refusal(&src);
        assert_eq!(
            error.message(&src),
            message.replace('@', &format!(" at {line}:{column}")),
            "{src}"
        );
        assert_eq!(error.position(&src), (*line, *column), "{src}");
    }
}

#[test]
fn header() {
    table(
        "",
        &[
            ("", "Expected OPENQASM@, got EOF", 1, 1),
            ("qreg q[1];", "Expected OPENQASM@, got QREG", 1, 1),
            ("OPENQASM", "Expected NUMBER@, got EOF", 1, 9),
            ("OPENQASM 2.0", "Expected SEMI@, got EOF", 1, 13),
            ("OPENQASM x;", "Expected NUMBER@, got ID", 1, 10),
            (
                "OPENQASM 3.0;",
                "Unsupported OPENQASM version '3.0'@; only OPENQASM 2.0 is supported",
                1,
                10,
            ),
            (
                "OPENQASM 2.00;",
                "Unsupported OPENQASM version '2.00'@; only OPENQASM 2.0 is supported",
                1,
                10,
            ),
            (
                "/* a\n b */ OPENQASM 3;",
                "Unsupported OPENQASM version '3'@; only OPENQASM 2.0 is supported",
                2,
                16,
            ),
        ],
    );
}

#[test]
fn tokens_and_declarations() {
    table(
        "OPENQASM 2.0;\nqreg q[2]; creg c[2];\n",
        &[
            (
                "x q[0] $ rest of this line",
                "Illegal character@: '$ rest of this line'",
                3,
                8,
            ),
            ("\u{e9}", "Illegal character@: '\u{e9}'", 3, 1),
            ("include \"a;", "Illegal character@: '\"a;'", 3, 9),
            ("x/* a", "Unterminated comment@", 3, 2),
            ("include q;", "Expected STRING@, got ID", 3, 9),
            ("];", "Unexpected token RBRACKET@", 3, 1),
            ("pi q[0];", "Unexpected token PI@", 3, 1),
            ("OPENQASM 2.0;", "Unexpected token OPENQASM@", 3, 1),
            ("qreg r(1);", "Expected LBRACKET@, got LPAREN", 3, 7),
            ("qreg r[1.0];", "Expected natural number@, got 1.0", 3, 8),
            ("qreg r[1e1];", "Expected natural number@, got 1e1", 3, 8),
            ("qreg q[1];", "Redefinition of 'q'@", 3, 10),
            ("creg q[1];", "Redefinition of 'q'@", 3, 10),
            ("qubit q;", "Redefinition of 'q'@", 3, 8),
            ("gate g(a,a) b {}", "Redefinition of 'a'@", 3, 11),
            ("gate g(a) a {}", "Redefinition of 'a'@", 3, 13),
            ("gate q a {}", "Redefinition of 'q'@", 3, 8),
            ("qreg U[1];", "Redefinition of 'U'@", 3, 10),
            ("qreg r[0];", "Register 'r' has size zero@", 3, 8),
            (
                "qreg r[1048575];",
                "Register 'r'@ makes 1048577 qubits in all; the limit is 1048576",
                3,
                6,
            ),
            (
                "bit[99999999999999999999] r;",
                "Register 'r'@ makes 100000000000000000001 classical bits in all; the limit is 1048576",
                3,
                27,
            ),
        ],
    );
    assert_eq!(MAX_BITS, 1_048_576);
}

#[test]
fn gates() {
    table(
        "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[4]; qreg r[3]; creg c[2];\n",
        &[
            ("foo q[0];", "Unknown gate 'foo'@", 4, 1),
            ("gate g a { g a; }", "Unknown gate 'g'@", 4, 12),
            ("x s[0];", "Unknown qreg 's'@", 4, 3),
            ("x c[0];", "Unknown qreg 'c'@", 4, 3),
            ("rx q[0];", "Gate 'rx' expects 1 params, got 0@", 4, 1),
            ("rx(1,2) q[0];", "Gate 'rx' expects 1 params, got 2@", 4, 1),
            ("x() q[0];", "Unexpected token RPAREN in expression@", 4, 3),
            ("cx q[0];", "Expected 2 qubit args, got 1@", 4, 8),
            ("x q[0],q[1];", "Expected 1 qubit args, got 2@", 4, 12),
            (
                "cx q[1],q[1];",
                "Duplicate qubit arguments for gate 'cx'@",
                4,
                9,
            ),
            (
                "cx q,q[1];",
                "Duplicate qubit arguments for gate 'cx'@",
                4,
                6,
            ),
            (
                "cx q,r;",
                "Mismatched register sizes in arguments to 'cx'@",
                4,
                6,
            ),
            ("x q[04];", "Qubit index 4 out of range for 'q[4]'@", 4, 5),
            (
                "barrier q[9];",
                "Qubit index 9 out of range for 'q[4]'@",
                4,
                11,
            ),
            ("x q[-1];", "Expected NUMBER@, got MINUS", 4, 5),
            ("x;", "Expected ID@, got SEMI", 4, 2),
            ("barrier;", "Expected ID@, got SEMI", 4, 8),
            ("x q[0]", "Expected SEMI@, got EOF", 4, 7),
            ("x q[0] q[1];", "Expected SEMI@, got ID", 4, 8),
            ("gate U a {}", "Cannot redefine built-in gate 'U'@", 4, 6),
            (
                "gate x a { h a; }",
                "Cannot redefine built-in gate 'x'@",
                4,
                6,
            ),
            (
                "opaque h a;",
                "Cannot redefine built-in gate 'h'@",
                4,
                6 + 2,
            ),
            (
                "gate g a { x b; }",
                "Unknown gate-qubit 'b' in gate body@",
                4,
                14,
            ),
            (
                "gate g(p) a { x p; }",
                "Unknown gate-qubit 'p' in gate body@",
                4,
                17,
            ),
            ("gate g a { x 1; }", "Expected gate-qubit id@", 4, 14),
            (
                "gate g a { x a[0]; }",
                "Expected SEMI@, got LBRACKET",
                4,
                15,
            ),
            (
                "gate g a { cx a; }",
                "Gate 'cx' expects 2 qubit args in body, got 1@",
                4,
                12,
            ),
            (
                "gate g a,b { cx a,a; }",
                "Duplicate qubit arguments for gate 'cx'@",
                4,
                19,
            ),
            (
                "gate g a { rx(p) a; }",
                "Unknown symbol 'p' in expression@",
                4,
                15,
            ),
            (
                "gate g a { measure a -> c; }",
                "Expected ID or RBRACE@, got MEASURE",
                4,
                12,
            ),
            (
                "gate g a { rx(t) a; }",
                "Unknown symbol 't' in expression@",
                4,
                15,
            ),
        ],
    );
}

#[test]
fn operations() {
    table(
        "OPENQASM 2.0;\nqreg q[4]; creg c[2]; creg w[70];\n",
        &[
            (
                "measure q -> c;",
                "Measurement size mismatch 4 -> 2@",
                3,
                15,
            ),
            (
                "measure q[4] -> c[0];",
                "Qubit index 4 out of range for 'q'@",
                3,
                11,
            ),
            (
                "measure q[0] -> c[2];",
                "Bit index 2 out of range for 'c'@",
                3,
                19,
            ),
            ("measure q[0] -> d[2];", "Unknown creg 'd'@", 3, 17),
            ("measure q[0] -> q[0];", "Unknown creg 'q'@", 3, 17),
            ("measure q[0], c[0];", "Expected ARROW@, got COMMA", 3, 13),
            ("reset c[0];", "Unknown qreg 'c'@", 3, 7),
            ("reset q[7];", "Qubit index 7 out of range for 'q'@", 3, 9),
            ("if(q==1) x q[0];", "Unknown creg 'q'@", 3, 4),
            (
                "if(c==4) x q[0];",
                "if() value 4 exceeds creg width 2@",
                3,
                7,
            ),
            (
                "if(w==99999999999999999999) x q[0];",
                "if() value 99999999999999999999 is too large; the limit is 18446744073709551615@",
                3,
                7,
            ),
            ("if(c=1) x q[0];", "Illegal character@: '=1) x q[0];'", 3, 5),
            (
                "if(c==1) barrier q;",
                "Expected ID or MEASURE or RESET@, got BARRIER",
                3,
                10,
            ),
            (
                "if(c==1) if(c==1) x q;",
                "Expected ID or MEASURE or RESET@, got IF",
                3,
                10,
            ),
        ],
    );
}

#[test]
fn expressions() {
    table(
        "OPENQASM 2.0;\nqreg q[4];\nrx(",
        &[
            ("a) q[0];", "Unknown symbol 'a' in expression@", 3, 4),
            ("a(1)) q[0];", "Unknown function 'a' in expression@", 3, 4),
            ("1/0) q[0];", "Division by zero in expression@", 3, 5),
            ("t/(1-1)) q[0];", "Division by zero in expression@", 3, 5),
            ("1e999) q[0];", "Expression is not finite@", 3, 4),
            ("ln(0)) q[0];", "Expression is not finite@", 3, 4),
            ("1e308*10) q[0];", "Expression is not finite@", 3, 9),
            ("(-1)^0.5) q[0];", "Expression is not finite@", 3, 8),
            ("*1) q[0];", "Unexpected token STAR in expression@", 3, 4),
            ("1+) q[0];", "Unexpected token RPAREN in expression@", 3, 6),
            ("sin 1) q[0];", "Expected LPAREN@, got NUMBER", 3, 8),
            ("1 2) q[0];", "Expected RPAREN@, got NUMBER", 3, 6),
            ("t t) q[0];", "Expected RPAREN@, got ID", 3, 6),
        ],
    );
    let deep = format!("OPENQASM 2.0;qreg q[1];rx({}1", "(".repeat(500));
    assert_eq!(
        refusal(&deep).message(&deep),
        "Expression nested deeper than 128 levels at 1:155"
    );
}

#[test]
fn too_much() {
    let mut src = "OPENQASM 2.0;qreg q[1048576];\n".to_owned();
    src.push_str(&"x q;".repeat(17));
    let message = "Statement at 2:65 makes 17825792 operations in all; the limit is 16777216";
    assert_eq!(
        validate(&src, &[]).expect_err("too much").message(&src),
        message
    );
}

const PREFIXES: &[(&str, &[&str])] = &[
    ("", &["OPENQASM"]),
    ("OPENQASM", &["1"]),
    ("OPENQASM 2.0", &[";"]),
    ("OPENQASM 2.0;include", &["\"s\""]),
    ("OPENQASM 2.0;qreg", &["a"]),
    ("OPENQASM 2.0;qreg a", &["["]),
    ("OPENQASM 2.0;qreg a[", &["1"]),
    ("OPENQASM 2.0;qreg a[1", &["]"]),
    ("OPENQASM 2.0;qreg a[1]", &[";"]),
    ("OPENQASM 2.0;gate g", &["a", "("]),
    ("OPENQASM 2.0;gate g(", &["a"]),
    ("OPENQASM 2.0;gate g(b", &[")", ","]),
    ("OPENQASM 2.0;gate g b", &["{", ","]),
    ("OPENQASM 2.0;gate g b {", &["}", "a"]),
    ("OPENQASM 2.0;opaque g b", &[";", ","]),
    ("OPENQASM 2.0;qreg q[1];x", &["a", "("]),
    ("OPENQASM 2.0;qreg q[1];x q", &["[", ";"]),
    ("OPENQASM 2.0;qreg q[1];x q[", &["1"]),
    ("OPENQASM 2.0;qreg q[1];x q[0", &["]"]),
    ("OPENQASM 2.0;qreg q[1];x q[0]", &[";"]),
    ("OPENQASM 2.0;qreg q[1];rx(", &["1", "(", "-", "+", "pi"]),
    (
        "OPENQASM 2.0;qreg q[1];rx(2",
        &[")", "+", "-", "*", "/", "^"],
    ),
    ("OPENQASM 2.0;qreg q[1];creg c[1];measure q[0]", &["->"]),
    ("OPENQASM 2.0;qreg q[1];creg c[1];measure q[0]->", &["a"]),
    ("OPENQASM 2.0;creg c[1];if", &["("]),
    ("OPENQASM 2.0;creg c[1];if(c", &["=="]),
    ("OPENQASM 2.0;creg c[1];if(c==", &["1"]),
    ("OPENQASM 2.0;creg c[1];if(c==1", &[")"]),
    (
        "OPENQASM 2.0;creg c[1];if(c==1)",
        &["a", "measure", "reset"],
    ),
];

const TOKENS: &[&str] = &[
    "OPENQASM", "measure", "reset", "pi", "a", "1", "\"s\"", ";", ",", "(", ")", "[", "]", "{",
    "}", "->", "==", "+", "-", "*", "/", "^", "",
];

/// What comes next must be what the grammar says: any other token is refused where it stands.
#[test]
fn every_prefix_with_every_wrong_token() {
    for (prefix, right) in PREFIXES {
        for token in TOKENS.iter().filter(|t| !right.contains(t)) {
            // A comma goes on after an argument, and only the count of arguments is wrong then.
            if *token == ","
                && (prefix.ends_with("x q") || prefix.ends_with("x q[0]") || prefix.ends_with('2'))
            {
                continue;
            }
            let src = format!("{prefix} {token}");
            let (line, column) = refusal(&src).position(&src);
            let wanted = prefix.chars().count() + 2;
            assert_eq!((line, column), (1, wanted), "{src}");
        }
    }
}

const HEAD: &str = "OPENQASM 2.0; qreg q[3]; creg c[3]; gate g(a,b) x,y {}";
const STATEMENTS: &[&str] = &[
    "include \"qelib1.inc\";",
    "qreg r[3];",
    "bit[3] d;",
    "gate f(a,b) x,y { rx(-a/2^b) x; barrier x,y; cx x,y; }",
    "opaque o(a) x,y;",
    "g(1,pi) q[0],q[1];",
    "if(c==3) u3(.5,5.,1e-3) q[0];",
    "rz(-(3*pi)/4*sin(1)) q;",
    "barrier q[0],q;",
    "reset q[1];",
    "measure q -> c;",
];

/// Wherever a statement is cut, it is refused and nothing worse.
#[test]
fn every_prefix_of_every_statement() {
    for statement in STATEMENTS {
        let whole = format!("{HEAD}{statement}");
        assert!(validate(&whole, &[]).is_ok(), "{whole}");
        for end in HEAD.len() + 1..whole.len() {
            refusal(&whole[..end]);
        }
    }
}

#[test]
fn rendering() {
    let src = "OPENQASM 2.0;\nqreg q[1];\n\tfoo q[0];\r\n";
    let error = refusal(src);
    let text = "Unknown gate 'foo' at 3:2\n  Line 3: \tfoo q[0];\n          \t^^^";
    assert_eq!(error.render(src, None), text);
    let labelled = format!("Circuit 'c7' is not a valid QASM: {text}");
    assert_eq!(error.render(src, Some("c7")), labelled);
}

#[test]
fn rendering_at_the_end() {
    let src = "OPENQASM 2.0;\nqreg q[1]";
    let text = "Expected SEMI at 2:10, got EOF\n  Line 2: qreg q[1]\n                   ^";
    assert_eq!(refusal(src).render(src, None), text);
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let good = "x q[0];".repeat(1000);
    let src = format!("OPENQASM 2.0;qreg q[1];{good}foo q[0];{good}");
    let text = refusal(&src).render(&src, None);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "Unknown gate 'foo' at 1:7024");
    assert!(lines[1].chars().count() < 120, "{text}");
    let column = lines[2].chars().count() - 3;
    let under: String = lines[1].chars().skip(column).take(3).collect();
    assert_eq!(under, "foo");
}

#[test]
fn a_huge_name_makes_a_short_message() {
    let src = format!("OPENQASM 2.0;{} q[0];", "a".repeat(50_000_000));
    assert!(refusal(&src).render(&src, Some("huge")).len() < 500);
}

#[test]
fn a_batch_tells_the_first_refusal_in_order() {
    let good = format!("OPENQASM 2.0;qreg q[1];{}", "x q[0];".repeat(500));
    let (bad, worse) = (format!("{good}foo q[0];"), format!("{good};"));
    for copies in [1, 5000 / 50] {
        let mut sources = vec![good.as_str(); copies];
        sources.extend([bad.as_str(), good.as_str(), worse.as_str()]);
        let (index, error) = validate_batch(&sources, &[]).expect_err("bad");
        assert_eq!((index, error), (copies, refusal(&bad)));
    }
}
