//! Factoring: what shares a template, and that nothing is lost on the way there and back.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vivace_core::qasm2::{Program, parse};
use vivace_core::template::{
    CircuitBatch, Column, TemplateSource, fold_columns, render_bound, render_template,
    same_structure, structure_hash,
};

const HEAD: &str = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[3]; creg c[3]; ";

fn text(body: &str) -> String {
    format!("{HEAD}{body}")
}

fn batch(bodies: &[&str]) -> CircuitBatch {
    let texts: Vec<String> = bodies.iter().map(|body| text(body)).collect();
    let labels: Vec<String> = (0..texts.len()).map(|i| i.to_string()).collect();
    CircuitBatch::from_texts(&labels, &texts).expect("valid circuits")
}

fn bound(program: &Program, values: &[f64]) -> String {
    render_bound(program, values).expect("finite angles")
}

/// The program of circuit `index` as it comes out of the batch.
fn rebuilt(batch: &CircuitBatch, index: usize) -> Program {
    let place = batch.places[index];
    let template = &batch.templates[place.template as usize];
    let row = template.row(place.row as usize).expect("a row");
    parse(&bound(&template.program, row), &[]).expect("rendered text parses")
}

/// Same gates on the same qubits with the same bits in every number.
fn same_program(a: &Program, b: &Program) -> bool {
    let bits = |program: &Program| {
        let numbers = program.constants().chain(program.angles.iter().copied());
        numbers.map(f64::to_bits).collect::<Vec<_>>()
    };
    same_structure(a, b) && bits(a) == bits(b)
}

#[test]
fn texts_that_share_a_template() {
    let table: &[(&str, &[&str], &[usize])] = &[
        (
            "other numbers",
            &["rx(0.1) q[0];", "rx(0.2) q[0];"],
            &[0, 0],
        ),
        (
            "signs",
            &["rx(0.1) q[0];", "rx(-0.2) q[0];", "rx(+--.5) q[0];"],
            &[0, 0, 0],
        ),
        (
            "white space",
            &["rx(0.1) q[0];", "rx ( 0.2 )\n q [ 0 ] ;"],
            &[0, 0],
        ),
        (
            "comments",
            &["rx(0.1) q[0];", "rx(0.2) /* half */ q[0]; // end"],
            &[0, 0],
        ),
        (
            "expressions",
            &["rx(0.1) q[0];", "rx(pi/2) q[0];", "rx(2*0.3) q[0];"],
            &[0, 0, 0],
        ),
        (
            "whole registers",
            &["h q;", "h q[0]; h q[1]; h q[2];"],
            &[0, 0],
        ),
        ("another gate", &["rx(0.1) q[0];", "ry(0.1) q[0];"], &[0, 1]),
        (
            "another qubit",
            &["rx(0.1) q[0];", "rx(0.1) q[1];"],
            &[0, 1],
        ),
        (
            "another order",
            &["x q[0]; y q[1];", "y q[1]; x q[0];"],
            &[0, 1],
        ),
        (
            "one gate more",
            &["rx(0.1) q[0];", "rx(0.1) q[0]; x q[1];"],
            &[0, 1],
        ),
        ("a barrier", &["x q[0];", "x q[0]; barrier q;"], &[0, 1]),
        (
            "condition",
            &["if(c==1) x q[0];", "if(c==2) x q[0];", "if(c==1) x q[0];"],
            &[0, 1, 0],
        ),
        (
            "bit",
            &["measure q[0]->c[0];", "measure q[0]->c[1];"],
            &[0, 1],
        ),
        (
            "interleaved",
            &["x q[0];", "y q[0];", "x q[0];", "y q[0];"],
            &[0, 1, 0, 1],
        ),
        ("width", &["qreg r[1];", "", "creg d[1];"], &[0, 1, 2]),
        (
            "body",
            &[
                "gate g(a) b { rx(a) b; } g(1) q[0];",
                "gate g(a) b { rx(2*a) b; } g(1) q[0];",
            ],
            &[0, 1],
        ),
        (
            "name of a gate",
            &["gate g a { x a; } g q[0];", "gate f a { x a; } f q[0];"],
            &[0, 0],
        ),
    ];
    for (name, bodies, expected) in table {
        let batch = batch(bodies);
        let found: Vec<usize> = batch
            .places
            .iter()
            .map(|place| place.template as usize)
            .collect();
        assert_eq!(&found, expected, "{name}");
        for (index, body) in bodies.iter().enumerate() {
            let original = parse(&text(body), &[]).expect("valid");
            assert!(
                same_program(&original, &rebuilt(&batch, index)),
                "{name}: {body}"
            );
        }
    }
}

#[test]
fn columns() {
    use Column::{Constant, Negated, Parameter};
    type Row = (
        &'static str,
        &'static [f64],
        usize,
        Vec<Column>,
        &'static [f64],
    );
    let table: Vec<Row> = vec![
        ("nothing", &[], 0, vec![], &[]),
        (
            "one row is constant",
            &[1.0, 2.0],
            1,
            vec![Constant(1.0), Constant(2.0)],
            &[],
        ),
        (
            "one column varies",
            &[1.0, 2.0, 1.0, 3.0],
            2,
            vec![Constant(1.0), Parameter(0)],
            &[2.0, 3.0],
        ),
        (
            "equal columns",
            &[1.0, 1.0, 2.0, 2.0],
            2,
            vec![Parameter(0), Parameter(0)],
            &[1.0, 2.0],
        ),
        (
            "opposite columns",
            &[1.0, -1.0, -2.0, 2.0],
            2,
            vec![Parameter(0), Negated(0)],
            &[1.0, -2.0],
        ),
        (
            "nearly opposite",
            &[1.0, -1.0, 2.0, 2.0],
            2,
            vec![Parameter(0), Parameter(1)],
            &[1.0, -1.0, 2.0, 2.0],
        ),
        (
            "zeros have signs",
            &[0.0, 0.0, 1.0, -0.0, 0.0, 1.0],
            2,
            vec![Parameter(0), Constant(0.0), Constant(1.0)],
            &[0.0, -0.0],
        ),
        (
            "last digit counts",
            &[0.1, 0.1, 0.2, 0.20000000000000004],
            2,
            vec![Parameter(0), Parameter(1)],
            &[0.1, 0.1, 0.2, 0.20000000000000004],
        ),
    ];
    for (name, matrix, n_rows, expected, rows) in table {
        let n_columns = matrix.len().checked_div(n_rows).unwrap_or(0);
        let folded = fold_columns(matrix, n_rows, n_columns);
        assert_eq!(folded.columns, expected, "{name}");
        assert_eq!(folded.rows, rows, "{name}");
    }
}

#[test]
fn errors() {
    let labels = ["a", "b", "a"];
    let texts = [HEAD, HEAD, HEAD];
    let error = CircuitBatch::from_texts(&labels, &texts).expect_err("label twice");
    assert_eq!(
        error.to_string(),
        "Label 'a' is used for circuit 0 and again for circuit 2; every circuit needs a label of its own."
    );
    let source = |names: &'static [&'static str], rows: &'static [f64]| TemplateSource {
        text: "OPENQASM 2.0; qreg q[1];",
        names,
        rows,
        labels: &["r0", "r1"],
    };
    let table = [
        (
            source(&["a"], &[1.0]),
            "Expected 2 parameter values, found 1.",
        ),
        (
            source(&["a", "a"], &[0.0; 4]),
            "Parameter name 'a' is given twice.",
        ),
        (source(&[""], &[0.0; 2]), "Parameter name '' is empty."),
        (
            source(&["a b"], &[0.0; 2]),
            "Parameter name 'a b' contains white space.",
        ),
        (
            source(&["2a"], &[0.0; 2]),
            "Parameter name '2a' starts with a digit.",
        ),
        (
            source(&["pi"], &[0.0; 2]),
            "Parameter name 'pi' has a meaning of its own in OpenQASM: rename it.",
        ),
        (
            source(&["a", "a-1"], &[0.0; 4]),
            "Parameter name 'a-1' reads as an expression of another parameter: rename one.",
        ),
        (
            source(&["a", "b"], &[0.0, 1.0, 2.0, f64::NAN]),
            "Parameter 'b' of row 'r1' is NaN; every value must be a finite number.",
        ),
    ];
    for (source, message) in table {
        let error = CircuitBatch::from_templates(&[source]).expect_err(message);
        assert_eq!(error.to_string(), message);
    }
}

/// Programs that differ only inside a gate body are told apart by their hash, not one by one.
#[test]
fn bodies_and_conditions_are_hashed() {
    let body = |i: u32| (0..13).map(move |bit| if i >> bit & 1 == 0 { "x a;" } else { "y a;" });
    let texts: Vec<String> = (0..8000)
        .map(|i| {
            text(&format!(
                "gate g a {{ {} }} g q[0];",
                body(i).collect::<String>()
            ))
        })
        .collect();
    let hashes: BTreeSet<u64> = texts
        .iter()
        .map(|text| structure_hash(&parse(text, &[]).expect("valid")))
        .collect();
    assert_eq!(hashes.len(), texts.len());
    let batch = CircuitBatch::from_texts(&texts, &texts).expect("valid");
    assert_eq!(batch.templates.len(), texts.len());

    let pairs = [
        (
            "gate g(t) a { rx(t+1) a; } g(0) q[0];",
            "gate g(t) a { rx(t-1) a; } g(0) q[0];",
        ),
        ("gate g a { x a; } g q[0];", "gate g a { y a; } g q[0];"),
        (
            "gate g a,b { cx a,b; } g q[0],q[1];",
            "gate g a,b { cx b,a; } g q[0],q[1];",
        ),
        ("gate g a { } g q[0];", "opaque g a; g q[0];"),
        ("opaque f a; f q[0];", "opaque g a; g q[0];"),
        ("if(c==1) x q[0];", "if(c==2) x q[0];"),
        ("rx(sin(t)) q[0];", "rx(cos(t)) q[0];"),
        ("rx(2*t) q[0];", "rx(3*t) q[0];"),
    ];
    for (a, b) in pairs {
        let [a, b] = [a, b].map(|body| parse(&text(body), &["t"]).expect("valid"));
        assert!(!same_structure(&a, &b), "{a:?} {b:?}");
        assert_ne!(structure_hash(&a), structure_hash(&b));
        assert_eq!(structure_hash(&a), structure_hash(&a.clone()));
    }
}

#[test]
fn a_delay_must_be_finite_though_nothing_works_it_out() {
    let text = "OPENQASM 2.0; opaque delay(t) q; qreg q[1]; rx(a) q[0]; delay(1/a) q[0];";
    let source = TemplateSource {
        text,
        names: &["a"],
        rows: &[1.0, 0.0],
        labels: &["r0", "r1"],
    };
    let error = CircuitBatch::from_templates(&[source]).expect_err("1/0");
    assert_eq!(
        error.to_string(),
        "Circuit 'r1': an angle of gate 'delay' comes out as inf; every angle must be a finite number."
    );
    let fine = TemplateSource {
        rows: &[1.0, 2.0],
        ..source
    };
    assert!(CircuitBatch::from_templates(&[fine]).is_ok());
}

#[test]
fn angles_must_be_finite_at_the_values_given() {
    let program = parse(
        &text("gate g(t) a { rx(t) a; } rx(1/a) q[0]; g(ln(b)) q[1];"),
        &["a", "b"],
    )
    .expect("valid");
    assert!(bound(&program, &[2.0, 1.0]).ends_with("rx(0.5) q[0];\ng(0.0) q[1];\n"));
    let table = [
        (
            [0.0, 1.0],
            "an angle of gate 'rx' comes out as inf; every angle must be a finite number.",
        ),
        (
            [1.0, 0.0],
            "an angle of gate 'g' comes out as -inf; every angle must be a finite number.",
        ),
        (
            [1.0, -1.0],
            "an angle of gate 'g' comes out as NaN; every angle must be a finite number.",
        ),
    ];
    for (values, message) in table {
        let error = render_bound(&program, &values).expect_err(message);
        assert_eq!(error.to_string(), message);
    }
}

/// The first bad circuit is reported, however the work was split.
#[test]
fn first_error_in_order() {
    let mut texts: Vec<String> = (0..1000)
        .map(|i| text(&format!("rx(0.{i}) q[0];")))
        .collect();
    for bad in [999, 700, 313] {
        texts[bad] = text("rx(0.1) q[7];");
        let labels: Vec<String> = (0..1000).map(|i| i.to_string()).collect();
        let error = CircuitBatch::from_texts(&labels, &texts).expect_err("index out of range");
        assert!(
            error.to_string().starts_with(&format!("Circuit {bad}: ")),
            "{error}"
        );
    }
}

#[test]
fn placeholders_survive_textual_substitution() {
    let names = ["a", "w_0[3]", "β"];
    let source = text("rx(a^2) q[0]; ry(-w_0[3]+1) q[1]; rz(sin(β)/a) q[2]; rx(a) q[0];");
    let program = parse(&source, &names).expect("valid template");
    let owned: Vec<String> = names.iter().map(|&n| n.to_owned()).collect();
    let rendered = render_template(&program, &owned);
    assert_eq!(parse(&rendered, &names).expect("parses again"), program);
    let values = [-0.5, -2.0, -1.25];
    let mut substituted = rendered;
    for (name, value) in names.iter().zip(values) {
        substituted = substituted.replace(&format!("({name})"), &format!("({value:?})"));
    }
    let direct = parse(&bound(&program, &values), &[]).expect("bound text");
    assert!(same_program(
        &parse(&substituted, &[]).expect("substituted text"),
        &direct
    ));
}

/// Rows of formats that mean the same numbers, in random texts.
fn circuit() -> impl Strategy<Value = String> {
    let angle = prop_oneof![
        any::<f64>()
            .prop_filter("finite", |x| x.is_finite())
            .prop_map(|x| format!("{x:?}")),
        (0..4u8).prop_map(|x| format!("0.{x}")),
        (1..9u8).prop_map(|x| format!("pi/{x}")),
        Just("-0.0".to_owned()),
    ];
    let gate = (
        prop_oneof![Just("rx"), Just("rz"), Just("cp")],
        angle,
        0..2u8,
        "[ \n]{0,2}",
    );
    let line = gate.prop_map(|(name, angle, qubit, blank)| match name {
        "cp" => format!("cp({angle}){blank} q[{qubit}],{blank}q[2];"),
        _ => format!("{name}({blank}{angle}) q[{qubit}]{blank};"),
    });
    prop::collection::vec(line, 0..4).prop_map(|lines| text(&lines.join("\n")))
}

/// Group by parsing every text in full and comparing it with every group.
fn plain_factor(texts: &[String]) -> Vec<usize> {
    let mut groups: Vec<Program> = Vec::new();
    let mut number = BTreeMap::new();
    for (index, text) in texts.iter().enumerate() {
        let program = parse(text, &[]).expect("valid");
        let known = groups
            .iter()
            .position(|group| same_structure(group, &program));
        number.insert(index, known.unwrap_or(groups.len()));
        if known.is_none() {
            groups.push(program);
        }
    }
    number.into_values().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn factoring_equals_the_plain_way(texts in prop::collection::vec(circuit(), 1..300)) {
        let labels: Vec<String> = (0..texts.len()).map(|i| i.to_string()).collect();
        let batch = CircuitBatch::from_texts(&labels, &texts).expect("valid");
        let found: Vec<usize> = batch.places.iter().map(|p| p.template as usize).collect();
        prop_assert_eq!(found, plain_factor(&texts));
        for (index, text) in texts.iter().enumerate() {
            let original = parse(text, &[]).expect("valid");
            let back = rebuilt(&batch, index);
            prop_assert!(same_program(&original, &back));
            prop_assert_eq!(structure_hash(&original), structure_hash(&back));
        }
    }

    #[test]
    fn folding_loses_no_bit(
        n_rows in 1..6usize,
        columns in prop::collection::vec((0..4u8, any::<f64>(), any::<bool>()), 0..6),
        noise in prop::collection::vec(any::<f64>(), 24),
    ) {
        let value = |row: usize, column: usize| {
            let (kind, constant, negative) = columns[column];
            let value = if kind == 3 { constant } else { noise[row * 4 + kind as usize] };
            if negative { -value } else { value }
        };
        let width = columns.len();
        let matrix: Vec<f64> =
            (0..n_rows * width).map(|i| value(i / width, i % width)).collect();
        let folded = fold_columns(&matrix, n_rows, width);
        for (i, expected) in matrix.iter().enumerate() {
            let parameter = |p: u32| folded.rows[i / width * folded.n_parameters + p as usize];
            let found = match folded.columns[i % width] {
                Column::Constant(value) => value,
                Column::Parameter(p) => parameter(p),
                Column::Negated(p) => -parameter(p),
            };
            prop_assert_eq!(found.to_bits(), expected.to_bits());
        }
    }
}

#[test]
fn angles_that_are_no_plain_numbers_are_those_of_their_own_text() {
    for angle in ["pi/{}", "- 0.{}", "2*{}", "(0.{})", "cos({})"] {
        let bodies: Vec<String> = ["1", "2", "2", "3", "1", "3"]
            .map(|n| format!("rx({}) q[0];", angle.replace("{}", n)))
            .into();
        let bodies: Vec<&str> = bodies.iter().map(String::as_str).collect();
        let batch = batch(&bodies);
        assert_eq!(batch.templates.len(), 1);
        for (index, body) in bodies.iter().enumerate() {
            let original = parse(&text(body), &[]).expect("valid");
            assert!(
                same_program(&original, &rebuilt(&batch, index)),
                "{bodies:?}: {body}"
            );
        }
    }
}

#[test]
fn sources_with_one_text_and_the_same_names_are_one_template() {
    let texts = ["rx(t)", "ry(t)"]
        .map(|gate| format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[1]; {gate} q[0];"));
    let source =
        |text: usize, rows: &'static [f64], labels: &'static [&'static str]| TemplateSource {
            text: &texts[text],
            names: &["t"],
            rows,
            labels,
        };
    let given = [
        source(0, &[1.0, 2.0], &["a", "b"]),
        source(1, &[3.0], &["c"]),
        source(0, &[4.0], &["d"]),
    ];
    let batch = CircuitBatch::from_templates(&given).expect("valid templates");
    assert_eq!(batch.labels, ["a", "b", "c", "d"]);
    let places: Vec<_> = batch.places.iter().map(|p| (p.template, p.row)).collect();
    assert_eq!(places, [(0, 0), (0, 1), (1, 0), (0, 2)]);
    assert_eq!(batch.templates.len(), 2);
    assert_eq!(batch.templates[0].rows, [1.0, 2.0, 4.0]);
    assert_eq!(batch.templates[0].circuits, [0, 1, 3]);
    let renamed = TemplateSource {
        names: &["t", "unused"],
        rows: &[1.0, 0.0],
        ..source(0, &[], &["e"])
    };
    let batch = CircuitBatch::from_templates(&[given[0], renamed]).expect("valid templates");
    assert_eq!(batch.templates.len(), 2);
}
