//! OpenQASM 2 (temporary glue).
mod api;
mod errors;
mod evaluate;
pub mod gates;
mod lexer;
mod names;
mod number;
mod parser;
mod placeholders;
pub mod program;
mod sink;
mod words;
mod redefine;

pub use api::*;
pub use errors::*;
pub use evaluate::evaluate;
pub use gates::Gate;
pub use program::{
    AngleSpan, BodyOp, Code, Condition, Expr, Function, GateDef, Instr, Op, Program, Register,
};
