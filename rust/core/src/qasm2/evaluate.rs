//! The arithmetic of angle expressions, in doubles, as Qiskit does it.

use super::program::{Function, Instr};

/// The value of an expression at given parameters. A parameter that is missing counts as NaN.
///
/// ```
/// use vivace_core::qasm2::{Instr, evaluate};
/// let expr = [Instr::Param(0), Instr::Const(2.0), Instr::Div];
/// assert_eq!(evaluate(&expr, &[3.0]), 1.5);
/// ```
#[must_use]
pub fn evaluate(expr: &[Instr], params: &[f64]) -> f64 {
    let mut stack = Vec::with_capacity(8);
    for step in expr {
        let value = match *step {
            Instr::Const(value) => value,
            Instr::Param(index) => params.get(index as usize).copied().unwrap_or(f64::NAN),
            Instr::Neg => -pop(&mut stack),
            Instr::Call(function) => call(function, pop(&mut stack)),
            _ => {
                let right = pop(&mut stack);
                binary(*step, pop(&mut stack), right)
            }
        };
        stack.push(value);
    }
    pop(&mut stack)
}

fn pop(stack: &mut Vec<f64>) -> f64 {
    stack.pop().unwrap_or(f64::NAN)
}

/// Applies a binary step; NaN for any other.
pub(crate) fn binary(step: Instr, left: f64, right: f64) -> f64 {
    match step {
        Instr::Add => left + right,
        Instr::Sub => left - right,
        Instr::Mul => left * right,
        Instr::Div => left / right,
        Instr::Pow => left.powf(right),
        _ => f64::NAN,
    }
}

/// Applies a function.
pub(crate) fn call(function: Function, x: f64) -> f64 {
    match function {
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        Function::Tan => x.tan(),
        Function::Exp => x.exp(),
        Function::Ln => x.ln(),
        Function::Sqrt => x.sqrt(),
        Function::Acos => x.acos(),
        Function::Atan => x.atan(),
        Function::Asin => x.asin(),
    }
}
