//! The gates simulators lack, written with those they have. Every identity is exact up to a global phase
//! (which no measured number sees; OpenQASM 2 cannot control a defined gate).
//!
//! Sources: `qelib1.inc` (arXiv:1707.03429 and Qiskit's later additions) for `rccx`, `rc3x`; for the
//! controlled gates on three and four controls, Barenco et al., Phys. Rev. A 52, 3457 (1995), lemma 7.5:
//! a controlled phase with one more control is `cp(θ/2)`, a multi-controlled `x` around `cp(-θ/2)`, and
//! the phase `θ/2` on the remaining controls.

use std::f64::consts::{FRAC_PI_2, PI};

use super::gate::NativeGate as N;
use super::lower::Angle;
use crate::qasm2::Gate;

/// Receives native gates, operands and angles.
pub(super) trait Sink {
    fn push(&mut self, gate: N, qubits: &[u32], angles: &[Angle]);

    /// Gates without angles in a row: each name with its operands.
    fn run(&mut self, gates: &[(N, &[u32])]) {
        for (gate, qubits) in gates {
            self.push(*gate, qubits, &[]);
        }
    }
}

/// Write `gate` on `q` with `a` as native gates.
pub(super) fn rewrite(gate: Gate, q: &[u32], a: &[Angle], out: &mut impl Sink) {
    if let Some(native) = direct(gate) {
        return out.push(native, q, a);
    }
    let zero = Angle::Value(0.0);
    match gate {
        Gate::U0 => out.push(N::Id, q, &[]),
        Gate::U2 => out.push(
            N::U,
            q,
            &[Angle::Value(FRAC_PI_2), a[0].clone(), a[1].clone()],
        ),
        Gate::Cu3 => out.push(N::Cu, q, &[a[0].clone(), a[1].clone(), a[2].clone(), zero]),
        Gate::Rzz => zz(q, a, out),
        Gate::Rxx => {
            out.run(&[(N::H, &q[..1]), (N::H, &q[1..])]);
            zz(q, a, out);
            out.run(&[(N::H, &q[..1]), (N::H, &q[1..])]);
        }
        Gate::Ryy => {
            both_rx(q, FRAC_PI_2, out);
            zz(q, a, out);
            both_rx(q, -FRAC_PI_2, out);
        }
        Gate::Iswap => iswap(q, out),
        Gate::Rccx => rccx(q, out),
        Gate::Rc3x => rc3x(q, out),
        Gate::C3x => controlled_x(q, out),
        Gate::C4x => controlled_x(q, out),
        Gate::C3sqrtx => phase_between_h(q, FRAC_PI_2, out),
        // Every other gate is native: the table test in tests/native.rs goes through all of them.
        _ => unreachable!("{} has no rewrite", gate.name()),
    }
}

/// The native gate that is the same gate, if there is one.
const fn direct(gate: Gate) -> Option<N> {
    Some(match gate {
        Gate::Id => N::Id,
        Gate::X => N::X,
        Gate::Y => N::Y,
        Gate::Z => N::Z,
        Gate::H => N::H,
        Gate::S => N::S,
        Gate::Sdg => N::Sdg,
        Gate::T => N::T,
        Gate::Tdg => N::Tdg,
        Gate::Sx => N::Sx,
        Gate::Sxdg => N::Sxdg,
        Gate::Rx => N::Rx,
        Gate::Ry => N::Ry,
        Gate::Rz => N::Rz,
        Gate::P | Gate::U1 => N::P,
        Gate::U | Gate::U3 | Gate::PrimU => N::U,
        Gate::Cx | Gate::PrimCx => N::Cx,
        Gate::Cy => N::Cy,
        Gate::Cz => N::Cz,
        Gate::Ch => N::Ch,
        Gate::Swap => N::Swap,
        Gate::Csx => N::Csx,
        Gate::Crx => N::Crx,
        Gate::Cry => N::Cry,
        Gate::Crz => N::Crz,
        Gate::Cp | Gate::Cu1 => N::Cp,
        Gate::Cu => N::Cu,
        Gate::Ccx => N::Ccx,
        Gate::Cswap => N::Cswap,
        _ => return None,
    })
}

fn zz(q: &[u32], a: &[Angle], out: &mut impl Sink) {
    out.push(N::Cx, q, &[]);
    out.push(N::Rz, &q[1..], a);
    out.push(N::Cx, q, &[]);
}

fn both_rx(q: &[u32], angle: f64, out: &mut impl Sink) {
    out.push(N::Rx, &q[..1], &[Angle::Value(angle)]);
    out.push(N::Rx, &q[1..], &[Angle::Value(angle)]);
}

fn iswap(q: &[u32], out: &mut impl Sink) {
    let (a, b) = (&q[..1], &q[1..]);
    let back = [q[1], q[0]];
    out.run(&[
        (N::S, a),
        (N::S, b),
        (N::H, a),
        (N::Cx, q),
        (N::Cx, &back),
        (N::H, b),
    ]);
}

fn rccx(q: &[u32], out: &mut impl Sink) {
    let (t, from_a, from_b) = (&q[2..], [q[0], q[2]], [q[1], q[2]]);
    out.run(&[
        (N::H, t),
        (N::T, t),
        (N::Cx, &from_b),
        (N::Tdg, t),
        (N::Cx, &from_a),
    ]);
    out.run(&[(N::T, t), (N::Cx, &from_b), (N::Tdg, t), (N::H, t)]);
}

fn rc3x(q: &[u32], out: &mut impl Sink) {
    let t = &q[3..];
    let (from_a, from_b, from_c) = ([q[0], q[3]], [q[1], q[3]], [q[2], q[3]]);
    out.run(&[
        (N::H, t),
        (N::T, t),
        (N::Cx, &from_c),
        (N::Tdg, t),
        (N::H, t),
    ]);
    out.run(&[(N::Cx, &from_a), (N::T, t), (N::Cx, &from_b), (N::Tdg, t)]);
    out.run(&[(N::Cx, &from_a), (N::T, t), (N::Cx, &from_b), (N::Tdg, t)]);
    out.run(&[
        (N::H, t),
        (N::T, t),
        (N::Cx, &from_c),
        (N::Tdg, t),
        (N::H, t),
    ]);
}

/// `x` on the last qubit, controlled by all others.
fn controlled_x(q: &[u32], out: &mut impl Sink) {
    match q.len() {
        2 => out.push(N::Cx, q, &[]),
        3 => out.push(N::Ccx, q, &[]),
        _ => phase_between_h(q, PI, out),
    }
}

fn phase_between_h(q: &[u32], angle: f64, out: &mut impl Sink) {
    let target = &q[q.len() - 1..];
    out.push(N::H, target, &[]);
    controlled_phase(q, angle, out);
    out.push(N::H, target, &[]);
}

/// The phase `angle` on the state with all of `q` set.
fn controlled_phase(q: &[u32], angle: f64, out: &mut impl Sink) {
    let (last, target) = (q.len() - 2, q.len() - 1);
    if q.len() == 2 {
        return out.push(N::Cp, q, &[Angle::Value(angle)]);
    }
    let pair = [q[last], q[target]];
    out.push(N::Cp, &pair, &[Angle::Value(angle / 2.0)]);
    controlled_x(&q[..=last], out);
    out.push(N::Cp, &pair, &[Angle::Value(-angle / 2.0)]);
    controlled_x(&q[..=last], out);
    let rest: Vec<u32> = q
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != last)
        .map(|(_, q)| *q)
        .collect();
    controlled_phase(&rest, angle / 2.0, out);
}
