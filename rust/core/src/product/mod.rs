//! Matrix product states of circuits: how large their bonds become, and in which order of the qubits.
//!
//! | file | what it does |
//! |---|---|
//! | `bonds` | the bond dimension at which one is exact, and what it costs |
//! | `line` | the order of Cuthill and McKee, in which neighbours are those that meet |

mod bonds;
mod line;

pub use bonds::ProductCost;
