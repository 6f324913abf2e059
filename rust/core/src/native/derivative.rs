//! Derivatives with respect to the template's parameters, from derivatives with respect to the angles.
//!
//! A simulator tells how a value changes with each angle of a [`NativeProgram`]; users ask how it changes
//! with each named parameter. [`NativeProgram::pull_back`] is the chain rule between the two. Every angle
//! that is an expression becomes a [`Tape`], differentiated in reverse: the cost of one pass does not grow
//! with the number of parameters. Only the non-zero partial derivatives of one row exist at a time.

use rayon::prelude::*;

use super::lower::{Angle, NativeProgram};
use crate::qasm2::{Function, Instr, binary, call};

/// Numbers read (gradients) below which the caller's thread does all the work.
const PARALLEL: usize = 1 << 15;

/// A derivative that is not a number at some parameter row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DerivativeError {
    /// The row, counted from the start of the block.
    pub row: usize,
    /// Index into [`NativeProgram::slots`]: the angle.
    pub slot: usize,
    /// The parameter.
    pub parameter: usize,
    /// What the derivative comes out as.
    pub value: f64,
}

impl NativeProgram {
    /// Gradients with respect to parameters from gradients with respect to angles.
    ///
    /// `rows` has `n_rows` rows of `width` parameters. `gradients` has `per_row` gradients for each of them,
    /// one after the other, each with one number for each of `slots`, the angles that matter; the result has
    /// as many, each of `width` numbers. Both are row-major.
    ///
    /// # Errors
    /// [`DerivativeError`] for the first row at which the derivative of one of these angles is infinite or not
    /// a number.
    pub fn pull_back(
        &self,
        rows: &[f64],
        n_rows: usize,
        width: usize,
        slots: &[u32],
        gradients: &[f64],
        per_row: usize,
    ) -> Result<Vec<f64>, DerivativeError> {
        let mut out = vec![0.0; n_rows * per_row * width];
        let chain = Chain::new(&self.slots, slots);
        if out.is_empty() || chain.entries.is_empty() {
            return Ok(out);
        }
        let n_slots = slots.len();
        let block = per_row * n_slots;
        let pull = |scratch: &mut Scratch, (row, out): (usize, &mut [f64])| {
            let values = &rows[row * width..(row + 1) * width];
            chain.partials(row, values, scratch)?;
            let given = gradients[row * block..(row + 1) * block].chunks(n_slots);
            for (out, given) in out.chunks_mut(width).zip(given) {
                chain.apply(&scratch.partials, given, out);
            }
            Ok(())
        };
        let size = per_row * width;
        let first = if gradients.len() < PARALLEL {
            let mut scratch = chain.scratch();
            let mut each = out.chunks_mut(size).enumerate();
            each.find_map(|chunk| pull(&mut scratch, chunk).err())
        } else {
            // `find_map_first`: the error must not depend on the threads.
            out.par_chunks_mut(size)
                .enumerate()
                .with_min_len(PARALLEL / 4 / block + 1)
                .map_init(|| chain.scratch(), |s, chunk| pull(s, chunk).err())
                .find_map_first(|error| error)
        };
        first.map_or(Ok(out), Err)
    }
}

/// A partial derivative that may be other than zero: of an angle, by a parameter.
struct Entry {
    /// Place of the angle in a gradient.
    column: u32,
    slot: u32,
    parameter: u32,
}

/// The derivatives of all slots by all parameters, without the zeros.
struct Chain {
    entries: Vec<Entry>,
    /// Their values, where they are the same at every row.
    constant: Vec<f64>,
    /// Those that are not, each with its first entry.
    tapes: Vec<(usize, Tape)>,
}

/// What the pass over one row writes to.
struct Scratch {
    partials: Vec<f64>,
    values: Vec<f64>,
    adjoints: Vec<f64>,
}

impl Chain {
    fn new(angles: &[Angle], slots: &[u32]) -> Chain {
        let mut chain = Chain {
            entries: Vec::new(),
            constant: Vec::new(),
            tapes: Vec::new(),
        };
        for (&slot, column) in slots.iter().zip(0u32..) {
            let Angle::Symbol(expr) = &angles[slot as usize] else {
                continue;
            };
            let mut entry = |parameter, value| {
                chain.entries.push(Entry {
                    column,
                    slot,
                    parameter,
                });
                chain.constant.push(value);
            };
            match **expr {
                [Instr::Param(parameter)] => entry(parameter, 1.0),
                [Instr::Param(parameter), Instr::Neg] => entry(parameter, -1.0),
                _ => {
                    let (tape, parameters) = Tape::new(expr);
                    for parameter in &parameters {
                        entry(*parameter, 0.0);
                    }
                    chain
                        .tapes
                        .push((chain.entries.len() - parameters.len(), tape));
                }
            }
        }
        chain
    }

    fn scratch(&self) -> Scratch {
        let longest = self.tapes.iter().map(|(_, t)| t.steps.len()).max();
        Scratch {
            partials: self.constant.clone(),
            values: vec![0.0; longest.unwrap_or(0)],
            adjoints: vec![0.0; longest.unwrap_or(0)],
        }
    }

    /// The derivatives at the values of a row, into `scratch.partials`; an error for the first that is not finite.
    fn partials(
        &self,
        row: usize,
        values: &[f64],
        scratch: &mut Scratch,
    ) -> Result<(), DerivativeError> {
        for (first, tape) in &self.tapes {
            let partials = &mut scratch.partials[*first..*first + tape.n_parameters];
            tape.differentiate(values, &mut scratch.values, &mut scratch.adjoints, partials);
            let bad = partials.iter().position(|partial| !partial.is_finite());
            if let Some(bad) = bad {
                let Entry {
                    slot, parameter, ..
                } = self.entries[first + bad];
                return Err(DerivativeError {
                    row,
                    slot: slot as usize,
                    parameter: parameter as usize,
                    value: partials[bad],
                });
            }
        }
        Ok(())
    }

    fn apply(&self, partials: &[f64], gradient: &[f64], out: &mut [f64]) {
        for (entry, partial) in self.entries.iter().zip(partials) {
            out[entry.parameter as usize] += partial * gradient[entry.column as usize];
        }
    }
}

/// An expression with the places of its operands, to be walked in both directions.
struct Tape {
    steps: Vec<Step>,
    n_parameters: usize,
}

/// One step. The last operand is always the step before.
struct Step {
    instr: Instr,
    /// The left operand of a binary step; for a parameter, its place among those of this tape.
    left: u32,
    /// Whether it depends on a parameter: no derivative is taken of what does not.
    active: bool,
}

impl Tape {
    /// The tape, and its parameters, each once.
    fn new(expr: &[Instr]) -> (Tape, Vec<u32>) {
        let mut parameters: Vec<u32> = Vec::new();
        let mut steps: Vec<Step> = Vec::with_capacity(expr.len());
        let mut stack: Vec<u32> = Vec::new();
        for (at, &instr) in expr.iter().enumerate() {
            let (left, active) = match instr {
                Instr::Const(_) => (0, false),
                Instr::Param(parameter) => (place(&mut parameters, parameter), true),
                Instr::Neg | Instr::Call(_) => {
                    let operand = stack.pop().unwrap_or(0);
                    (operand, steps[operand as usize].active)
                }
                _ => {
                    let right = stack.pop().unwrap_or(0);
                    let left = stack.pop().unwrap_or(0);
                    let active = steps[left as usize].active || steps[right as usize].active;
                    (left, active)
                }
            };
            stack.push(at as u32);
            steps.push(Step {
                instr,
                left,
                active,
            });
        }
        let n_parameters = parameters.len();
        (
            Tape {
                steps,
                n_parameters,
            },
            parameters,
        )
    }

    /// The derivatives by the tape's parameters, into `out`.
    fn differentiate(
        &self,
        row: &[f64],
        values: &mut [f64],
        adjoints: &mut [f64],
        out: &mut [f64],
    ) {
        for (at, step) in self.steps.iter().enumerate() {
            values[at] = match step.instr {
                Instr::Const(value) => value,
                Instr::Param(parameter) => row[parameter as usize],
                Instr::Neg => -values[at - 1],
                Instr::Call(function) => call(function, values[at - 1]),
                instr => binary(instr, values[step.left as usize], values[at - 1]),
            };
        }
        out.fill(0.0);
        let Some(last) = self.steps.len().checked_sub(1) else {
            return;
        };
        adjoints[last] = 1.0;
        for at in (0..=last).rev() {
            let step = &self.steps[at];
            if step.active {
                self.backward(at, values, adjoints, out);
            }
        }
    }

    /// Hand the adjoint of step `at` on to its operands. Each step is the operand of one other: set, not add.
    fn backward(&self, at: usize, values: &[f64], adjoints: &mut [f64], out: &mut [f64]) {
        let (step, adjoint) = (&self.steps[at], adjoints[at]);
        match step.instr {
            Instr::Const(_) => {}
            Instr::Param(_) => out[step.left as usize] += adjoint,
            Instr::Neg => adjoints[at - 1] = -adjoint,
            Instr::Call(function) => {
                adjoints[at - 1] = adjoint * slope(function, values[at - 1], values[at]);
            }
            instr => {
                let (left, right) = (step.left as usize, at - 1);
                if self.steps[left].active {
                    adjoints[left] = adjoint * slope_left(instr, values[left], values[right]);
                }
                if self.steps[right].active {
                    adjoints[right] =
                        adjoint * slope_right(instr, values[left], values[right], values[at]);
                }
            }
        }
    }
}

/// Where `parameter` stands in `parameters`; it is added if it does not.
fn place(parameters: &mut Vec<u32>, parameter: u32) -> u32 {
    let known = parameters.iter().position(|&p| p == parameter);
    known.unwrap_or_else(|| {
        parameters.push(parameter);
        parameters.len() - 1
    }) as u32
}

/// The derivative of a function at `x`, where it is `y`.
fn slope(function: Function, x: f64, y: f64) -> f64 {
    match function {
        Function::Sin => x.cos(),
        Function::Cos => -x.sin(),
        Function::Tan => 1.0 + y * y,
        Function::Exp => y,
        Function::Ln => 1.0 / x,
        Function::Sqrt => 0.5 / y,
        Function::Asin => 1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
        Function::Acos => -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
        Function::Atan => 1.0 / (1.0 + x * x),
    }
}

fn slope_left(instr: Instr, left: f64, right: f64) -> f64 {
    match instr {
        Instr::Add | Instr::Sub => 1.0,
        Instr::Mul => right,
        Instr::Div => 1.0 / right,
        Instr::Pow if right == 0.0 => 0.0,
        Instr::Pow => right * left.powf(right - 1.0),
        _ => f64::NAN,
    }
}

fn slope_right(instr: Instr, left: f64, right: f64, value: f64) -> f64 {
    match instr {
        Instr::Add => 1.0,
        Instr::Sub => -1.0,
        Instr::Mul => left,
        Instr::Div => -value / right,
        // 0^y is 0 for every y above 0.
        Instr::Pow if left == 0.0 && right > 0.0 => 0.0,
        Instr::Pow => value * left.ln(),
        _ => f64::NAN,
    }
}
