//! The chain rule from angles to parameters, against central differences and by hand.

use proptest::prelude::*;
use vivace_core::native::{DerivativeError, NativeProgram};
use vivace_core::qasm2::parse;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// A program with one `rx` for each expression.
fn program(expressions: &[&str]) -> NativeProgram {
    let gates: String = expressions
        .iter()
        .map(|e| format!("rx({e}) q[0]; "))
        .collect();
    let text = format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[1]; {gates}");
    NativeProgram::lower(&parse(&text, &NAMES).expect("valid program")).expect("lowers")
}

/// The derivatives of one expression by `a`, `b`, `c`.
fn slopes(expression: &str, row: [f64; 3]) -> Result<Vec<f64>, DerivativeError> {
    program(&[expression]).pull_back(&row, 1, 3, &[0], &[1.0], 1)
}

#[test]
fn by_hand() {
    let table: &[(&str, [f64; 3], [f64; 3])] = &[
        ("a", [0.5, 2.0, 3.0], [1.0, 0.0, 0.0]),
        ("-b", [0.5, 2.0, 3.0], [0.0, -1.0, 0.0]),
        ("2*a+pi/4", [0.5, 2.0, 3.0], [2.0, 0.0, 0.0]),
        ("a-b", [0.5, 2.0, 3.0], [1.0, -1.0, 0.0]),
        ("a*b*c", [0.5, 2.0, 3.0], [6.0, 1.5, 1.0]),
        ("a*a", [0.5, 2.0, 3.0], [1.0, 0.0, 0.0]),
        ("a/b", [0.5, 2.0, 3.0], [0.5, -0.125, 0.0]),
        ("a^2", [0.5, 2.0, 3.0], [1.0, 0.0, 0.0]),
        ("a^2", [0.0, 2.0, 3.0], [0.0, 0.0, 0.0]),
        ("a^2", [-3.0, 2.0, 3.0], [-6.0, 0.0, 0.0]),
        ("a^1", [0.0, 2.0, 3.0], [1.0, 0.0, 0.0]),
        ("a^0", [0.0, 2.0, 3.0], [0.0, 0.0, 0.0]),
        ("a^b", [0.0, 2.0, 3.0], [0.0, 0.0, 0.0]),
        (
            "b^c",
            [0.5, 2.0, 3.0],
            [0.0, 12.0, 8.0 * std::f64::consts::LN_2],
        ),
        (
            "2^a",
            [1.0, 2.0, 3.0],
            [2.0 * std::f64::consts::LN_2, 0.0, 0.0],
        ),
        ("sqrt(b*2)", [0.5, 2.0, 3.0], [0.0, 0.5, 0.0]),
        ("ln(b)", [0.5, 2.0, 3.0], [0.0, 0.5, 0.0]),
        ("exp(-a)", [0.0, 2.0, 3.0], [-1.0, 0.0, 0.0]),
        ("atan(b)", [0.5, 2.0, 3.0], [0.0, 0.2, 0.0]),
        ("asin(a)+acos(a)", [0.5, 2.0, 3.0], [0.0, 0.0, 0.0]),
        ("tan(a)", [0.0, 2.0, 3.0], [1.0, 0.0, 0.0]),
        ("sin(a)*cos(a)", [0.0, 2.0, 3.0], [1.0, 0.0, 0.0]),
        ("0.25", [0.5, 2.0, 3.0], [0.0, 0.0, 0.0]),
    ];
    for (expression, row, expected) in table {
        let found = slopes(expression, *row).expect(expression);
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-14,
                "{expression}: {found} {expected}"
            );
        }
    }
}

#[test]
fn not_finite() {
    let table: &[(&str, [f64; 3], usize, f64)] = &[
        ("sqrt(a)", [0.0, 2.0, 3.0], 0, f64::INFINITY),
        ("a^0.5", [0.0, 2.0, 3.0], 0, f64::INFINITY),
        ("asin(a)", [1.0, 2.0, 3.0], 0, f64::INFINITY),
        ("acos(a)", [1.0, 2.0, 3.0], 0, f64::NEG_INFINITY),
        ("b+a^c", [-1.0, 2.0, 3.0], 2, f64::NAN),
        ("b*sqrt(a)^2", [0.0, 2.0, 3.0], 0, f64::NAN),
    ];
    for (expression, row, parameter, value) in table {
        let error = slopes(expression, *row).expect_err(expression);
        assert_eq!(
            (error.row, error.slot, error.parameter),
            (0, 0, *parameter),
            "{expression}"
        );
        assert!(
            error.value == *value || (error.value.is_nan() && value.is_nan()),
            "{expression}"
        );
    }
}

#[test]
fn the_first_row_is_reported_from_any_thread() {
    let program = program(&["b", "sqrt(a)"]);
    let n_rows = 50_000;
    let mut rows = vec![0.5; 3 * n_rows];
    for bad in [20_123, 49_999] {
        rows[3 * bad] = 0.0;
    }
    let error = program.pull_back(&rows, n_rows, 3, &[0, 1], &vec![0.0; 2 * n_rows], 1);
    let error = error.expect_err("infinite");
    assert_eq!((error.row, error.slot, error.parameter), (20_123, 1, 0));
}

#[test]
fn large_blocks_equal_their_rows() {
    let program = program(&["a", "-a", "b*c", "0.5", "sin(a)^2/c"]);
    let (n_rows, per_row) = (3000, 3);
    let number = |k: usize| 0.5 + (k as f64 * 0.618).fract();
    let rows: Vec<f64> = (0..3 * n_rows).map(number).collect();
    let gradients: Vec<f64> = (0..5 * per_row * n_rows).map(number).collect();
    let all = program
        .pull_back(&rows, n_rows, 3, &[0, 1, 2, 3, 4], &gradients, per_row)
        .expect("finite");
    let one_by_one: Vec<f64> = (0..n_rows)
        .flat_map(|row| {
            let given = &gradients[5 * per_row * row..][..5 * per_row];
            program
                .pull_back(
                    &rows[3 * row..][..3],
                    1,
                    3,
                    &[0, 1, 2, 3, 4],
                    given,
                    per_row,
                )
                .expect("finite")
        })
        .collect();
    assert_eq!(all, one_by_one);
}

/// Angles left out of the gradients do not count, and are not looked at.
#[test]
fn some_of_the_angles() {
    let program = program(&["a", "sqrt(a)", "b*c"]);
    let row = [0.0, 2.0, 3.0];
    let found = program.pull_back(&row, 1, 3, &[2, 0], &[1.0, 10.0, 2.0, 0.0], 2);
    assert_eq!(found, Ok(vec![10.0, 3.0, 2.0, 0.0, 6.0, 4.0]));
    let error = program.pull_back(&row, 1, 3, &[2, 1], &[0.0, 0.0], 1);
    assert_eq!(error.expect_err("infinite").slot, 1);
}

#[test]
fn nothing_to_do() {
    let constant = program(&["0.5"]);
    assert_eq!(
        constant.pull_back(&[1.0; 6], 2, 3, &[0], &[1.0; 2], 1),
        Ok(vec![0.0; 6])
    );
    assert_eq!(constant.pull_back(&[], 0, 3, &[0], &[], 1), Ok(vec![]));
    assert_eq!(
        program(&[]).pull_back(&[1.0; 3], 1, 3, &[], &[], 2),
        Ok(vec![0.0; 6])
    );
    assert_eq!(
        constant.pull_back(&[], 2, 0, &[0], &[1.0; 2], 1),
        Ok(vec![])
    );
}

/// Expressions that are smooth for parameters in 0.5 ..= 1.5.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        1 => (1..20_u32).prop_map(|k| format!("{}", f64::from(k) / 8.0)),
        1 => Just("pi".to_owned()),
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            (
                inner.clone(),
                inner.clone(),
                prop::sample::select(&["+", "-", "*"][..])
            )
                .prop_map(|(l, r, op)| format!("({l}{op}{r})")),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("({l})/(2+sin({r}))")),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("(2+cos({l}))^sin({r})")),
            (inner.clone(), 0..4_u32).prop_map(|(l, k)| format!("sin({l})^{k}")),
            inner.clone().prop_map(|e| format!("-({e})")),
            inner.clone().prop_map(|e| format!("sin({e})")),
            inner.clone().prop_map(|e| format!("cos({e})")),
            inner.clone().prop_map(|e| format!("tan(sin({e}))")),
            inner.clone().prop_map(|e| format!("exp(sin({e}))")),
            inner.clone().prop_map(|e| format!("ln(2+sin({e}))")),
            inner.clone().prop_map(|e| format!("sqrt(2+sin({e}))")),
            inner.clone().prop_map(|e| format!("asin(sin({e})/2)")),
            inner.clone().prop_map(|e| format!("acos(sin({e})/2)")),
            inner.prop_map(|e| format!("atan({e})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Derivatives weighted by the angles' gradients are those of the weighted sum of the angles.
    #[test]
    fn against_central_differences(
        expressions in prop::collection::vec(expression(), 1..4),
        row in prop::array::uniform3(0.5..1.5_f64),
        weights in prop::array::uniform4(-1.0..1.0_f64),
    ) {
        let borrowed: Vec<&str> = expressions.iter().map(String::as_str).collect();
        let program = program(&borrowed);
        let weights = &weights[..borrowed.len()];
        let sum = |row: &[f64]| -> f64 {
            let angles = program.angles(row, 1, 3).expect("finite");
            angles.iter().zip(weights).map(|(angle, weight)| angle * weight).sum()
        };
        let slots: Vec<u32> = (0..weights.len() as u32).collect();
        let found = program.pull_back(&row, 1, 3, &slots, weights, 1).expect("finite");
        for parameter in 0..3 {
            // Two steps tell the error of the difference itself, which fast oscillations make large.
            let difference = |step: f64| {
                let (mut up, mut down) = (row, row);
                up[parameter] += step;
                down[parameter] -= step;
                (sum(&up) - sum(&down)) / (2.0 * step)
            };
            let (coarse, fine) = (difference(2e-5), difference(1e-5));
            let allowed = 1e-6 * (1.0 + sum(&row).abs() + fine.abs()) + 4.0 * (coarse - fine).abs();
            prop_assert!(
                (found[parameter] - fine).abs() <= allowed,
                "{:?} by {}: {} instead of {}", expressions, NAMES[parameter], found[parameter], fine
            );
        }
    }
}
