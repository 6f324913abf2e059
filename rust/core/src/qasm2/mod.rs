//! OpenQASM 2: reading, checking and measuring programs.
//!
//! [`parse`] reads a program into arrays ([`Program`]); [`validate`] gives the same verdict and keeps
//! nothing but the [`Widths`]; [`validate_batch`] does so for many programs on all cores;
//! [`count_qubits`] reads the declarations only. Errors know what and where ([`QasmError`]).
//!
//! The grammar is that of the OpenQASM 2 paper (A. W. Cross, L. S. Bishop, J. A. Smolin, J. M. Gambetta,
//! "Open Quantum Assembly Language", arXiv:1707.03429):
//!
//! ```text
//! program   := "OPENQASM" ("2.0"|"2") ";" statement*
//! statement := "include" STRING ";"
//!            | ("qreg"|"creg") ID "[" NAT "]" ";"
//!            | ("qubit"|"bit") ["[" NAT "]"] ID ";"
//!            | "gate" ID ["(" ID {"," ID} ")"] ID {"," ID} "{" bodyop* "}"
//!            | "opaque" ID ["(" ID {"," ID} ")"] ID {"," ID} ";"
//!            | "barrier" arg {"," arg} ";"
//!            | ["if" "(" ID "==" NAT ")"] operation
//! operation := call arg {"," arg} ";" | "measure" arg "->" arg ";" | "reset" arg ";"
//! bodyop    := call ID {"," ID} ";" | "barrier" ID {"," ID} ";"
//! call      := ID ["(" expr {"," expr} ")"]
//! arg       := ID ["[" NAT "]"]
//! expr      := term {("+"|"-") term}
//! term      := unary {("*"|"/") unary}
//! unary     := {"+"|"-"} power
//! power     := atom ["^" unary]
//! atom      := NUMBER | "pi" | fn "(" expr ")" | ID | "(" expr ")"
//! fn        := "sin"|"cos"|"tan"|"exp"|"ln"|"sqrt"|"acos"|"atan"|"asin"
//! NUMBER    := digits ["." [digits]] [exponent] | "." digits [exponent]
//! exponent  := ("e"|"E") ["+"|"-"] digits
//! NAT       := digits
//! ```
//!
//! The sign binds weaker than the power, and powers group from the right, as in Qiskit's loader:
//! `-2^2` is −4, `2^-2^2` is 1/16, `2^3^2` is 512.
//!
//! Beyond the paper:
//!
//! * every gate of Qiskit's `qelib1.inc`, and `iswap`, `ryy`, `u`, are known without an include; files
//!   are never read;
//! * the program's own definition of a gate wins over the built-in one. `U` and `CX` cannot be defined;
//!   after `include "qelib1.inc"`, a gate of the paper's file can only be defined as the same unitary;
//! * `qubit` and `bit` declare registers as well; block comments; signs may repeat; `acos`, `atan`, `asin`;
//! * names may begin with capitals and with `_`;
//! * placeholders of a template may stand for operands of angle expressions at top level.
//!
//! Refused, though the grammar allows it: registers of size zero, the same qubit twice in one gate,
//! division by a constant zero, angles that are not finite, conditions that can never hold. Sizes and
//! nesting are bounded ([`MAX_BITS`], [`MAX_OPERATIONS`], [`MAX_OPERANDS`], [`MAX_NESTING`]).

mod dense;
mod entry;
mod errors;
mod evaluate;
pub mod gates;
mod lexer;
mod metrics;
mod names;
mod number;
mod parser;
mod placeholders;
pub mod program;
mod redefine;
mod report;
mod sink;
mod words;

pub use entry::{Widths, count_qubits, parse, parse_with_spans, validate, validate_batch};
pub use errors::{ErrorKind, QasmError};
pub use evaluate::evaluate;
pub(crate) use evaluate::{binary, call};
pub use gates::Gate;
pub use number::scan_number;
pub use parser::{MAX_BITS, MAX_NESTING, MAX_OPERANDS, MAX_OPERATIONS};
pub use program::{
    AngleSpan, BodyOp, Code, Condition, Expr, Function, GateDef, Instr, Op, Program, Register,
};
pub(crate) use words::has_meaning;
