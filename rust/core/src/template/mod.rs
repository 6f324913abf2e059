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
