//! Through which Pauli matrix a gate acts on a qubit.

use crate::native::NativeGate as N;

/// How an operator acts on a qubit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// Not at all.
    None,
    /// As a function of the Pauli matrix X; likewise the next two.
    X,
    /// Y.
    Y,
    /// Z.
    Z,
    /// In no such way.
    Any,
}

impl Axis {
    /// The axis of a letter of a Pauli word.
    #[must_use]
    pub const fn of_letter(letter: u8) -> Axis {
        match letter {
            b'X' => Axis::X,
            b'Y' => Axis::Y,
            b'Z' => Axis::Z,
            _ => Axis::None,
        }
    }

    /// Whether operators with these axes on one qubit commute there.
    #[must_use]
    pub fn commutes(self, other: Axis) -> bool {
        self == Axis::None || other == Axis::None || (self == other && self != Axis::Any)
    }

    /// The axis on a qubit after an operator of axis `self` was conjugated by a gate of axis `gate` there,
    /// which did not commute with it as a whole.
    #[must_use]
    pub fn joined(self, gate: Axis) -> Axis {
        match self {
            Axis::None => gate,
            _ if self == gate => self,
            _ => Axis::Any,
        }
    }

    /// The axis of U†PU for a one-qubit gate U and an operator P of this axis.
    #[must_use]
    pub const fn through(self, gate: N) -> Axis {
        match (gate, self) {
            (_, Axis::None | Axis::Any) => self,
            (N::Id | N::X | N::Y | N::Z, _) => self,
            (N::H, Axis::X) => Axis::Z,
            (N::H, Axis::Z) => Axis::X,
            (N::H, Axis::Y) => Axis::Y,
            (N::S | N::Sdg, Axis::X) => Axis::Y,
            (N::S | N::Sdg, Axis::Y) => Axis::X,
            (N::Sx | N::Sxdg, Axis::Y) => Axis::Z,
            (N::Sx | N::Sxdg, Axis::Z) => Axis::Y,
            (N::S | N::Sdg | N::T | N::Tdg | N::P | N::Rz, Axis::Z) => Axis::Z,
            (N::Sx | N::Sxdg | N::Rx, Axis::X) => Axis::X,
            (N::Ry, Axis::Y) => Axis::Y,
            _ => Axis::Any,
        }
    }
}

/// The axis of a gate on each of its qubits.
#[must_use]
pub fn of_gate(gate: N) -> &'static [Axis] {
    use Axis::{Any, X, Y, Z};
    match gate {
        N::Id => &[Axis::None],
        N::Z | N::S | N::Sdg | N::T | N::Tdg | N::P | N::Rz => &[Z],
        N::X | N::Sx | N::Sxdg | N::Rx => &[X],
        N::Y | N::Ry => &[Y],
        N::H | N::U => &[Any],
        N::Cx | N::Csx | N::Crx => &[Z, X],
        N::Cy | N::Cry => &[Z, Y],
        N::Cz | N::Cp | N::Crz => &[Z, Z],
        N::Ch | N::Cu => &[Z, Any],
        N::Swap => &[Any, Any],
        N::Ccx => &[Z, Z, X],
        N::Cswap => &[Z, Any, Any],
        N::Measure | N::Reset => &[Any, Any],
    }
}
