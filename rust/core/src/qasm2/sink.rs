//! Where the parser puts what it has read: nowhere (validation), or into a [`Program`].

use std::collections::HashMap;
use std::ops::Range;

use super::program::{AngleSpan, Code, Condition, GateDef, Instr, Op, Program, Register};

/// An argument: `size` bits from `start`; whole registers take part in spreading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arg {
    pub(super) start: u32,
    pub(super) size: u32,
    /// Where it stands in the source.
    pub(super) at: (usize, usize),
}

/// An angle: a number, or the steps `code` of the statement's expressions if there are any.
#[derive(Clone, Debug)]
pub(super) struct Angle {
    pub(super) value: f64,
    pub(super) code: Range<usize>,
    /// Where it stands, if it is a plain number.
    pub(super) span: Option<(u32, u32)>,
}

/// A statement that operates: once per repetition, whole registers advancing.
pub(super) struct Statement<'a> {
    pub(super) code: Code,
    pub(super) condition: Option<Condition>,
    pub(super) angles: &'a [Angle],
    pub(super) steps: &'a [Instr],
    pub(super) args: &'a [Arg],
    pub(super) repeat: u32,
}

/// An angle that is a number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PlainAngle {
    pub(super) value: f64,
    /// Where it stands, if it is a plain number.
    pub(super) span: Option<(u32, u32)>,
}

/// An operation on single bits, with numbers for angles.
#[derive(Debug)]
pub(super) struct PlainCall {
    code: Code,
    operands: [u32; 5],
    n_operands: usize,
    angles: [PlainAngle; 4],
    n_angles: usize,
}

impl PlainCall {
    #[inline]
    pub(super) fn new(code: Code) -> Self {
        let (operands, angles) = ([0; 5], [PlainAngle::default(); 4]);
        PlainCall {
            code,
            operands,
            n_operands: 0,
            angles,
            n_angles: 0,
        }
    }

    #[inline]
    pub(super) fn measure(qubit: u32, bit: u32) -> Self {
        let operands = [qubit, bit, 0, 0, 0];
        PlainCall {
            operands,
            n_operands: 2,
            ..PlainCall::new(Code::Measure)
        }
    }

    /// Adds a qubit, if there is room and it is another than those before.
    #[inline]
    pub(super) fn push_operand(&mut self, qubit: u32) -> Option<()> {
        if self.operands[..self.n_operands].contains(&qubit) {
            return None;
        }
        *self.operands.get_mut(self.n_operands)? = qubit;
        self.n_operands += 1;
        Some(())
    }

    /// Adds an angle, if there is room.
    #[inline]
    pub(super) fn push_angle(&mut self, angle: PlainAngle) -> Option<()> {
        *self.angles.get_mut(self.n_angles)? = angle;
        self.n_angles += 1;
        Some(())
    }

    #[inline]
    pub(super) fn n_operands(&self) -> usize {
        self.n_operands
    }

    #[inline]
    pub(super) fn angles(&self) -> &[PlainAngle] {
        &self.angles[..self.n_angles]
    }
}

/// Takes what the parser has read.
pub(super) trait Sink {
    /// Whether gate bodies are to be kept.
    const BODIES: bool;
    /// Whether operations are to be kept.
    const OPERATIONS: bool;
    /// A statement.
    fn statement(&mut self, _statement: &Statement<'_>) {}
    /// A statement of the simplest kind.
    #[inline]
    fn plain(&mut self, _call: &PlainCall) {}
    /// The next gate definition, and for each number in its body where it stands, if it is plain.
    fn define(&mut self, _gate: GateDef, _spans: &[Option<(u32, u32)>]) {}
    /// The program has been accepted because of the numbers in its gate bodies.
    fn hangs_on_bodies(&mut self) {}
    /// The definitions so far.
    fn definitions(&self) -> &[GateDef] {
        &[]
    }
    /// All registers, at the end.
    fn registers(&mut self, _qregs: Vec<Register>, _cregs: Vec<Register>) {}
}

/// Keeps nothing.
pub(super) struct Nothing;

impl Sink for Nothing {
    const BODIES: bool = false;
    const OPERATIONS: bool = false;
}

/// Keeps gate definitions only.
#[derive(Default)]
pub(super) struct Bodies(Vec<GateDef>);

impl Sink for Bodies {
    const BODIES: bool = true;
    const OPERATIONS: bool = false;
    fn define(&mut self, gate: GateDef, _: &[Option<(u32, u32)>]) {
        self.0.push(gate);
    }
    fn definitions(&self) -> &[GateDef] {
        &self.0
    }
}

/// Builds the program.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) program: Program,
    spans: Vec<AngleSpan>,
    /// For each number in a gate body where it stands, if it is plain.
    constants: Vec<Option<(u32, u32)>>,
    hangs_on_bodies: bool,
    conditions: HashMap<Condition, u32>,
    /// For each qubit, the last barrier it was part of.
    barriers: Vec<u32>,
    barrier: u32,
}

impl Sink for Builder {
    const BODIES: bool = true;
    const OPERATIONS: bool = true;

    fn statement(&mut self, statement: &Statement<'_>) {
        let condition = statement.condition.map_or(0, |c| self.condition(c));
        if statement.code == Code::Barrier {
            return self.barrier(statement.args);
        }
        for step in 0..statement.repeat {
            let (operands, angles) = (
                self.program.operands.len() as u32,
                self.program.angles.len() as u32,
            );
            for arg in statement.args {
                let offset = if arg.size > 1 { step } else { 0 };
                self.program.operands.push(arg.start + offset);
            }
            self.angles(statement);
            let n_operands = statement.args.len() as u32;
            self.program.ops.push(Op {
                code: statement.code,
                condition,
                operands,
                n_operands,
                angles,
            });
        }
    }

    #[inline]
    fn plain(&mut self, call: &PlainCall) {
        let program = &mut self.program;
        let (operands, angles) = (program.operands.len() as u32, program.angles.len() as u32);
        let n_operands = call.n_operands as u32;
        program
            .operands
            .extend_from_slice(&call.operands[..call.n_operands]);
        for (slot, angle) in (angles..).zip(call.angles()) {
            program.angles.push(angle.value);
            if let Some((start, end)) = angle.span {
                self.spans.push(AngleSpan { slot, start, end });
            }
        }
        program.ops.push(Op {
            code: call.code,
            condition: 0,
            operands,
            n_operands,
            angles,
        });
    }

    fn define(&mut self, gate: GateDef, spans: &[Option<(u32, u32)>]) {
        self.program.gates.push(gate);
        self.constants.extend_from_slice(spans);
    }

    fn hangs_on_bodies(&mut self) {
        self.hangs_on_bodies = true;
    }

    fn definitions(&self) -> &[GateDef] {
        &self.program.gates
    }

    fn registers(&mut self, qregs: Vec<Register>, cregs: Vec<Register>) {
        self.program.qregs = qregs;
        self.program.cregs = cregs;
    }
}

impl Builder {
    /// The program, and the places of numbers that other numbers may stand in for.
    pub(super) fn finish(self) -> (Program, Vec<AngleSpan>) {
        let n_constants = self.constants.len() as u32;
        let mut spans = self.spans;
        for span in &mut spans {
            span.slot += n_constants;
        }
        if !self.hangs_on_bodies {
            let constants = (0..n_constants).zip(self.constants);
            spans.extend(constants.filter_map(|(slot, span)| {
                let (start, end) = span?;
                Some(AngleSpan { slot, start, end })
            }));
        }
        (self.program, spans)
    }

    /// 1 + the position of a condition among the distinct ones.
    fn condition(&mut self, condition: Condition) -> u32 {
        let next = self.program.conditions.len() as u32 + 1;
        *self.conditions.entry(condition).or_insert_with(|| {
            self.program.conditions.push(condition);
            next
        })
    }

    fn angles(&mut self, statement: &Statement<'_>) {
        for angle in statement.angles {
            let slot = self.program.angles.len() as u32;
            self.program.angles.push(angle.value);
            if !angle.code.is_empty() {
                let steps = statement.steps[angle.code.clone()].into();
                self.program.symbols.push((slot, steps));
            }
            if let Some((start, end)) = angle.span {
                self.spans.push(AngleSpan { slot, start, end });
            }
        }
    }

    /// A barrier names each of its qubits once, however often the source does.
    fn barrier(&mut self, args: &[Arg]) {
        let operands = self.program.operands.len() as u32;
        self.barrier += 1;
        for qubit in args.iter().flat_map(|a| a.start..a.start + a.size) {
            let index = qubit as usize;
            if index >= self.barriers.len() {
                self.barriers.resize(index + 1, 0);
            }
            if self.barriers[index] != self.barrier {
                self.barriers[index] = self.barrier;
                self.program.operands.push(qubit);
            }
        }
        let n_operands = self.program.operands.len() as u32 - operands;
        let angles = self.program.angles.len() as u32;
        self.program.ops.push(Op {
            code: Code::Barrier,
            condition: 0,
            operands,
            n_operands,
            angles,
        });
    }
}
