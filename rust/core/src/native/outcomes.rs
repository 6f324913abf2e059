//! What to sample, and how the counts asked for follow from it.
//!
//! At the end of a circuit, gates that only turn phases change no probability, and gates that permute the
//! outcomes can be done to the outcomes: an ansatz ends in a layer of them.

use super::gate::NativeGate as N;
use super::lower::{NativeOp, NativeProgram};
use crate::sample::OutcomeMap;

/// A shorter circuit whose outcomes give those of the circuit asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    /// Only gates.
    pub program: NativeProgram,
    /// For each of its slots, that of the circuit asked about.
    pub slots: Vec<u32>,
    /// The qubits to sample; the first is the lowest bit of an outcome.
    pub qubits: Vec<u32>,
    /// The classical bits that [`Outcomes::map`] gives the values of, ascending; the others are 0.
    pub bits: Vec<u32>,
    /// From outcomes to the values of the bits.
    pub map: OutcomeMap,
}

impl NativeProgram {
    /// What to sample, when all measurements are final (see [`NativeProgram::readout`]) and of at most 64
    /// qubits.
    #[must_use]
    pub fn outcomes(&self) -> Option<Outcomes> {
        let readout = self.readout()?;
        let measured = readout.iter().zip(0..);
        let (qubits, bits): (Vec<u32>, Vec<u32>) = measured
            .filter_map(|(qubit, bit)| qubit.map(|qubit| (qubit, bit)))
            .unzip();
        if qubits.len() > u64::BITS as usize {
            return None;
        }
        let whole = self.unitary()?.program;
        let mut end = End {
            map: OutcomeMap::identity(qubits.len()),
            places: vec![None; whole.n_qubits as usize],
            blocked: vec![false; whole.n_qubits as usize],
        };
        for (place, &qubit) in qubits.iter().enumerate() {
            end.places[qubit as usize] = Some(place);
        }
        let mut kept: Vec<&NativeOp> = Vec::with_capacity(whole.ops.len());
        for op in whole.ops.iter().rev() {
            let operands = whole.operands(op);
            if !end.takes(op.gate, operands) {
                operands
                    .iter()
                    .for_each(|&q| end.blocked[q as usize] = true);
                kept.push(op);
            }
        }
        let mut program = NativeProgram {
            n_qubits: whole.n_qubits,
            ..NativeProgram::default()
        };
        let mut slots = Vec::new();
        for op in kept.into_iter().rev() {
            let own = op.slots..op.slots + op.gate.n_params() as u32;
            program.ops.push(NativeOp {
                operands: program.operands.len() as u32,
                slots: slots.len() as u32,
                ..*op
            });
            program.operands.extend(whole.operands(op));
            let angles = &whole.slots[own.start as usize..own.end as usize];
            program.slots.extend_from_slice(angles);
            slots.extend(own);
        }
        Some(Outcomes {
            program,
            slots,
            qubits,
            bits,
            map: end.map,
        })
    }
}

/// The end of a circuit, as far as it has been taken into the outcomes.
struct End {
    map: OutcomeMap,
    /// For each qubit, its bit in an outcome, if it is measured.
    places: Vec<Option<usize>>,
    /// Qubits with a gate that stays.
    blocked: Vec<bool>,
}

impl End {
    /// Take in a gate, if that can be.
    fn takes(&mut self, gate: N, operands: &[u32]) -> bool {
        if operands.iter().any(|&q| self.blocked[q as usize]) {
            return false;
        }
        let places: Vec<Option<usize>> =
            operands.iter().map(|&q| self.places[q as usize]).collect();
        match (gate, &places[..]) {
            // Nobody looks at these qubits.
            (_, places) if places.iter().all(Option::is_none) => {}
            (N::Id | N::Z | N::S | N::Sdg | N::T | N::Tdg | N::P | N::Rz, _)
            | (N::Cz | N::Cp | N::Crz, _) => {}
            (N::X | N::Y, &[Some(bit)]) => self.map.flip_first(bit),
            (N::Cx | N::Cy, &[Some(control), Some(target)]) => {
                self.map.flip_first_if(control, target);
            }
            (N::Cx | N::Cy, &[Some(_), None]) => {}
            (N::Swap, &[Some(a), Some(b)]) => self.map.swap_first(a, b),
            _ => return false,
        }
        true
    }
}
