//! Light cones: the part of a circuit that the value of a Pauli word depends on, on as few qubits as it
//! needs.
//!
//! Walking backwards from the word, a gate matters only if it does not commute with the operator that the
//! word has become. What that operator is on a qubit is tracked as an [`Axis`]: nothing, a function of one
//! Pauli matrix, or anything. A gate that acts on every qubit it shares with the operator through the same
//! Pauli matrix commutes with it and is left out, along with the qubits it would have brought in. So a word
//! behind a layer of `rzz` gates brings in its neighbours, and no neighbours of neighbours.
//!
//! | file | what it does |
//! |---|---|
//! | `absorb` | gates at the end that only turn words into words |
//! | `axis` | through which Pauli matrix each gate acts on each of its qubits |
//! | `blocks` | `cx rz cx` and the like become one diagonal [`Block`](blocks::Block) |
//! | `walk` | the backward walk |
//! | `canonical` | the cone as a circuit of its own, equal cones as equal circuits |
//! | `cost` | what evaluating words on a circuit costs |
//! | `plan` | which words are evaluated together |

mod absorb;
mod axis;
mod blocks;
mod canonical;
mod cost;
mod plan;
mod walk;

pub use absorb::{Absorbed, absorb};
pub use axis::Axis;
pub(crate) use blocks::{Block, blocks};
pub use canonical::Cut;
pub use cost::Effort;
pub use plan::{ConeTask, Member, Plan, plan};
pub use walk::{Cone, Cones};
