//! Parameter shift: derivatives from values at shifted angles.
//!
//! An angle θ of a gate exp(−iθG) enters values through the differences of G's eigenvalues. With one difference,
//! 1, the derivative is `(f(θ+π/2) − f(θ−π/2)) / 2` (Schuld et al., arXiv:1811.11184); controlled rotations have
//! the differences ½ and 1, and take four terms (Anselmetti et al., arXiv:2104.05695).

use super::gate::NativeGate;
use super::lower::{Angle, NativeProgram};

impl NativeGate {
    /// How many shifted values the derivative by an angle of this gate takes.
    #[must_use]
    pub const fn shift_terms(self, angle: usize) -> u8 {
        match self {
            NativeGate::Crx | NativeGate::Cry | NativeGate::Crz => 4,
            NativeGate::Cu if angle == 0 => 4,
            _ => 2,
        }
    }
}

impl NativeProgram {
    /// For every angle the number of shifted values its derivative takes; 0 for numbers.
    #[must_use]
    pub fn shift_terms(&self) -> Vec<u8> {
        let mut terms = vec![0; self.slots.len()];
        for op in &self.ops {
            for angle in 0..op.gate.n_params() {
                let slot = op.slots as usize + angle;
                if matches!(self.slots[slot], Angle::Symbol(_)) {
                    terms[slot] = op.gate.shift_terms(angle);
                }
            }
        }
        terms
    }
}
