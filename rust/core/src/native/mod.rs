//! Programs in the gate set that simulators run natively.
//!
//! [`NativeProgram::lower`] spreads the bodies of gates a program defines and rewrites the gates
//! simulators lack, exactly. Angles stay expressions over the template's parameters, so one lowering
//! serves all rows; [`NativeProgram::angles`] evaluates them for a block of rows, and
//! [`NativeProgram::pull_back`] differentiates them. [`WrittenProgram`] is the program before the rewriting.

mod channel;
mod derivative;
mod extent;
mod gate;
mod lower;
mod merge;
mod outcomes;
mod query;
mod readout;
mod rewrite;
mod shift;
mod text;
mod unitary;
mod written;

pub use derivative::DerivativeError;
pub use extent::spread_steps;
pub use gate::NativeGate;
pub use lower::{Angle, LowerError, NativeOp, NativeProgram, RowError};
pub use merge::MergedOp;
pub use outcomes::Outcomes;
pub(crate) use query::hash_angle;
pub use unitary::Unitary;
pub use written::{WrittenKind, WrittenOp, WrittenProgram};
