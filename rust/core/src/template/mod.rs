//! Factoring: circuits of one structure become one [`Template`] and a row of numbers each.
//!
//! | file | what it does |
//! |---|---|
//! | `batch` | [`CircuitBatch`]: labelled circuits in, templates × rows out |
//! | `task` | bound texts to groups of one structure, on all cores |
//! | `structure` | when two programs are the same but for their numeric angles |
//! | `follow` | read a text along one already parsed: compare bytes, read numbers, skip the parser |
//! | `columns` | constant angles go back into the template, equal and opposite ones become one parameter |
//! | `render` | programs and templates back to OpenQASM 2 |
//! | `spelling` | the names in rendered text, such that every reader takes them |
//!
//! Only the angles of operations at top level become columns. A number inside the body of a gate
//! definition is part of the structure: programs that write their angles there (Qiskit exports a bound
//! composite gate so) share a template only where those numbers are equal, and take a template each
//! otherwise. That is slower, never wrong.

mod batch;
mod columns;
mod follow;
mod render;
mod spelling;
mod structure;
mod task;

pub use batch::{BatchError, CircuitBatch, Place, Template, TemplateSource};
pub use columns::{Column, Columns, fold_columns};
pub use render::{RenderError, render_bound, render_template};
pub use structure::{same_structure, structure_hash};
