//! Programs back to OpenQASM 2: parsing the text again gives the same program.
//!
//! Numbers are written with the fewest digits that denote the same double. In a template, a placeholder
//! inside a larger expression stands in parentheses, so that replacing it by the text of a negative
//! number never changes the meaning (wire protocol §5.4). A gate the program defines under a name of the
//! built-in table gets another name: earlier uses of the built-in one must not change.

use std::collections::HashSet;
use std::fmt::Write;

use crate::qasm2::{Code, Expr, Function, Gate, GateDef, Instr, Program, evaluate};

/// The text of `program` with its parameters written as `names`.
#[must_use]
pub fn render_template(program: &Program, names: &[String]) -> String {
    render(program, &|expr| {
        infix(expr, &|parameter| names[parameter as usize].clone())
    })
}

/// The text of `program` at the given parameter values.
#[must_use]
pub fn render_bound(program: &Program, values: &[f64]) -> String {
    render(program, &|expr| format!("{:?}", evaluate(expr, values)))
}

fn render(program: &Program, symbol: &dyn Fn(&Expr) -> String) -> String {
    let names = gate_names(program);
    let mut text = String::from("OPENQASM 2.0;\ninclude \"qelib1.inc\";\n");
    for (gate, name) in program.gates.iter().zip(&names) {
        definition(&mut text, gate, name, &names);
    }
    for (kind, registers) in [("qreg", &program.qregs), ("creg", &program.cregs)] {
        for register in registers {
            let _ = writeln!(text, "{kind} {}[{}];", register.name, register.size);
        }
    }
    let mut symbols = program.symbols.iter().peekable();
    for op in &program.ops {
        if op.condition > 0 {
            condition(&mut text, program, op.condition - 1);
        }
        text.push_str(code_name(op.code, &names));
        let count = program.n_angles(op.code);
        list(
            &mut text,
            op.angles..op.angles + count,
            |text, slot| match symbols.next_if(|(at, _)| *at == slot) {
                Some((_, expr)) => text.push_str(&symbol(expr)),
                None => write!(text, "{:?}", program.angles[slot as usize]).unwrap_or_default(),
            },
        );
        operands(&mut text, program, op.code, program.operands(op));
    }
    text
}

/// ` q[0],q[1];`, or ` q[0] -> c[0];` for a measurement.
fn operands(text: &mut String, program: &Program, code: Code, operands: &[u32]) {
    for (position, &operand) in operands.iter().enumerate() {
        let (separator, registers) = match (code, position) {
            (_, 0) => (" ", &program.qregs),
            (Code::Measure, _) => (" -> ", &program.cregs),
            _ => (",", &program.qregs),
        };
        let at = registers.partition_point(|r| r.start + r.size <= operand);
        let register = &registers[at];
        let _ = write!(
            text,
            "{separator}{}[{}]",
            register.name,
            operand - register.start
        );
    }
    text.push_str(";\n");
}

fn condition(text: &mut String, program: &Program, index: u32) {
    let condition = program.conditions[index as usize];
    let register = program
        .cregs
        .iter()
        .find(|r| r.start == condition.start && r.size == condition.size);
    if let Some(register) = register {
        let _ = write!(text, "if({}=={}) ", register.name, condition.value);
    }
}

fn code_name(code: Code, names: &[String]) -> &str {
    match code {
        Code::Builtin(gate) => gate.name(),
        Code::Defined(index) => &names[index as usize],
        Code::Measure => "measure",
        Code::Reset => "reset",
        Code::Barrier => "barrier",
    }
}

/// One name per defined gate: its own, unless the built-in table has it.
fn gate_names(program: &Program) -> Vec<String> {
    let mut taken: HashSet<String> = program
        .qregs
        .iter()
        .chain(&program.cregs)
        .map(|r| r.name.to_string())
        .chain(program.gates.iter().map(|g| g.name.to_string()))
        .collect();
    let own = |gate: &GateDef| {
        if Gate::from_name(gate.name.as_bytes()).is_none() {
            return gate.name.to_string();
        }
        let mut name = format!("own_{}", gate.name);
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        name
    };
    program.gates.iter().map(own).collect()
}

fn definition(text: &mut String, gate: &GateDef, name: &str, names: &[String]) {
    let keyword = if gate.body.is_some() {
        "gate"
    } else {
        "opaque"
    };
    let _ = write!(text, "{keyword} {name}");
    list(text, 0..gate.n_params, |text, i| {
        let _ = write!(text, "p{i}");
    });
    let qubits = |text: &mut String, indices: &mut dyn Iterator<Item = u32>| {
        for (position, qubit) in indices.enumerate() {
            let _ = write!(text, "{}a{qubit}", if position == 0 { " " } else { "," });
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
            text.push_str(&infix(&op.angles[i], &|p| format!("p{p}")));
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
    if let [Instr::Param(parameter)] = expr[..] {
        return name(parameter);
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
