//! Light cones: what they hold, and which words share one. That the values are right is shown in Python,
//! against a dense simulation (tests/property/test_cones.py).

use vivace_core::cone::{Cones, Effort, absorb, plan};
use vivace_core::native::NativeProgram;
use vivace_core::qasm2::parse;

fn program(n: usize, body: &str) -> NativeProgram {
    let text = format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[{n}]; {body}");
    NativeProgram::lower(&parse(&text, &["a", "b"]).expect("valid")).expect("lowers")
}

/// The qubits and the number of gates a word depends on.
fn cone(n: usize, body: &str, word: &str) -> (Vec<u32>, usize) {
    let program = program(n, body);
    let cones = Cones::of(&program);
    let cone = cones.cone(word.as_bytes());
    (cone.qubits.clone(), cones.n_gates(&cone))
}

#[test]
fn shapes_are_circuits_without_their_numbers() {
    let same = [
        ("rx(0.5) q[0]; ry(0.25) q[1];", "rx(1) q[0]; ry(2) q[1];"),
        (
            "rx(a) q[0]; ry(2*b) q[1];",
            "rx(a/3) q[0]; ry(sin(a)) q[1];",
        ),
        ("rx(a) q[0]; ry(a) q[1];", "rx(-b) q[0]; ry(-b) q[1];"),
        ("rx(0.5) q[0]; ry(0.5) q[1];", "rx(1) q[0]; ry(1) q[1];"),
    ];
    let shape = |body: &str| program(2, &format!("creg c[2]; {body}")).shape();
    for (a, b) in same {
        assert_eq!(shape(a), shape(b), "{a}");
    }
    let other = [
        "rx(0.5) q[0]; ry(0.25) q[1];",
        "rx(0.5) q[0]; ry(0.5) q[1];", // the same angle twice
        "rx(a) q[0]; ry(0.25) q[1];",  // a parameter
        "rx(0.5) q[1]; ry(0.25) q[1];",
        "rx(0.5) q[0]; rz(0.25) q[1];",
        "rx(0.5) q[0]; ry(0.25) q[1]; x q[0];",
        "rx(0.5) q[0]; ry(0.25) q[1]; measure q[0] -> c[0];",
        "rx(0.5) q[0]; if(c==1) ry(0.25) q[1];",
        "rx(0.5) q[0]; if(c==2) ry(0.25) q[1];",
    ];
    let shapes = other.map(shape);
    for (index, shape) in shapes.iter().enumerate() {
        assert!(!shapes[..index].contains(shape), "{}", other[index]);
    }
}

#[test]
fn what_a_word_depends_on() {
    let table: &[(&str, &str, &str, &[u32], usize)] = &[
        ("nothing", "h q[0]; x q[1];", "III", &[], 0),
        ("its own qubit", "ry(1) q[0]; ry(1) q[1];", "XII", &[0], 1),
        (
            "a diagonal gate before Z",
            "h q[0]; rz(1) q[0];",
            "ZII",
            &[0],
            1,
        ),
        (
            "a diagonal gate before X",
            "h q[0]; rz(1) q[0];",
            "XII",
            &[0],
            2,
        ),
        (
            "the control of a Z on the control",
            "h q[0]; cx q[0],q[1];",
            "ZII",
            &[0],
            1,
        ),
        (
            "the control of a Z on the target",
            "h q[0]; cx q[0],q[1];",
            "IZI",
            &[0, 1],
            2,
        ),
        (
            "the target of an X on the target",
            "h q[0]; cx q[0],q[1];",
            "IXI",
            &[1],
            0,
        ),
        (
            "neighbours only",
            "h q; rzz(1) q[0],q[1]; rzz(1) q[1],q[2]; rx(1) q[0];",
            "ZII",
            &[0, 1],
            4 + 2,
        ),
        (
            "written as cx",
            "h q; cx q[0],q[1]; rz(1) q[1]; cx q[0],q[1]; cx q[1],q[2]; rz(1) q[2]; cx q[1],q[2]; rx(1) q[0];",
            "ZII",
            &[0, 1],
            6,
        ),
        ("a letter on an idle qubit", "h q[0];", "IIZ", &[2], 0),
        (
            "through a Clifford",
            "ry(1) q[0]; h q[0]; rx(1) q[0];",
            "XII",
            &[0],
            2,
        ),
    ];
    for (name, body, word, qubits, gates) in table {
        assert_eq!(cone(3, body, word), (qubits.to_vec(), *gates), "{name}");
    }
}

/// QAOA with p = 1 on a ring: every edge has the same cone of four qubits, whatever order edges come in.
#[test]
fn equal_cones_are_evaluated_once() {
    let n = 40;
    let mut edges: Vec<(usize, usize)> = (0..n).map(|i| (i, (i + 1) % n)).collect();
    edges.sort_by_key(|&(a, b)| (a * 7919 + b * 104_729) % 101);
    let zz =
        |&(a, b): &(usize, usize)| format!("cx q[{a}],q[{b}]; rz(a) q[{b}]; cx q[{a}],q[{b}]; ");
    let body = format!("h q; {} rx(b) q;", edges.iter().map(zz).collect::<String>());
    let word = |&(a, b): &(usize, usize)| -> String {
        (0..n)
            .map(|q| if q == a || q == b { 'Z' } else { 'I' })
            .collect()
    };
    let words: Vec<String> = edges.iter().map(word).collect();
    let plan = plan(&program(n, &body), &words, 22, Effort::Values);
    assert!(plan.wide.is_empty());
    // The direction of the two `cx` pairs tells the kinds of edges apart; none needs many qubits.
    assert!(plan.tasks.len() <= 4, "{} circuits", plan.tasks.len());
    assert!(plan.tasks.iter().all(|task| task.program.n_qubits <= 8));
    let mut found: Vec<u32> = plan
        .tasks
        .iter()
        .flat_map(|t| &t.members)
        .flat_map(|m| m.targets.concat())
        .collect();
    found.sort_unstable();
    assert_eq!(found, (0..n as u32).collect::<Vec<_>>(), "every word once");
}

/// With other angles on every edge the circuit is still one; its occurrences are members of one task.
#[test]
fn other_angles_are_members() {
    let body: String = (0..8).map(|i| format!("ry(0.{i}) q[{i}]; ")).collect();
    let words: Vec<String> = (0..8)
        .map(|i| (0..8).map(|q| if q == i { 'Z' } else { 'I' }).collect())
        .collect();
    let plan = plan(&program(8, &body), &words, 22, Effort::Values);
    let members: usize = plan.tasks.iter().map(|task| task.members.len()).sum();
    let words_in_tasks: usize = plan
        .tasks
        .iter()
        .map(|task| task.words.len() * task.members.len())
        .sum();
    assert!(members <= 8 && words_in_tasks == 8, "{plan:?}");
}

#[test]
fn words_too_wide_are_named() {
    let ladder: String = (0..29)
        .map(|i| format!("ry(1) q[{i}]; cx q[{i}],q[{}]; ", i + 1))
        .collect();
    let words = [
        "Z".repeat(30),
        format!("Z{}", "I".repeat(29)),
        format!("{}Z", "I".repeat(29)),
    ];
    let plan = plan(&program(30, &ladder), &words, 22, Effort::Values);
    assert_eq!(plan.wide, [0, 2]);
    assert_eq!(plan.tasks.len(), 1);
}

/// What is left of a circuit and its words: the gates, then each word with its sign.
fn absorbed(n: usize, body: &str, words: &[&str]) -> (Vec<&'static str>, Vec<String>) {
    let found = absorb(&program(n, body), words);
    let gates = found.program.ops.iter().map(|op| op.gate.name()).collect();
    let sign = |sign: &f64| if *sign < 0.0 { "-" } else { "" };
    let words = found.words.iter().zip(&found.signs);
    (
        gates,
        words.map(|(word, s)| sign(s).to_owned() + word).collect(),
    )
}

#[test]
fn the_end_of_a_circuit_goes_into_the_words() {
    type Case = (
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        &'static [&'static str],
    );
    let table: &[Case] = &[
        ("", &["XYZ"], &[], &["XYZ"]),
        ("x q[0];", &["ZII", "XII"], &[], &["-ZII", "XII"]),
        ("s q[0];", &["XII", "YII"], &[], &["-YII", "XII"]),
        ("sdg q[0];", &["XII", "YII"], &[], &["YII", "-XII"]),
        (
            "cx q[0],q[1];",
            &["IZI", "XII", "YYI"],
            &[],
            &["ZZI", "XXI", "-XZI"],
        ),
        ("swap q[0],q[2];", &["XYZ"], &[], &["ZYX"]),
        // rz and cx go, ry stays, and with it all that is on its qubit before.
        (
            "h q[1]; ry(1) q[1]; rz(1) q[1]; cx q[0],q[1];",
            &["ZZI"],
            &["h", "ry"],
            &["IZI"],
        ),
        // Words that are read from probabilities are not turned into others.
        ("h q[0]; cx q[0],q[1];", &["ZII"], &["h"], &["ZII"]),
        (
            "h q[0]; cx q[0],q[1];",
            &["ZII", "XII"],
            &[],
            &["XII", "ZXI"],
        ),
        // A rotation about ZZ is taken off as a whole, or left as it is.
        (
            "cx q[0],q[1]; rz(1) q[1]; cx q[0],q[1];",
            &["ZII", "IZI"],
            &[],
            &["ZII", "IZI"],
        ),
        (
            "cx q[0],q[1]; rz(1) q[1]; cx q[0],q[1];",
            &["XII"],
            &["cx", "rz", "cx"],
            &["XII"],
        ),
        // Gates on other qubits do not stand in the way.
        (
            "h q[0]; ry(1) q[1]; cx q[0],q[2];",
            &["IXI", "IIX"],
            &["ry"],
            &["IXI", "IIX"],
        ),
    ];
    for (body, words, gates, left) in table {
        let (found_gates, found_words) = absorbed(3, body, words);
        assert_eq!(found_gates, *gates, "{body} {words:?}");
        assert_eq!(found_words, *left, "{body} {words:?}");
    }
}

#[test]
fn letters_on_idle_qubits_are_kept_when_words_are_put_together() {
    let found = plan(&program(3, ""), &["IZI", "XII", "ZIY"], 3, Effort::Values);
    for task in &found.tasks {
        let width = task.program.n_qubits as usize;
        assert!(
            task.words.iter().all(|word| word.len() == width),
            "{task:?}"
        );
        assert!(
            task.words
                .iter()
                .all(|word| word.bytes().any(|letter| letter != b'I')),
            "{task:?}"
        );
    }
}

/// Many words on few qubits are cheaper at shifted angles; one word never is, nor values or weighted sums.
#[test]
fn when_the_parameter_shift_is_cheaper() {
    let body = "rx(a) q[0]; ry(b) q[1]; cx q[0],q[1]; crx(a) q[1],q[0]; rx(b) q[0]; ry(a) q[1]; ch q[0],q[1];";
    let program = program(2, body);
    let letters = ["I", "X", "Y", "Z"];
    let words: Vec<String> = (1..16)
        .map(|k| format!("{}{}", letters[k / 4], letters[k % 4]))
        .collect();
    let shifted = |words: &[String], effort| -> Vec<bool> {
        let plan = plan(&program, words, 22, effort);
        plan.tasks.iter().map(|task| task.shift).collect()
    };
    // All in one, though not all words depend on all gates.
    assert_eq!(shifted(&words, Effort::Jacobian), [true]);
    assert_eq!(shifted(&words[14..], Effort::Jacobian), [false]);
    assert_eq!(shifted(&words, Effort::Gradient), [false]);
    assert_eq!(shifted(&words, Effort::Values), [false]);
}

/// One backward sweep for each word: words whose cones differ are better apart, unless only their sum is asked.
#[test]
fn sums_are_put_together_and_jacobians_are_not() {
    let body: String = (0..8)
        .map(|i| format!("ry(a) q[{i}]; "))
        .chain((0..7).map(|i| format!("cx q[{i}],q[{}]; ", i + 1)))
        .collect();
    let words: Vec<String> = (0..8)
        .map(|i| (0..8).map(|q| if q == i { 'Z' } else { 'I' }).collect())
        .collect();
    let circuits = |effort| plan(&program(8, &body), &words, 22, effort).tasks.len();
    assert!(circuits(Effort::Gradient) < circuits(Effort::Jacobian));
}
