//! OpenQASM 2: text in, a flat [`Program`] out, or one [`QasmError`] with its place.

pub mod gates;
pub mod program;

pub use gates::Gate;
pub use program::{
    AngleSpan, BodyOp, Code, Condition, Expr, Function, GateDef, Instr, Op, Program, Register,
};
