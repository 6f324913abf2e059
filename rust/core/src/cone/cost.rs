//! What evaluating words on one circuit costs.
//!
//! Costs are those of a compiled circuit and one parameter row, in nanoseconds on two cores (measured, see
//! `benches/`). Only their ratios matter.

use super::walk::{Cone, Cones};

const PER_ROW: f64 = 2000.0;
/// Of a gate and an amplitude, on the way forward.
const PER_GATE: f64 = 0.8;
/// Of a word and an amplitude.
const PER_WORD: f64 = 2.0;
/// Of a gate, on the way back.
const BACK: f64 = 300.0;
/// Of a gate and an amplitude, on the way back.
const PER_GATE_BACK: f64 = 2.6;

/// What is asked of every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// The values of the words.
    Values,
    /// The derivatives of one weighted sum of the words by all angles: one backward sweep.
    Gradient,
    /// The derivatives of every word by all angles: a backward sweep for each, or [`Effort::Shift`] if cheaper.
    Jacobian,
    /// The derivatives of every word by all angles, by the parameter shift.
    Shift,
}

impl Effort {
    /// Cost of so many words on the circuit of a cone, and whether it is that of the parameter shift.
    #[must_use]
    pub fn cost(self, cones: &Cones<'_>, cone: &Cone, n_words: usize) -> (f64, bool) {
        let amplitudes = (cone.qubits.len() as f64).exp2();
        let (gates, words) = (cones.n_gates(cone) as f64, n_words as f64);
        let forward = PER_ROW + amplitudes * PER_GATE * gates;
        let readout = amplitudes * PER_WORD * words;
        let back = gates * (BACK + amplitudes * PER_GATE_BACK);
        match self {
            Effort::Values => (forward + readout, false),
            Effort::Gradient => (forward + readout + back, false),
            Effort::Jacobian => {
                let adjoint = forward + readout + words * back;
                let (shift, _) = Effort::Shift.cost(cones, cone, n_words);
                (adjoint.min(shift), shift < adjoint)
            }
            Effort::Shift => {
                let runs = 1 + cones.n_shifts(cone);
                (f64::from(runs) * (forward + readout), true)
            }
        }
    }
}
