//! The compact form of an OpenQASM 2 program.
//!
//! Arrays, not trees: one [`Op`] per gate, measurement, reset or barrier after whole-register
//! arguments have been spread out, with operands and angles in two flat vectors. Qubits and classical
//! bits are numbered in declaration order over all registers. Calls of gates that the program defines
//! itself stay calls; the bodies are in [`Program::gates`].

use super::gates::Gate;

/// A quantum or classical register: bits `start .. start + size` of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Name as declared.
    pub name: Box<str>,
    /// Index of the register's first bit among all bits of its kind.
    pub start: u32,
    /// Number of bits, at least one.
    pub size: u32,
}

/// What an [`Op`] or a [`BodyOp`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A gate of the built-in table.
    Builtin(Gate),
    /// A gate the program defines: an index into [`Program::gates`].
    Defined(u32),
    /// `measure`: operands are one qubit, then one classical bit.
    Measure,
    /// `reset`: one qubit.
    Reset,
    /// `barrier`: any number of qubits.
    Barrier,
}

/// One operation of the flat stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    /// What is done.
    pub code: Code,
    /// 0, or 1 + an index into [`Program::conditions`].
    pub condition: u32,
    /// Where the operands start in [`Program::operands`].
    pub operands: u32,
    /// How many operands there are.
    pub n_operands: u32,
    /// Where the angles start in [`Program::angles`] (how many follows from the gate).
    pub angles: u32,
}

/// `if (register == value)`: classical bits `start .. start + size` read as a number, bit `start`
/// least significant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    /// First classical bit.
    pub start: u32,
    /// Number of bits.
    pub size: u32,
    /// The value compared with.
    pub value: u64,
}

/// The functions of OpenQASM 2 expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Function {
    Sin,
    Cos,
    Tan,
    Exp,
    Ln,
    Sqrt,
    Acos,
    Atan,
    Asin,
}

/// One step of an [`Expr`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instr {
    /// Push a number.
    Const(f64),
    /// Push a parameter: of the template (top level), or of the gate (in a body).
    Param(u32),
    /// Negate the top.
    Neg,
    /// Pop two, push their sum. Likewise the next four.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// Power.
    Pow,
    /// Apply a function to the top.
    Call(Function),
}

/// An angle that depends on parameters, in postfix order. Parts without parameters are folded.
pub type Expr = Box<[Instr]>;

/// A gate the program defines.
#[derive(Clone, Debug, PartialEq)]
pub struct GateDef {
    /// Name as declared.
    pub name: Box<str>,
    /// Number of parameters.
    pub n_params: u32,
    /// Number of qubits.
    pub n_qubits: u32,
    /// The body; `None` for an `opaque` gate.
    pub body: Option<Box<[BodyOp]>>,
}

/// One operation of a gate body. Qubits are positions in the gate's own argument list.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyOp {
    /// A gate, or a barrier.
    pub code: Code,
    /// The qubits acted on.
    pub qubits: Box<[u32]>,
    /// The angles, over the parameters of the gate (a constant is a single [`Instr::Const`]).
    pub angles: Box<[Expr]>,
}

impl GateDef {
    /// Whether this is Qiskit's `opaque delay(t) q;`: its exporter writes it for `Delay`, without the unit,
    /// and its loader takes it for one. It does nothing but take time.
    #[must_use]
    pub fn is_delay(&self) -> bool {
        self.body.is_none() && (&*self.name, self.n_params, self.n_qubits) == ("delay", 1, 1)
    }

    /// The numbers in its body, in order.
    pub fn constants(&self) -> impl Iterator<Item = f64> {
        let body = self.body.iter().flatten();
        let steps = body.flat_map(|op| op.angles.iter().flatten());
        steps.filter_map(|step| match step {
            Instr::Const(value) => Some(*value),
            _ => None,
        })
    }
}

/// A whole program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// Quantum registers in declaration order.
    pub qregs: Vec<Register>,
    /// Classical registers in declaration order.
    pub cregs: Vec<Register>,
    /// Gates the program defines, in order. A body only refers to earlier ones.
    pub gates: Vec<GateDef>,
    /// The operations.
    pub ops: Vec<Op>,
    /// Operands of all operations.
    pub operands: Vec<u32>,
    /// Angles of all operations; 0.0 where [`Program::symbols`] has an expression.
    pub angles: Vec<f64>,
    /// Angles that depend on template parameters: (index into `angles`, expression), by index.
    pub symbols: Vec<(u32, Expr)>,
    /// The distinct conditions.
    pub conditions: Vec<Condition>,
}

/// Where a plain number (with signs) stands that is the whole of one gate argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AngleSpan {
    /// Index into the program's numbers: its [constants](Program::constants), then its
    /// [angles](Program::angles). Spreading over a register gives several slots one span.
    pub slot: u32,
    /// First byte of the argument, signs included.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
}

impl Program {
    /// Total number of declared qubits.
    #[must_use]
    pub fn n_qubits(&self) -> u32 {
        self.qregs.last().map_or(0, |r| r.start + r.size)
    }

    /// Total number of declared classical bits.
    #[must_use]
    pub fn n_clbits(&self) -> u32 {
        self.cregs.last().map_or(0, |r| r.start + r.size)
    }

    /// The operands of `op`.
    #[must_use]
    pub fn operands(&self, op: &Op) -> &[u32] {
        &self.operands[op.operands as usize..(op.operands + op.n_operands) as usize]
    }

    /// The numbers in the bodies of its gates: gate by gate, in the order of the expressions.
    pub fn constants(&self) -> impl Iterator<Item = f64> {
        self.gates.iter().flat_map(GateDef::constants)
    }

    /// Whether the program declares Qiskit's delay.
    #[must_use]
    pub fn has_delays(&self) -> bool {
        self.gates.iter().any(GateDef::is_delay)
    }

    /// Number of angles a code takes.
    #[must_use]
    pub fn n_angles(&self, code: Code) -> u32 {
        match code {
            Code::Builtin(gate) => gate.n_params(),
            Code::Defined(index) => self.gates[index as usize].n_params,
            _ => 0,
        }
    }
}
