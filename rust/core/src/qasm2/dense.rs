//! Gates on a few qubits as matrices, to compare gates with one another. Not a simulator for programs.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use super::gates::Gate;

#[derive(Clone, Copy, Debug, Default)]
struct Complex {
    re: f64,
    im: f64,
}

impl Complex {
    fn polar(length: f64, angle: f64) -> Self {
        Complex {
            re: length * angle.cos(),
            im: length * angle.sin(),
        }
    }

    fn times(self, other: Self) -> Self {
        let re = self.re * other.re - self.im * other.im;
        Complex {
            re,
            im: self.re * other.im + self.im * other.re,
        }
    }

    fn plus(self, other: Self) -> Self {
        Complex {
            re: self.re + other.re,
            im: self.im + other.im,
        }
    }

    fn conjugate(self) -> Self {
        Complex {
            re: self.re,
            im: -self.im,
        }
    }
}

/// `e^(i·phase) · U(theta, phi, lambda)`, `U` as in the OpenQASM 2 paper but with a real first entry.
#[derive(Clone, Copy)]
struct Single {
    phase: f64,
    theta: f64,
    phi: f64,
    lambda: f64,
}

impl Single {
    fn u(theta: f64, phi: f64, lambda: f64) -> Self {
        Single {
            phase: 0.0,
            theta,
            phi,
            lambda,
        }
    }

    fn with_phase(self, phase: f64) -> Self {
        Single { phase, ..self }
    }

    /// The gates on one qubit.
    fn of(gate: Gate, a: &[f64]) -> Option<Self> {
        Some(match gate {
            Gate::Id | Gate::U0 => Self::u(0.0, 0.0, 0.0),
            Gate::X => Self::u(PI, 0.0, PI),
            Gate::Y => Self::u(PI, FRAC_PI_2, FRAC_PI_2),
            Gate::Z => Self::u(0.0, 0.0, PI),
            Gate::H => Self::u(FRAC_PI_2, 0.0, PI),
            Gate::S => Self::u(0.0, 0.0, FRAC_PI_2),
            Gate::Sdg => Self::u(0.0, 0.0, -FRAC_PI_2),
            Gate::T => Self::u(0.0, 0.0, FRAC_PI_4),
            Gate::Tdg => Self::u(0.0, 0.0, -FRAC_PI_4),
            Gate::Sx => Self::u(FRAC_PI_2, -FRAC_PI_2, FRAC_PI_2).with_phase(FRAC_PI_4),
            Gate::Sxdg => Self::u(FRAC_PI_2, FRAC_PI_2, -FRAC_PI_2).with_phase(-FRAC_PI_4),
            Gate::Rx => Self::u(a[0], -FRAC_PI_2, FRAC_PI_2),
            Gate::Ry => Self::u(a[0], 0.0, 0.0),
            Gate::Rz => Self::u(0.0, 0.0, a[0]).with_phase(-a[0] / 2.0),
            Gate::P | Gate::U1 => Self::u(0.0, 0.0, a[0]),
            Gate::U2 => Self::u(FRAC_PI_2, a[0], a[1]),
            Gate::U3 | Gate::U | Gate::PrimU => Self::u(a[0], a[1], a[2]),
            _ => return None,
        })
    }

    /// The gates that are one of these under controls (all qubits but the last).
    fn under_controls(gate: Gate, a: &[f64]) -> Option<Self> {
        let target = match gate {
            Gate::Cx | Gate::PrimCx | Gate::Ccx => Gate::X,
            Gate::Cy => Gate::Y,
            Gate::Cz => Gate::Z,
            Gate::Ch => Gate::H,
            Gate::Csx => Gate::Sx,
            Gate::Crx => Gate::Rx,
            Gate::Cry => Gate::Ry,
            Gate::Crz => Gate::Rz,
            Gate::Cp | Gate::Cu1 => Gate::P,
            Gate::Cu3 | Gate::Cu => Gate::U3,
            _ => return None,
        };
        let phase = if gate == Gate::Cu { a[3] } else { 0.0 };
        Self::of(target, a).map(|s| s.with_phase(s.phase + phase))
    }

    /// Row by row.
    fn entries(self) -> [Complex; 4] {
        let (sin, cos) = (self.theta / 2.0).sin_cos();
        let entry = |length, angle: f64| Complex::polar(length, angle + self.phase);
        [
            entry(cos, 0.0),
            entry(-sin, self.lambda),
            entry(sin, self.phi),
            entry(cos, self.phi + self.lambda),
        ]
    }
}

/// One gate of a decomposition: positions of its qubits, position of its angle or a fixed one.
type Step = (Gate, &'static [usize], f64);

/// Gates that are neither on one qubit nor under controls. An angle of NaN stands for the gate's own.
fn steps(gate: Gate) -> Option<&'static [Step]> {
    const OWN: f64 = f64::NAN;
    Some(match gate {
        Gate::Swap => &[
            (Gate::Cx, &[0, 1], 0.0),
            (Gate::Cx, &[1, 0], 0.0),
            (Gate::Cx, &[0, 1], 0.0),
        ],
        Gate::Cswap => &[
            (Gate::Cx, &[2, 1], 0.0),
            (Gate::Ccx, &[0, 1, 2], 0.0),
            (Gate::Cx, &[2, 1], 0.0),
        ],
        Gate::Iswap => &[
            (Gate::Swap, &[0, 1], 0.0),
            (Gate::Cz, &[0, 1], 0.0),
            (Gate::S, &[0], 0.0),
            (Gate::S, &[1], 0.0),
        ],
        Gate::Rzz => &[
            (Gate::Cx, &[0, 1], 0.0),
            (Gate::Rz, &[1], OWN),
            (Gate::Cx, &[0, 1], 0.0),
        ],
        Gate::Rxx => &[
            (Gate::H, &[0], 0.0),
            (Gate::H, &[1], 0.0),
            (Gate::Rzz, &[0, 1], OWN),
            (Gate::H, &[0], 0.0),
            (Gate::H, &[1], 0.0),
        ],
        Gate::Ryy => &[
            (Gate::Rx, &[0], FRAC_PI_2),
            (Gate::Rx, &[1], FRAC_PI_2),
            (Gate::Rzz, &[0, 1], OWN),
            (Gate::Rx, &[0], -FRAC_PI_2),
            (Gate::Rx, &[1], -FRAC_PI_2),
        ],
        Gate::Rccx => &[
            (Gate::H, &[2], 0.0),
            (Gate::T, &[2], 0.0),
            (Gate::Cx, &[1, 2], 0.0),
            (Gate::Tdg, &[2], 0.0),
            (Gate::Cx, &[0, 2], 0.0),
            (Gate::T, &[2], 0.0),
            (Gate::Cx, &[1, 2], 0.0),
            (Gate::Tdg, &[2], 0.0),
            (Gate::H, &[2], 0.0),
        ],
        _ => return None,
    })
}

/// The matrix of what has been applied so far.
#[derive(Clone, Debug)]
pub(super) struct Unitary {
    dimension: usize,
    /// Column after column.
    entries: Vec<Complex>,
}

impl Unitary {
    /// Nothing applied.
    pub(super) fn identity(n_qubits: u32) -> Self {
        let dimension = 1 << n_qubits;
        let mut entries = vec![Complex::default(); dimension * dimension];
        entries
            .iter_mut()
            .step_by(dimension + 1)
            .for_each(|e| e.re = 1.0);
        Unitary { dimension, entries }
    }

    /// Applies a gate of the table; `None` for the gates on more than three qubits.
    pub(super) fn apply(&mut self, gate: Gate, qubits: &[u32], angles: &[f64]) -> Option<()> {
        let (target, controls) = qubits.split_last()?;
        if let Some(single) =
            Single::of(gate, angles).or_else(|| Single::under_controls(gate, angles))
        {
            let controls = controls.iter().fold(0, |mask, q| mask | 1 << q);
            self.multiply(single.entries(), controls, 1 << target);
            return Some(());
        }
        for (gate, places, angle) in steps(gate)? {
            let qubits: Vec<u32> = places.iter().map(|&place| qubits[place]).collect();
            let angle = if angle.is_nan() { angles[0] } else { *angle };
            self.apply(*gate, &qubits, &[angle])?;
        }
        Some(())
    }

    fn multiply(&mut self, m: [Complex; 4], controls: usize, target: usize) {
        for column in self.entries.chunks_exact_mut(self.dimension) {
            for row in (0..column.len()).filter(|r| r & target == 0 && r & controls == controls) {
                let (low, high) = (column[row], column[row | target]);
                column[row] = m[0].times(low).plus(m[1].times(high));
                column[row | target] = m[2].times(low).plus(m[3].times(high));
            }
        }
    }

    /// Whether two matrices of one size are equal up to a global phase, to about six digits.
    pub(super) fn is_same_up_to_phase(&self, other: &Unitary) -> bool {
        let products = self
            .entries
            .iter()
            .zip(&other.entries)
            .map(|(a, b)| a.conjugate().times(*b));
        let trace = products.fold(Complex::default(), Complex::plus);
        trace.re.hypot(trace.im) > self.dimension as f64 * (1.0 - 1e-12)
    }
}
