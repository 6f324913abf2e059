//! Factoring circuits that differ in the bodies of the gates they define.

use proptest::prelude::*;
use vivace_core::native::NativeProgram;
use vivace_core::qasm2::{Code, Condition, Program, evaluate, parse};
use vivace_core::template::{
    BatchError, CircuitBatch, Template, render_bound, render_template, same_structure,
};

const HEAD: &str = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[3]; creg c[2]; ";
const RENDERED: &str = "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n";

fn factored(texts: &[String]) -> Result<CircuitBatch, BatchError> {
    let labels: Vec<String> = (0..texts.len()).map(|i| i.to_string()).collect();
    CircuitBatch::from_texts(&labels, texts)
}

fn batch(texts: &[String]) -> CircuitBatch {
    factored(texts).expect("valid circuits")
}

/// The text with each of the values where it says `#0`, `#1`, ….
fn filled(text: &str, values: &[f64]) -> String {
    let mut text = text.to_owned();
    for (index, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("#{index}"), &format!("{value:?}"));
    }
    text
}

/// What a simulator does, one step at a time: name, qubits, bits of the angles, condition.
type Step = (String, Vec<u32>, Vec<u64>, Option<Condition>);

/// The steps of a program, bodies spread out by plain recursion; opaque gates are steps.
fn steps(program: &Program) -> Vec<Step> {
    let mut out = Vec::new();
    for op in &program.ops {
        let count = program.n_angles(op.code);
        let angles = &program.angles[op.angles as usize..][..count as usize];
        let condition = op.condition.checked_sub(1);
        let condition = condition.map(|index| program.conditions[index as usize]);
        spread(
            program,
            op.code,
            program.operands(op),
            angles,
            &mut |step| {
                out.push((step.0, step.1, step.2, condition));
            },
        );
    }
    out
}

fn spread(
    program: &Program,
    code: Code,
    qubits: &[u32],
    angles: &[f64],
    out: &mut dyn FnMut((String, Vec<u32>, Vec<u64>)),
) {
    let body = match code {
        Code::Defined(index) => program.gates[index as usize].body.as_deref(),
        _ => None,
    };
    let Some(body) = body else {
        let name = match code {
            Code::Defined(index) => program.gates[index as usize].name.to_string(),
            code => format!("{code:?}"),
        };
        let bits = angles.iter().map(|angle| angle.to_bits()).collect();
        return out((name, qubits.to_vec(), bits));
    };
    for op in body {
        let inner: Vec<u32> = op.qubits.iter().map(|&q| qubits[q as usize]).collect();
        let values: Vec<f64> = op.angles.iter().map(|e| evaluate(e, angles)).collect();
        spread(program, op.code, &inner, &values, out);
    }
}

/// The template and the row a circuit went to.
fn place(batch: &CircuitBatch, index: usize) -> (&Template, usize) {
    let place = batch.places[index];
    (
        &batch.templates[place.template as usize],
        place.row as usize,
    )
}

/// Every circuit comes back: as text, and as the operations and angles simulators get.
fn assert_nothing_lost(batch: &CircuitBatch, texts: &[String]) {
    for (index, text) in texts.iter().enumerate() {
        let original = parse(text, &[]).expect("valid");
        let (template, row) = place(batch, index);
        assert_eq!(template.circuits[row] as usize, index);
        let values = template.row(row).expect("a row");
        let rendered = render_bound(&template.program, values).expect("finite angles");
        let again = parse(&rendered, &[]).expect("rendered text parses");
        assert_eq!(steps(&again), steps(&original), "{text}\n{rendered}");
        // The text of one circuit is the program as it was: no gate takes more, no number moves.
        let bound = template.bound_text(values).expect("finite angles");
        let again = parse(&bound, &[]).expect("bound text parses");
        assert!(same_structure(&again, &original), "{text}\n{bound}");
        let numbers = |program: &Program| bits(&program.constants().collect::<Vec<_>>());
        assert_eq!(numbers(&again), numbers(&original), "{text}\n{bound}");
        assert_eq!(
            bits(&again.angles),
            bits(&original.angles),
            "{text}\n{bound}"
        );

        let Ok(wanted) = NativeProgram::lower(&original) else {
            continue;
        };
        let native = NativeProgram::lower(&template.program).expect("as the original");
        assert_eq!(native.ops, wanted.ops);
        assert_eq!(native.operands, wanted.operands);
        let bits = |native: &NativeProgram, values: &[f64]| -> Vec<u64> {
            let angles = native.angles(values, 1, values.len()).expect("finite");
            angles.into_iter().map(f64::to_bits).collect()
        };
        assert_eq!(bits(&native, values), bits(&wanted, &[]), "{text}");
    }
}

struct Case {
    name: &'static str,
    /// With `#0`, `#1`, … for the numbers.
    text: &'static str,
    numbers: &'static [&'static [f64]],
    /// The template, from the first definition on.
    template: &'static str,
    rows: &'static [f64],
}

const CASES: &[Case] = &[
    Case {
        name: "one number",
        text: "gate g a { h a; rx(#0) a; } g q[0];",
        numbers: &[&[0.5], &[-0.25], &[0.5]],
        template: "gate g(p0) a0 { h a0; rx(p0) a0; }\nqreg q[3];\ncreg c[2];\ng(theta_0) q[0];\n",
        rows: &[0.5, -0.25, 0.5],
    },
    Case {
        name: "only what differs",
        text: "gate g a { rx(#0) a; ry(#1) a; } gate f a { rz(#2) a; } g q[0]; f q[0];",
        numbers: &[&[0.5, 0.25, 3.0], &[0.5, 0.75, 3.0]],
        template: "gate g(p0) a0 { rx(0.5) a0; ry(p0) a0; }\ngate f a0 { rz(3.0) a0; }\n\
                   qreg q[3];\ncreg c[2];\ng(theta_0) q[0];\nf q[0];\n",
        rows: &[0.25, 0.75],
    },
    Case {
        name: "nothing differs but an argument",
        text: "gate g(t) a { rx(t) a; ry(0.5) a; } g(#0) q[0];",
        numbers: &[&[0.5], &[0.25]],
        template: "gate g(p0) a0 { rx(p0) a0; ry(0.5) a0; }\n\
                   qreg q[3];\ncreg c[2];\ng(theta_0) q[0];\n",
        rows: &[0.5, 0.25],
    },
    Case {
        name: "equal and opposite numbers are one parameter, in bodies and outside",
        text: "gate g a { rx(#0) a; ry(#1) a; rz(#0) a; } g q[0]; rx(#0) q[1]; rx(#1) q[1];",
        numbers: &[&[0.5, -0.5], &[0.25, -0.25]],
        template: "gate g(p0) a0 { rx(p0) a0; ry((-(p0))) a0; rz(p0) a0; }\nqreg q[3];\ncreg c[2];\n\
                   g(theta_0) q[0];\nrx(theta_0) q[1];\nrx((-(theta_0))) q[1];\n",
        rows: &[0.5, 0.25],
    },
    Case {
        name: "a zero and its negative",
        text: "gate g a { rx(#0) a; } g q[0];",
        numbers: &[&[0.0], &[-0.0]],
        template: "gate g(p0) a0 { rx(p0) a0; }\nqreg q[3];\ncreg c[2];\ng(theta_0) q[0];\n",
        rows: &[0.0, -0.0],
    },
    Case {
        name: "inside an expression",
        text: "gate g(t) a { rx(t+#0) a; ry(2*sin(t)^#1) a; } g(0.125) q[0]; g(3) q[1];",
        numbers: &[&[0.5, 1.5], &[0.25, 2.5]],
        template: "gate g(p0,p1,p2) a0 { rx(((p0)+(p1))) a0; ry((2.0*(sin((p0))^(p2)))) a0; }\n\
                   qreg q[3];\ncreg c[2];\n\
                   g(0.125,theta_0,theta_1) q[0];\ng(3.0,theta_0,theta_1) q[1];\n",
        rows: &[0.5, 1.5, 0.25, 2.5],
    },
    Case {
        name: "through the gates that call it, once however often",
        text: "gate g a { rx(#0) a; } gate f a,b { g a; g b; ry(#1) a; g a; } gate e a { x a; } \
               gate d(t) a,b { f b,a; rz(t) a; e b; } d(#2) q[0],q[1]; g q[2]; e q[0]; d(1) q[2],q[0];",
        numbers: &[&[0.1, 0.2, 0.3], &[0.4, 0.5, 0.6]],
        template: "gate g(p0) a0 { rx(p0) a0; }\n\
                   gate f(p0,p1) a0,a1 { g(p0) a0; g(p0) a1; ry(p1) a0; g(p0) a0; }\n\
                   gate e a0 { x a0; }\n\
                   gate d(p0,p1,p2) a0,a1 { f(p1,p2) a1,a0; rz(p0) a0; e a1; }\n\
                   qreg q[3];\ncreg c[2];\n\
                   d(theta_2,theta_0,theta_1) q[0],q[1];\ng(theta_0) q[2];\ne q[0];\n\
                   d(1.0,theta_0,theta_1) q[2],q[0];\n",
        rows: &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    },
    Case {
        name: "an argument of a call in a body",
        text: "gate g(t) a { rx(t) a; } gate f a { g(#0) a; g(#1) a; } f q[0];",
        numbers: &[&[0.1, 7.0], &[0.4, 7.0]],
        template: "gate g(p0) a0 { rx(p0) a0; }\ngate f(p0) a0 { g(p0) a0; g(7.0) a0; }\n\
                   qreg q[3];\ncreg c[2];\nf(theta_0) q[0];\n",
        rows: &[0.1, 0.4],
    },
    Case {
        name: "opaque gates, conditions, barriers, whole registers",
        text: "opaque o(t) a; gate g a { o(#0) a; barrier a; } if(c==1) g q; measure q[0] -> c[1]; \
               barrier q; rx(#1) q[0];",
        numbers: &[&[0.1, 1.0], &[0.4, 2.0]],
        template: "opaque o(p0) a0;\ngate g(p0) a0 { o(p0) a0; barrier a0; }\n\
                   qreg q[3];\ncreg c[2];\nif(c==1) g(theta_0) q[0];\nif(c==1) g(theta_0) q[1];\n\
                   if(c==1) g(theta_0) q[2];\nmeasure q[0] -> c[1];\nbarrier q[0],q[1],q[2];\n\
                   rx(theta_1) q[0];\n",
        rows: &[0.1, 1.0, 0.4, 2.0],
    },
    Case {
        name: "names that parameters must not take",
        text: "gate p0 a { rx(#0) a; } gate theta a { p0 a; } qreg p_1[1]; theta p_1[0];",
        numbers: &[&[0.1], &[0.4]],
        template: "gate p0(p__0) a0 { rx(p__0) a0; }\ngate theta(p__0) a0 { p0(p__0) a0; }\n\
                   qreg q[3];\nqreg p_1[1];\ncreg c[2];\ntheta(theta__0) p_1[0];\n",
        rows: &[0.1, 0.4],
    },
    Case {
        name: "a program's own gate under a name we know",
        text: "gate ryy a,b { rzz(#0) a,b; } ryy q[0],q[1];",
        numbers: &[&[0.1], &[0.4]],
        template: "gate ryy(p0) a0,a1 { rzz(p0) a0,a1; }\n\
                   qreg q[3];\ncreg c[2];\nryy(theta_0) q[0],q[1];\n",
        rows: &[0.1, 0.4],
    },
];

#[test]
fn one_template_with_the_numbers_as_parameters() {
    for case in CASES {
        let text = |numbers: &&[f64]| format!("{HEAD}{}", filled(case.text, numbers));
        let texts: Vec<String> = case.numbers.iter().map(text).collect();
        let batch = batch(&texts);
        assert_eq!(batch.templates.len(), 1, "{}", case.name);
        let template = &batch.templates[0];
        let rendered = render_template(&template.program, &template.names);
        assert_eq!(
            rendered,
            format!("{RENDERED}{}", case.template),
            "{}",
            case.name
        );
        assert_eq!(bits(&template.rows), bits(case.rows), "{}", case.name);
        assert!(template.unused_parameters().is_empty(), "{}", case.name);
        assert_nothing_lost(&batch, &texts);
    }
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// A program alone, or with others of the same numbers in its bodies, stays as it was written.
#[test]
fn bodies_stay_as_they_are_without_need() {
    let body = "gate g(p0) a0 { rx(0.5) a0; rz((p0)) a0; }";
    let texts = [0.1, 0.2].map(|t| format!("{HEAD}{body} g({t}) q[0];"));
    for texts in [&texts[..1], &texts[..]] {
        let batch = batch(texts);
        let definition = "gate g(p0) a0 { rx(0.5) a0; rz(p0) a0; }\n";
        let (template, _) = place(&batch, 0);
        let rendered = render_template(&template.program, &template.names);
        assert!(
            rendered.starts_with(&format!("{RENDERED}{definition}")),
            "{rendered}"
        );
        assert_nothing_lost(&batch, texts);
    }
}

/// Names of gates may differ, and the ways numbers are written; circuits in between stay in order.
#[test]
fn names_and_spellings_do_not_matter() {
    let texts = [
        "gate circuit_160 a,b { rx(0.5) a; cx a,b; } circuit_160 q[0],q[1];",
        "gate g a { rx(0.5) a; } g q[0];",
        "gate circuit_17 q0,q1 { rx( pi/2 ) q0; cx q0,q1; } circuit_17 q[0],q[1];",
        "gate g a { rx(--.25) a; } g q[0];",
        "gate g a { rx(0.5) a; } g q[1];",
        "gate circuit_2 q0,q1 { rx(-(1+1)) q0; cx q0,q1; } circuit_2 q[0],q[1];",
    ]
    .map(|body| format!("{HEAD}{body}"));
    let batch = batch(&texts);
    let found: Vec<u32> = batch.places.iter().map(|place| place.template).collect();
    assert_eq!(found, [0, 1, 0, 1, 2, 0]);
    assert_eq!(
        batch.templates[0].rows,
        [0.5, std::f64::consts::FRAC_PI_2, -2.0]
    );
    assert_nothing_lost(&batch, &texts);
}

/// A gate that nothing calls has no place its numbers could come from: equal ones share a template.
#[test]
fn numbers_of_gates_never_called_are_kept() {
    let text = |i: usize| {
        let unused = i * 7 % 4000;
        format!(
            "{HEAD}gate g a {{ rx(0.{i}) a; }} gate f a {{ g a; ry({unused}.5) a; }} rx(0.{i}) q[0];"
        )
    };
    let texts: Vec<String> = (0..8000).map(text).collect();
    let batch = batch(&texts);
    assert_eq!(batch.templates.len(), 4000);
    let firsts: Vec<u32> = batch.templates.iter().map(|t| t.circuits[0]).collect();
    assert!(firsts.is_sorted());
    assert_eq!(batch.templates[7].circuits, [7, 4007]);
    assert_nothing_lost(&batch, &texts[..100]);

    let other = format!("{HEAD}y q[0];");
    let texts = ["1", "", "2", "1", "2"].map(|n| match n {
        "" => other.clone(),
        n => format!("{HEAD}gate g a {{ rx({n}) a; }} rx({n}) q[0];"),
    });
    let batch = self::batch(&texts);
    let found: Vec<u32> = batch.places.iter().map(|place| place.template).collect();
    assert_eq!(found, [0, 1, 0, 0, 0]);
    assert_nothing_lost(&batch, &texts);

    // What the main program passes on reaches gates that only others call, or nothing.
    let texts = ["1", "2"]
        .map(|n| format!("{HEAD}gate g a {{ rx({n}) a; }} gate unused a {{ g a; g a; }} g q[0];"));
    let batch = self::batch(&texts);
    assert_eq!(batch.templates.len(), 1);
    assert_nothing_lost(&batch, &texts);
}

/// Alone, a circuit's numbers are worked out on the way; in a template they would be expressions, which a few
/// gates make as long as they like. Such circuits stay alone.
#[test]
fn expressions_that_would_explode_are_left_to_circuits_alone() {
    let doubling = |gate: &str, levels: usize| -> String {
        let link = |i: usize| format!("gate g{}(s) a {{ g{i}({gate}) a; }} ", i + 1);
        let chain: String = (0..levels).map(link).collect();
        format!("{HEAD}gate g0(s) a {{ rx(s) a; }} {chain}")
    };
    let at_top = |x: usize| format!("{}g24(0.{x}) q[0];", doubling("s-s*0.5", 24));
    let in_body = |x: usize| {
        format!(
            "{}gate f a {{ g24(0.{x}) a; }} f q[0];",
            doubling("s-s*0.5", 24)
        )
    };
    let makers: [&dyn Fn(usize) -> String; 2] = [&at_top, &in_body];
    for text in makers {
        let texts = [1, 2, 1].map(text);
        let batch = batch(&texts);
        let found: Vec<u32> = batch.places.iter().map(|place| place.template).collect();
        assert_eq!(found, [0, 1, 0]);
        for (index, text) in texts.iter().enumerate() {
            let (template, row) = place(&batch, index);
            assert_eq!(template.row(row), Some(&[][..]));
            let native = NativeProgram::lower(&template.program).expect("lowers");
            assert_eq!(
                Ok(native),
                NativeProgram::lower(&parse(text, &[]).expect("valid"))
            );
        }
    }
    // Twelve levels are nothing to worry about.
    let texts = [1, 2].map(|x| format!("{}g12(0.{x}) q[0];", doubling("s-s*0.5", 12)));
    assert_eq!(batch(&texts).templates.len(), 1);
}

/// Short texts that would become enormous templates do not.
#[test]
fn templates_do_not_outgrow_their_texts() {
    let turns = |first: &str, n: usize| {
        (0..n)
            .map(|i| format!("rx({first}{i}) a;"))
            .collect::<String>()
    };
    let many_calls = |x: usize| {
        let calls = "g q[0];".repeat(3000);
        format!(
            "{HEAD}gate g a {{ {} }} {calls}",
            turns(&format!("{x}.25"), 300)
        )
    };
    let long_chain = |x: usize| {
        let link = |i: usize| format!("gate g{} a {{ g{i} a; rx({x}.{i}) a; }}", i + 1);
        let chain: String = (0..2000).map(link).collect();
        format!("{HEAD}gate g0 a {{ x a; }} {chain} g2000 q[0];")
    };
    let doubling = |x: usize| {
        let twice = |i: usize| format!("gate g{} a {{ g{i} a; g{i} a; }}", i + 1);
        let chain: String = (0..60).map(twice).collect();
        format!("{HEAD}gate g0 a {{ rx(0.{x}) a; }} {chain} g60 q[0];")
    };
    let makers: [&dyn Fn(usize) -> String; 3] = [&many_calls, &long_chain, &doubling];
    for text in makers {
        let texts: Vec<String> = [1, 2, 1].map(text).into();
        let batch = batch(&texts);
        let found: Vec<u32> = batch.places.iter().map(|place| place.template).collect();
        assert_eq!(found, [0, 1, 0]);
        for (index, template) in batch.templates.iter().enumerate() {
            let alone = parse(&texts[index], &[]).expect("valid");
            assert_eq!(template.program, alone);
        }
    }
    // The same with enough circuits to be worth it.
    let texts: Vec<String> = (0..40).map(many_calls).collect();
    let batch = batch(&texts);
    assert_eq!(batch.templates.len(), 1);
    let template = &batch.templates[0];
    for (row, text) in texts.iter().enumerate() {
        let bound = template.bound_text(template.row(row).expect("a row"));
        assert!(bound.expect("finite").len() < 2 * text.len());
    }
}

/// Whether a gate of `qelib1.inc` is defined as what it is hangs on the numbers, in every text.
#[test]
fn definitions_of_known_gates_are_judged_one_by_one() {
    let own = |x: &str| format!("{HEAD}gate h a {{ u2(0,{x}) a; }} h q[0];");
    let through =
        |x: &str| format!("{HEAD}gate f a {{ u2(0,{x}) a; }} gate h a {{ f a; }} f q[0];");
    let pi = "3.141592653589793";
    for text in [&own as &dyn Fn(&str) -> String, &through] {
        let texts = [pi, pi, "3.0"].map(text);
        let error = factored(&texts).expect_err("no Hadamard");
        assert!(
            matches!(error, BatchError::Qasm { index: 2, .. }),
            "{error}"
        );
        let texts = [pi, "-3.141592653589793", "3.1415926535897931", pi].map(text);
        let batch = batch(&texts);
        assert_eq!(batch.templates.len(), 1);
        assert_nothing_lost(&batch, &texts);
    }
    // Without the include the name is free, and the program's own gate is what is meant.
    let texts = ["0.1", "0.2"]
        .map(|x| format!("OPENQASM 2.0; gate h a {{ U(0,0,{x}) a; }} qreg q[1]; h q[0];"));
    let batch = batch(&texts);
    assert_eq!(batch.templates.len(), 1);
    assert_nothing_lost(&batch, &texts);
}

/// An angle in the body of a gate with parameters `s` and `t`, with `#` for numbers.
fn body_angle() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        4 => Just("#"),
        1 => Just("- #"),
        1 => Just("pi*#"),
        1 => Just("s"),
        1 => Just("s+#"),
        1 => Just("#*(t-#)"),
        1 => Just("cos(s*#)-t"),
    ]
}

/// One operation of a body on `a`, `b`: the kind, and the angles it may take.
type Drawn = (u8, [&'static str; 2]);

fn written((kind, [x, y]): &Drawn, gates: usize, qubits: [&str; 2]) -> String {
    let [a, b] = qubits;
    match (*kind as usize, gates) {
        (0, _) => format!("rx({x}) {a};"),
        (1, _) => format!("cp({x}) {b},{a};"),
        (2, _) => format!("u2({x},{y}) {b};"),
        (3, _) => format!("barrier {a},{b};"),
        (4, _) => format!("rzz({y}) {a},{b};"),
        (_, 0) => format!("swap {b},{a};"),
        (kind, gates) => format!("g{}({x},{y}) {a},{b};", kind % gates),
    }
}

/// A program with gates that call one another, and `#` for numbers.
fn shape() -> impl Strategy<Value = String> {
    let body = prop::collection::vec((0..10u8, [body_angle(), body_angle()]), 0..4);
    let main_angle = || prop_oneof![Just("#"), Just("-#"), Just("2*#/pi"), Just("0.5")];
    let operation = (0..10u8, [main_angle(), main_angle()]);
    let main = prop::collection::vec((operation, any::<bool>()), 0..5);
    (prop::collection::vec(body, 0..5), main, any::<bool>()).prop_map(|(bodies, main, call_all)| {
        let mut text = HEAD.to_owned();
        for (gate, body) in bodies.iter().enumerate() {
            let body: String = body
                .iter()
                .map(|op| written(op, gate, ["a", "b"]))
                .collect();
            text += &format!("gate g{gate}(s,t) a,b {{ {body} }} ");
        }
        for (op, condition) in &main {
            let call = written(op, bodies.len(), ["q[0]", "q[2]"]);
            text += if *condition && !call.starts_with("barrier") {
                "if(c==2) "
            } else {
                ""
            };
            text += &call;
        }
        for gate in (0..bodies.len()).filter(|_| call_all) {
            text += &format!("g{gate}(#,0.75) q[1],q[0];");
        }
        text
    })
}

/// The shape with numbers of a few kinds, so that some are equal, opposite, or the same in all circuits.
fn with_numbers(shape: &str, numbers: &[f64]) -> String {
    let mut numbers = numbers.iter().cycle();
    let parts = shape.split('#').map(str::to_owned);
    let joined =
        parts.reduce(|text, part| format!("{text}{:?}{part}", numbers.next().unwrap_or(&0.5)));
    joined.unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_circuit_is_what_it_was(
        shapes in prop::collection::vec(shape(), 1..4),
        circuits in prop::collection::vec(
            (0..4usize, prop::collection::vec(prop_oneof![Just(0.5), Just(-0.5), Just(-0.0), -9.0..9.0], 1..5)),
            1..12,
        ),
    ) {
        let shape = |chosen: usize| &shapes[chosen % shapes.len()];
        let texts: Vec<String> =
            circuits.iter().map(|(chosen, numbers)| with_numbers(shape(*chosen), numbers)).collect();
        let batch = batch(&texts);
        assert_nothing_lost(&batch, &texts);
        for (a, (chosen, _)) in circuits.iter().enumerate() {
            for (b, (other, _)) in circuits.iter().enumerate() {
                let every_gate_is_called = shape(*chosen).contains("#,0.75");
                if shape(*chosen) == shape(*other) && every_gate_is_called {
                    prop_assert_eq!(batch.places[a].template, batch.places[b].template);
                }
            }
        }
    }
}
