//! Factoring: circuits of one structure become one [`Template`] and a row of numbers each.
//!
//! | file | what it does |
//! |---|---|
//! | `batch` | [`CircuitBatch`]: labelled circuits in, templates × rows out |
//! | `task` | bound texts to groups of one structure, on all cores |
//! | `structure` | when two programs are the same but for their numbers |
//! | `group` | the circuits of one structure to a template and its rows |
//! | `lift` | numbers in gate bodies that differ become parameters of the gates |
//! | `follow` | read a text along one already parsed: compare bytes, read numbers, skip the parser |
//! | `columns` | constant angles go back into the template, equal and opposite ones become one parameter |
//! | `measured` | programs that are measured otherwise at their end |
//! | `render` | programs and templates back to OpenQASM 2 |
//! | `spelling` | the names in rendered text, such that every reader takes them |
//!
//! Numbers in the bodies of gates that a program defines (Qiskit exports a bound composite gate so) are
//! columns like the angles of operations at top level. Where they differ, the gates of the template take
//! them as parameters; where they would be passed through so many calls that the template outgrew the texts
//! it stands for, or belong to a gate that is never called, circuits share a template only if these numbers
//! are equal. That is slower, never wrong.

mod batch;
mod columns;
mod follow;
mod group;
mod lift;
mod measured;
mod render;
mod spelling;
mod structure;
mod task;

pub use batch::{BatchError, CircuitBatch, Place, Template, TemplateSource};
pub use columns::{Column, Columns, fold_columns};
pub use measured::measured_in;
pub use render::{RenderError, render_bound, render_template};
pub use structure::{same_structure, structure_hash};
