//! Pauli words: check, sparse form, wire form both ways, groups of a submission.
//!
//! **Client notation** (“dense”): words over `I X Y Z`, leftmost letter = qubit 0, `;` between the
//! words of a group, `|` between groups: `XYZ;XXZ|ZI;IZ`. Words of one group have one length;
//! groups may differ. Nothing else is tolerated: no white space, no lower case, no empty word (so
//! no trailing `;` or `|`).
//!
//! **Wire form** (wire protocol §5.1): each group becomes `@gzs<n>:` + base64(gzip(sparse text)),
//! groups joined by `|`.
//!
//! | part | meaning |
//! |---|---|
//! | `@gzs` | marks a compressed group; a group without it is dense |
//! | `<n>` | letters per word, decimal, no leading zero, 1 … 2²⁰ |
//! | sparse text | words joined by `;`; each word lists its non-identity letters as `<letter><index>` |
//! | `<index>` | decimal, no leading zero, 0 = leftmost letter, strictly increasing, `< n` |
//! | `I` | a word of identities only |
//!
//! `ZIIZ;IIII;IXYI` ↔ `Z0Z3;I;X1Y2` with `n = 4`.

mod error;
mod groups;
mod observables;
mod sparse;
mod wire;

pub use error::PauliError;
pub use groups::{ALL_GROUPS, groups_per_circuit};
pub use observables::{Observables, check};
pub use wire::{MAX_WIDTH, decode_wire, encode_wire};
