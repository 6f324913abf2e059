//! Names in rendered text.
//!
//! The text is not for this crate alone: Qiskit's loader and whoever fills in the placeholders must read
//! it the same way. So registers and own gates keep their names unless
//!
//! * Qiskit takes no such name (it begins with a capital or with `_`);
//! * it is one of the built-in table — the text includes `qelib1.inc`, and earlier uses of the built-in
//!   gate must not change;
//! * it is a word of a placeholder, which is going to be replaced.
//!
//! Gates that we know without a definition and Qiskit does not are defined in the text, as what they are
//! lowered to. Read back, such a gate is the program's own; it keeps its name then, so that the text of
//! the text is the same again.

use std::collections::HashSet;
use std::f64::consts::FRAC_PI_2;

use crate::qasm2::{BodyOp, Code, Expr, Gate, GateDef, Instr, Program, Register};

/// Gates of the table that Qiskit's `qelib1.inc` does not define.
const UNKNOWN_TO_QISKIT: [Gate; 2] = [Gate::Iswap, Gate::Ryy];

/// How the names of one program are written.
pub(super) struct Spelling {
    /// One name per quantum register.
    pub(super) qregs: Vec<String>,
    /// One name per classical register.
    pub(super) cregs: Vec<String>,
    /// One name per gate the program defines.
    pub(super) gates: Vec<String>,
    /// Built-in gates that the text has to define.
    pub(super) spelled_out: Vec<Gate>,
    /// What the formal parameters of definitions begin with.
    pub(super) param: String,
    /// What the formal qubits of definitions begin with.
    pub(super) qubit: String,
}

impl Spelling {
    pub(super) fn new(program: &Program, placeholders: &[String]) -> Spelling {
        let spelled_out = spelled_out(program);
        let words: HashSet<&str> = placeholders.iter().flat_map(|name| words(name)).collect();
        let keeps = |name: &str| {
            let builtin = Gate::from_name(name.as_bytes());
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && builtin.is_none_or(|g| UNKNOWN_TO_QISKIT.contains(&g))
                && !spelled_out.iter().any(|gate| gate.name() == name)
                && !words.contains(name)
        };
        let (qregs, cregs) = (&program.qregs, &program.cregs);
        let registers = qregs.iter().chain(cregs).map(|r| &*r.name);
        let own = registers.chain(program.gates.iter().map(|g| &*g.name));
        let mut taken: HashSet<String> = own
            .chain(words.iter().copied())
            .map(str::to_owned)
            .collect();
        let mut write = |prefix: &str, name: &str| {
            if keeps(name) {
                return name.to_owned();
            }
            let mut other = format!("{prefix}_{name}");
            while !taken.insert(other.clone()) {
                other.push('_');
            }
            other
        };
        let mut register = |r: &Register| write("reg", &r.name);
        let (qregs, cregs): (Vec<_>, Vec<_>) = (
            qregs.iter().map(&mut register).collect(),
            cregs.iter().map(&mut register).collect(),
        );
        let gates: Vec<_> = program
            .gates
            .iter()
            .map(|g| write("own", &g.name))
            .collect();
        let formal = |letter| fresh_prefix(letter, &taken);
        let (param, qubit) = (formal("p"), formal("a"));
        Spelling {
            qregs,
            cregs,
            gates,
            spelled_out,
            param,
            qubit,
        }
    }
}

/// The letter, with as many `_` as it takes that no taken name is this and a number.
fn fresh_prefix(letter: &str, taken: &HashSet<String>) -> String {
    let mut prefix = letter.to_owned();
    let numbered = |name: &str, prefix: &str| {
        let rest = name.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    while taken.iter().any(|name| numbered(name, &prefix)) {
        prefix.push('_');
    }
    prefix
}

/// The parts of a name that a reader could take for names.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

fn spelled_out(program: &Program) -> Vec<Gate> {
    let bodies = || program.gates.iter().flat_map(|g| g.body.iter().flatten());
    let used = |gate: &Gate| {
        let code = Code::Builtin(*gate);
        program.ops.iter().any(|op| op.code == code) || bodies().any(|op| op.code == code)
    };
    UNKNOWN_TO_QISKIT.into_iter().filter(used).collect()
}

/// What `gate`, one of [`UNKNOWN_TO_QISKIT`], is lowered to (`native/rewrite.rs`).
pub(super) fn own_definition(gate: Gate) -> GateDef {
    let op = |gate, qubits: &[u32], angle: Option<Instr>| BodyOp {
        code: Code::Builtin(gate),
        qubits: qubits.into(),
        angles: angle.into_iter().map(|a| Expr::from([a])).collect(),
    };
    let body = if gate == Gate::Ryy {
        let turn = |qubit, angle| op(Gate::Rx, &[qubit], Some(Instr::Const(angle)));
        vec![
            turn(0, FRAC_PI_2),
            turn(1, FRAC_PI_2),
            op(Gate::Cx, &[0, 1], None),
            op(Gate::Rz, &[1], Some(Instr::Param(0))),
            op(Gate::Cx, &[0, 1], None),
            turn(0, -FRAC_PI_2),
            turn(1, -FRAC_PI_2),
        ]
    } else {
        vec![
            op(Gate::S, &[0], None),
            op(Gate::S, &[1], None),
            op(Gate::H, &[0], None),
            op(Gate::Cx, &[0, 1], None),
            op(Gate::Cx, &[1, 0], None),
            op(Gate::H, &[1], None),
        ]
    };
    GateDef {
        name: gate.name().into(),
        n_params: gate.n_params(),
        n_qubits: gate.n_qubits(),
        body: Some(body.into()),
    }
}
