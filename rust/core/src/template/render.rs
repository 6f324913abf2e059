//! Programs back to OpenQASM 2: parsing the text again gives the same program.
//!
//! Numbers are written with the fewest digits that denote the same double. In a template, a placeholder
//! inside a larger expression stands in parentheses, so that replacing it by the text of a negative
//! number never changes the meaning (wire protocol §5.4). Names that another reader of the text would not
//! take are replaced (`spelling`).

use std::fmt;
use std::fmt::Write;

use super::spelling::{Spelling, own_definition};
use crate::qasm2::{Code, Expr, Function, GateDef, Instr, Op, Program, evaluate};

/// An angle that is not a number at the given parameter values.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderError {
    /// Name of the gate it belongs to.
    pub gate: String,
    /// What the expression gives.
    pub value: f64,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "an angle of gate '{}' comes out as {}; every angle must be a finite number.",
            self.gate, self.value
        )
    }
}

impl std::error::Error for RenderError {}

/// The text of `program` with its parameters written as `names`.
#[must_use]
pub fn render_template(program: &Program, names: &[String]) -> String {
    let symbol = |expr: &Expr, _| Ok(infix(expr, &|p| names[p as usize].clone()));
    match render::<std::convert::Infallible>(program, names, &symbol) {
        Ok(text) => text,
        Err(never) => match never {},
    }
}

/// The text of `program` at the given parameter values.
///
/// # Errors
/// [`RenderError`] for the first angle that is infinite or not a number there.
pub fn render_bound(program: &Program, values: &[f64]) -> Result<String, RenderError> {
    render(program, &[], &|expr, code| {
        let value = evaluate(expr, values);
        if value.is_finite() {
            return Ok(format!("{value:?}"));
        }
        let gate = match code {
            Code::Defined(index) => program.gates[index as usize].name.to_string(),
            code => plain_name(code).to_owned(),
        };
        Err(RenderError { gate, value })
    })
}

fn render<E>(
    program: &Program,
    placeholders: &[String],
    symbol: &dyn Fn(&Expr, Code) -> Result<String, E>,
) -> Result<String, E> {
    let names = Spelling::new(program, placeholders);
    let mut text = String::from("OPENQASM 2.0;\ninclude \"qelib1.inc\";\n");
    for &gate in &names.spelled_out {
        definition(&mut text, &own_definition(gate), gate.name(), &names);
    }
    for (gate, name) in program.gates.iter().zip(&names.gates) {
        definition(&mut text, gate, name, &names);
    }
    for (kind, registers, names) in [
        ("qreg", &program.qregs, &names.qregs),
        ("creg", &program.cregs, &names.cregs),
    ] {
        for (register, name) in registers.iter().zip(names) {
            let _ = writeln!(text, "{kind} {name}[{}];", register.size);
        }
    }
    let mut symbols = program.symbols.iter().peekable();
    for op in &program.ops {
        if op.condition > 0 {
            condition(&mut text, program, &names, op.condition - 1);
        }
        text.push_str(code_name(op.code, &names));
        let count = program.n_angles(op.code);
        for slot in op.angles..op.angles + count {
            text.push(if slot == op.angles { '(' } else { ',' });
            match symbols.next_if(|(at, _)| *at == slot) {
                Some((_, expr)) => text.push_str(&symbol(expr, op.code)?),
                None => write!(text, "{:?}", program.angles[slot as usize]).unwrap_or_default(),
            }
        }
        if count > 0 {
            text.push(')');
        }
        operands(&mut text, program, &names, op);
    }
    Ok(text)
}

/// ` q[0],q[1];`, or ` q[0] -> c[0];` for a measurement.
fn operands(text: &mut String, program: &Program, names: &Spelling, op: &Op) {
    for (position, &operand) in program.operands(op).iter().enumerate() {
        let (separator, registers, names) = match (op.code, position) {
            (_, 0) => (" ", &program.qregs, &names.qregs),
            (Code::Measure, _) => (" -> ", &program.cregs, &names.cregs),
            _ => (",", &program.qregs, &names.qregs),
        };
        let at = registers.partition_point(|r| r.start + r.size <= operand);
        let bit = operand - registers[at].start;
        let _ = write!(text, "{separator}{}[{bit}]", names[at]);
    }
    text.push_str(";\n");
}

fn condition(text: &mut String, program: &Program, names: &Spelling, index: u32) {
    let condition = program.conditions[index as usize];
    let register = program
        .cregs
        .iter()
        .position(|r| r.start == condition.start && r.size == condition.size);
    if let Some(register) = register {
        let _ = write!(text, "if({}=={}) ", names.cregs[register], condition.value);
    }
}

fn code_name(code: Code, names: &Spelling) -> &str {
    match code {
        Code::Defined(index) => &names.gates[index as usize],
        code => plain_name(code),
    }
}

const fn plain_name(code: Code) -> &'static str {
    match code {
        Code::Builtin(gate) => gate.name(),
        Code::Defined(_) => "gate",
        Code::Measure => "measure",
        Code::Reset => "reset",
        Code::Barrier => "barrier",
    }
}

fn definition(text: &mut String, gate: &GateDef, name: &str, names: &Spelling) {
    let keyword = if gate.body.is_some() {
        "gate"
    } else {
        "opaque"
    };
    let (param, formal) = (&names.param, &names.qubit);
    let _ = write!(text, "{keyword} {name}");
    list(text, 0..gate.n_params, |text, i| {
        let _ = write!(text, "{param}{i}");
    });
    let qubits = |text: &mut String, indices: &mut dyn Iterator<Item = u32>| {
        for (position, qubit) in indices.enumerate() {
            let separator = if position == 0 { ' ' } else { ',' };
            let _ = write!(text, "{separator}{formal}{qubit}");
        }
    };
    qubits(text, &mut (0..gate.n_qubits));
    let Some(body) = &gate.body else {
        text.push_str(";\n");
        return;
    };
    text.push_str(" {");
    for op in body {
        text.push(' ');
        text.push_str(code_name(op.code, names));
        list(text, 0..op.angles.len(), |text, i| {
            text.push_str(&infix(&op.angles[i], &|p| format!("{param}{p}")));
        });
        qubits(text, &mut op.qubits.iter().copied());
        text.push(';');
    }
    text.push_str(" }\n");
}

/// `(a,b,…)`, or nothing when there is nothing to list.
fn list<I>(
    text: &mut String,
    items: impl Iterator<Item = I>,
    mut write: impl FnMut(&mut String, I),
) {
    let mut open = false;
    for item in items {
        text.push(if open { ',' } else { '(' });
        open = true;
        write(text, item);
    }
    if open {
        text.push(')');
    }
}

/// Postfix to infix, every compound part in parentheses.
fn infix(expr: &Expr, name: &dyn Fn(u32) -> String) -> String {
    match expr[..] {
        [Instr::Param(parameter)] => return name(parameter),
        [Instr::Const(value)] => return format!("{value:?}"),
        _ => {}
    }
    let mut stack: Vec<String> = Vec::new();
    for instr in expr {
        let top = match *instr {
            Instr::Const(value) if value.is_sign_negative() => format!("({value:?})"),
            Instr::Const(value) => format!("{value:?}"),
            Instr::Param(parameter) => format!("({})", name(parameter)),
            Instr::Neg => format!("(-{})", stack.pop().unwrap_or_default()),
            Instr::Call(function) => {
                format!(
                    "{}({})",
                    function_name(function),
                    stack.pop().unwrap_or_default()
                )
            }
            Instr::Add | Instr::Sub | Instr::Mul | Instr::Div | Instr::Pow => {
                let right = stack.pop().unwrap_or_default();
                let left = stack.pop().unwrap_or_default();
                format!("({left}{}{right})", operator(*instr))
            }
        };
        stack.push(top);
    }
    stack.pop().unwrap_or_default()
}

const fn operator(instr: Instr) -> char {
    match instr {
        Instr::Add => '+',
        Instr::Sub => '-',
        Instr::Mul => '*',
        Instr::Div => '/',
        _ => '^',
    }
}

const fn function_name(function: Function) -> &'static str {
    match function {
        Function::Sin => "sin",
        Function::Cos => "cos",
        Function::Tan => "tan",
        Function::Exp => "exp",
        Function::Ln => "ln",
        Function::Sqrt => "sqrt",
        Function::Acos => "acos",
        Function::Atan => "atan",
        Function::Asin => "asin",
    }
}
