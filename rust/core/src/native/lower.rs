//! From a [`Program`] to a [`NativeProgram`].

use std::fmt;

use rayon::prelude::*;

use super::extent::spread_steps;
use super::gate::NativeGate;
use super::rewrite::{Sink, rewrite};
use super::written::{WrittenOp, WrittenProgram};
use crate::qasm2::{BodyOp, Code, Condition, Expr, Instr, Program, Register, evaluate};

/// Most steps a lowering may take; a chain of gates that call one another twice reaches any bound.
const MAX_STEPS: usize = 1 << 24;
/// Most postfix steps the angles of one program may have together.
const MAX_ANGLE_STEPS: u64 = 1 << 24;
/// Rows × angles below which the caller's thread does all the work.
const PARALLEL: usize = 1 << 15;

/// An angle of a native gate.
#[derive(Clone, Debug, PartialEq)]
pub enum Angle {
    /// A number.
    Value(f64),
    /// An expression over the template's parameters.
    Symbol(Expr),
}

/// One operation of a [`NativeProgram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeOp {
    /// What is done.
    pub gate: NativeGate,
    /// 0, or 1 + an index into [`NativeProgram::conditions`].
    pub condition: u32,
    /// Where its operands start in [`NativeProgram::operands`].
    pub operands: u32,
    /// Where its angles start in [`NativeProgram::slots`].
    pub slots: u32,
}

/// A program in the native gate set. Barriers are gone: they mean nothing to a simulator.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeProgram {
    /// Number of declared qubits.
    pub n_qubits: u32,
    /// Number of declared classical bits.
    pub n_clbits: u32,
    /// Classical registers, which conditions refer to.
    pub cregs: Vec<Register>,
    /// The operations.
    pub ops: Vec<NativeOp>,
    /// Operands of all operations.
    pub operands: Vec<u32>,
    /// Angles of all operations.
    pub slots: Vec<Angle>,
    /// The distinct conditions.
    pub conditions: Vec<Condition>,
}

/// Why a program cannot be lowered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LowerError {
    /// It uses a gate declared `opaque`, and not Qiskit's delay, which is left out.
    Opaque(String),
    /// Its gate definitions spread to more than [`MAX_STEPS`] operations.
    TooLong,
    /// Its angles would take more than [`MAX_ANGLE_STEPS`] to work out.
    LongAngles,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LowerError::Opaque(name) => write!(
                f,
                "Gate '{name}' is declared opaque, so no simulator knows what it does. \
                 Define it with a body."
            ),
            LowerError::TooLong => write!(
                f,
                "The gate definitions spread to more than {MAX_STEPS} operations. \
                 Nest them less deeply."
            ),
            LowerError::LongAngles => write!(
                f,
                "With the gate definitions spread out, the angles take more than {MAX_ANGLE_STEPS} steps \
                 to work out. Nest the definitions less deeply, or shorten their expressions."
            ),
        }
    }
}

impl std::error::Error for LowerError {}

/// An angle that is not a number at some parameter row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowError {
    /// The row, counted from the start of the block.
    pub row: usize,
    /// Index into [`NativeProgram::slots`].
    pub slot: usize,
    /// What the expression gives there.
    pub value: f64,
}

impl NativeProgram {
    /// Lower `program`.
    ///
    /// # Errors
    /// [`LowerError`] for opaque gates and definitions that explode.
    pub fn lower(program: &Program) -> Result<NativeProgram, LowerError> {
        Ok(Lowering::new(program, None).finished()?.out)
    }

    /// The operands of `op`.
    #[must_use]
    pub fn operands(&self, op: &NativeOp) -> &[u32] {
        &self.operands[op.operands as usize..][..op.gate.n_operands()]
    }

    /// The qubits of `op`: its operands, but for the bit of a measurement.
    #[must_use]
    pub fn qubits(&self, op: &NativeOp) -> &[u32] {
        let operands = self.operands(op);
        match op.gate {
            NativeGate::Measure => &operands[..1],
            _ => operands,
        }
    }

    /// All angles for a block of parameter rows: `rows` is row-major with `width` parameters a row, and
    /// the result is row-major with one column per slot.
    ///
    /// # Errors
    /// [`RowError`] for the first row at which an angle is infinite or not a number.
    pub fn angles(&self, rows: &[f64], n_rows: usize, width: usize) -> Result<Vec<f64>, RowError> {
        angles_of(&self.slots, rows, n_rows, width)
    }
}

/// The angles in `slots` for a block of parameter rows; see [`NativeProgram::angles`].
pub(super) fn angles_of(
    slots: &[Angle],
    rows: &[f64],
    n_rows: usize,
    width: usize,
) -> Result<Vec<f64>, RowError> {
    let n_slots = slots.len();
    let mut out = vec![0.0; n_rows * n_slots];
    if n_slots == 0 {
        return Ok(out);
    }
    let fill = |(row, angles): (usize, &mut [f64])| {
        let values = &rows[row * width..(row + 1) * width];
        fill(slots, values, angles).map_err(|slot| RowError {
            row,
            slot,
            value: angles[slot],
        })
    };
    if out.len() < PARALLEL {
        out.chunks_mut(n_slots).enumerate().try_for_each(fill)?;
    } else {
        // `find_map_first`, not `try_for_each`: the error must not depend on the threads.
        let first = out
            .par_chunks_mut(n_slots)
            .enumerate()
            .with_min_len(PARALLEL / 4 / n_slots + 1)
            .find_map_first(|chunk| fill(chunk).err());
        if let Some(error) = first {
            return Err(error);
        }
    }
    Ok(out)
}

fn fill(slots: &[Angle], values: &[f64], angles: &mut [f64]) -> Result<(), usize> {
    for (slot, angle) in slots.iter().enumerate() {
        angles[slot] = match angle {
            Angle::Value(value) => *value,
            Angle::Symbol(expr) => match **expr {
                [Instr::Param(parameter)] => values[parameter as usize],
                [Instr::Param(parameter), Instr::Neg] => -values[parameter as usize],
                _ => evaluate(expr, values),
            },
        };
        if !angles[slot].is_finite() {
            return Err(slot);
        }
    }
    Ok(())
}

pub(super) struct Lowering<'a> {
    program: &'a Program,
    out: NativeProgram,
    /// Operations as they are written, when those are wanted; `out` then only collects their operands and
    /// angles.
    written: Option<Vec<WrittenOp>>,
    condition: u32,
    steps: usize,
}

/// A call of a defined gate on its way through the body.
struct Frame<'a> {
    body: std::slice::Iter<'a, BodyOp>,
    qubits: Vec<u32>,
    arguments: Arguments,
}

/// The angles a gate is called with.
enum Arguments {
    Values(Vec<f64>),
    Mixed(Vec<Angle>),
}

impl<'a> Lowering<'a> {
    pub(super) fn new(program: &'a Program, written: Option<Vec<WrittenOp>>) -> Lowering<'a> {
        Lowering {
            program,
            out: NativeProgram {
                n_qubits: program.n_qubits(),
                n_clbits: program.n_clbits(),
                cregs: program.cregs.clone(),
                conditions: program.conditions.clone(),
                ..NativeProgram::default()
            },
            written,
            condition: 0,
            steps: 0,
        }
    }

    fn finished(mut self) -> Result<Self, LowerError> {
        let program = self.program;
        if spread_steps(program) > MAX_ANGLE_STEPS {
            return Err(LowerError::LongAngles);
        }
        let mut symbols = program.symbols.iter().peekable();
        for op in &program.ops {
            let slots = op.angles..op.angles + program.n_angles(op.code);
            let angles: Vec<Angle> = slots
                .map(|slot| match symbols.next_if(|(at, _)| *at == slot) {
                    Some((_, expr)) => Angle::Symbol(expr.clone()),
                    None => Angle::Value(program.angles[slot as usize]),
                })
                .collect();
            self.condition = op.condition;
            self.operation(op.code, program.operands(op), angles)?;
        }
        Ok(self)
    }

    /// The program as it is written; only for a lowering that was given a list for it.
    pub(super) fn into_written(self) -> Result<WrittenProgram, LowerError> {
        let done = self.finished()?;
        Ok(WrittenProgram {
            ops: done.written.unwrap_or_default(),
            operands: done.out.operands,
            slots: done.out.slots,
            conditions: done.out.conditions,
        })
    }

    fn operation(
        &mut self,
        code: Code,
        qubits: &[u32],
        angles: Vec<Angle>,
    ) -> Result<(), LowerError> {
        self.steps += 1;
        if let Some(written) = &mut self.written
            && let Some(kind) = WrittenOp::kind(code)
        {
            written.push(WrittenOp {
                kind,
                condition: self.condition,
                operands: (self.out.operands.len() as u32, qubits.len() as u32),
                slots: (self.out.slots.len() as u32, angles.len() as u32),
            });
            self.out.operands.extend_from_slice(qubits);
            self.out.slots.extend(angles);
            return self.within_bounds();
        }
        match code {
            Code::Barrier => {}
            Code::Measure => self.push(NativeGate::Measure, qubits, &[]),
            Code::Reset => self.push(NativeGate::Reset, qubits, &[]),
            Code::Builtin(gate) => rewrite(gate, qubits, &angles, self),
            Code::Defined(index) => return self.call(index, qubits.to_vec(), angles),
        }
        self.within_bounds()
    }

    /// Walk the bodies with a stack of our own: definitions may nest deeper than the thread's stack.
    fn call(&mut self, index: u32, qubits: Vec<u32>, angles: Vec<Angle>) -> Result<(), LowerError> {
        let mut stack = vec![self.frame(index, qubits, angles)?];
        while let Some(frame) = stack.last_mut() {
            let Some(op) = frame.body.next() else {
                stack.pop();
                continue;
            };
            let qubits: Vec<u32> = op
                .qubits
                .iter()
                .map(|&q| frame.qubits[q as usize])
                .collect();
            let angles = op.angles.iter().map(|e| frame.arguments.put_into(e));
            let angles: Vec<Angle> = angles.collect();
            match op.code {
                Code::Defined(inner) => {
                    self.steps += 1;
                    self.within_bounds()?;
                    stack.push(self.frame(inner, qubits, angles)?);
                }
                code => self.operation(code, &qubits, angles)?,
            }
        }
        Ok(())
    }

    fn frame(
        &self,
        index: u32,
        qubits: Vec<u32>,
        angles: Vec<Angle>,
    ) -> Result<Frame<'a>, LowerError> {
        let gate = &self.program.gates[index as usize];
        let body: &[BodyOp] = match &gate.body {
            Some(body) => body,
            None if gate.is_delay() => &[],
            None => return Err(LowerError::Opaque(gate.name.to_string())),
        };
        Ok(Frame {
            body: body.iter(),
            qubits,
            arguments: Arguments::new(angles),
        })
    }

    fn within_bounds(&self) -> Result<(), LowerError> {
        if self.steps > MAX_STEPS {
            return Err(LowerError::TooLong);
        }
        Ok(())
    }
}

impl Sink for Lowering<'_> {
    fn push(&mut self, gate: NativeGate, qubits: &[u32], angles: &[Angle]) {
        self.out.ops.push(NativeOp {
            gate,
            condition: self.condition,
            operands: self.out.operands.len() as u32,
            slots: self.out.slots.len() as u32,
        });
        self.out.operands.extend_from_slice(qubits);
        self.out.slots.extend_from_slice(angles);
        self.steps += 1;
    }
}

impl Arguments {
    fn new(angles: Vec<Angle>) -> Arguments {
        let value = |angle: &Angle| match angle {
            Angle::Value(value) => Some(*value),
            Angle::Symbol(_) => None,
        };
        match angles.iter().map(value).collect() {
            Some(values) => Arguments::Values(values),
            None => Arguments::Mixed(angles),
        }
    }

    /// `expr` over a gate's own parameters, with the arguments put in.
    fn put_into(&self, expr: &Expr) -> Angle {
        let arguments = match self {
            Arguments::Values(values) => return Angle::Value(evaluate(expr, values)),
            Arguments::Mixed(angles) => angles,
        };
        let mut out = Vec::with_capacity(expr.len());
        for instr in expr {
            match *instr {
                Instr::Param(parameter) => match &arguments[parameter as usize] {
                    Angle::Value(value) => out.push(Instr::Const(*value)),
                    Angle::Symbol(inner) => out.extend_from_slice(inner),
                },
                other => out.push(other),
            }
        }
        if !out.iter().any(|step| matches!(step, Instr::Param(_))) {
            return Angle::Value(evaluate(&out, &[]));
        }
        Angle::Symbol(out.into())
    }
}
