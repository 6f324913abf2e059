//! Whether a program's own definition of a gate of `qelib1.inc` is that gate.
//!
//! Both are worked out as matrices at a few fixed angles. Definitions call definitions, so that short
//! programs may stand for very long ones: beyond a number of steps they count as different.

use super::dense::Unitary;
use super::evaluate::evaluate;
use super::gates::Gate;
use super::program::{BodyOp, Code, GateDef};

/// Angles at which gates are compared. There is nothing special about them, as it should be.
const SAMPLES: [[f64; 3]; 3] = [
    [0.37, 1.13, 2.29],
    [-0.71, 0.43, -1.93],
    [2.87, -2.21, 5.03],
];

/// Most operations and expression steps looked at per sample.
const MAX_STEPS: usize = 10_000;

/// Whether `gate` is the same as `builtin`, up to a global phase. `definitions` are those its body
/// refers to.
pub(super) fn is_same(gate: &GateDef, builtin: Gate, definitions: &[GateDef]) -> bool {
    let (n_params, n_qubits) = (builtin.n_params(), builtin.n_qubits());
    if (gate.n_params, gate.n_qubits) != (n_params, n_qubits) {
        return false;
    }
    let qubits: Vec<u32> = (0..n_qubits).collect();
    SAMPLES.iter().all(|angles| {
        let angles = &angles[..n_params as usize];
        let mut wanted = Unitary::identity(n_qubits);
        wanted.apply(builtin, &qubits, angles);
        expand(gate, &qubits, angles, definitions).is_some_and(|u| u.is_same_up_to_phase(&wanted))
    })
}

/// A definition that is being applied.
struct Frame<'a> {
    rest: std::slice::Iter<'a, BodyOp>,
    qubits: Vec<u32>,
    params: Vec<f64>,
}

/// The matrix of a defined gate; `None` if it has none (opaque gates) or it takes too long.
fn expand(
    gate: &GateDef,
    qubits: &[u32],
    params: &[f64],
    definitions: &[GateDef],
) -> Option<Unitary> {
    let mut unitary = Unitary::identity(gate.n_qubits);
    let rest = gate.body.as_ref()?.iter();
    let mut frames = vec![Frame {
        rest,
        qubits: qubits.to_vec(),
        params: params.to_vec(),
    }];
    let mut steps = MAX_STEPS;
    while let Some(frame) = frames.last_mut() {
        let Some(op) = frame.rest.next() else {
            frames.pop();
            continue;
        };
        let cost = 1 + op.angles.iter().map(|angle| angle.len()).sum::<usize>();
        steps = steps.checked_sub(cost)?;
        let qubits: Vec<u32> = op
            .qubits
            .iter()
            .map(|&q| frame.qubits[q as usize])
            .collect();
        let params: Vec<f64> = op
            .angles
            .iter()
            .map(|angle| evaluate(angle, &frame.params))
            .collect();
        match op.code {
            Code::Builtin(gate) => unitary.apply(gate, &qubits, &params)?,
            Code::Defined(index) => {
                let rest = definitions.get(index as usize)?.body.as_ref()?.iter();
                frames.push(Frame {
                    rest,
                    qubits,
                    params,
                });
            }
            _ => {}
        }
    }
    Some(unitary)
}
