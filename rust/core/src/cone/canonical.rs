//! A cone as a circuit of its own, written so that equal cones come out equal.
//!
//! Where a cone lies in the full circuit, and in which order the program lists gates that commute, must not
//! show. Blocks get a level, counted from the end of the circuit: blocks that act on a shared qubit through
//! the same axis commute and may share a level, others may not. Then qubits are numbered: those the words
//! act on first, the others as they appear, level by level. Two cones that still differ are only
//! evaluated apart, so this need not be a perfect graph canonicalisation.

use super::axis::Axis;
use super::blocks::Block;
use super::walk::{Cone, Cones};
use crate::native::{NativeOp, NativeProgram};

/// A cone cut out and relabelled.
#[derive(Clone, Debug)]
pub struct Cut {
    /// The circuit, on the qubits of the cone.
    pub program: NativeProgram,
    /// For each slot of `program`, the slot of the full circuit.
    pub slots: Vec<u32>,
    /// For each qubit of `program`, the qubit of the full circuit.
    pub qubits: Vec<u32>,
}

impl Cut {
    /// A word of the full circuit on the qubits of the cut.
    #[must_use]
    pub fn letters(&self, word: &[u8]) -> String {
        self.qubits
            .iter()
            .map(|&qubit| char::from(word[qubit as usize]))
            .collect()
    }
}

impl Cones<'_> {
    /// Cut out `cone`, numbering the qubits on which `first` has letters before all others.
    #[must_use]
    pub fn cut(&self, cone: &Cone, first: &[u8]) -> Cut {
        let mut labels = Labels::of(self.program().n_qubits);
        for (qubit, _) in first
            .iter()
            .enumerate()
            .filter(|(_, letter)| **letter != b'I')
        {
            labels.label(qubit as u32);
        }
        let mut levels = levels(self.parts(cone).rev(), self.program().n_qubits);
        for level in &mut levels {
            self.arrange(level, &mut labels);
        }
        let mut program = NativeProgram {
            n_qubits: cone.qubits.len() as u32,
            ..NativeProgram::default()
        };
        let mut slots = Vec::new();
        for block in levels.iter().rev().flatten() {
            for &op in &block.ops {
                self.copy(op, &mut labels, &mut program, &mut slots);
            }
        }
        // Qubits of the cone without a gate: letters of other words on idle qubits.
        cone.qubits.iter().for_each(|&qubit| {
            labels.label(qubit);
        });
        Cut {
            program,
            slots,
            qubits: labels.order,
        }
    }

    /// Order the blocks of one level by what they are and the labels they touch; label their qubits.
    fn arrange<'b>(&self, level: &mut Vec<&'b Block>, labels: &mut Labels) {
        let mut rest: Vec<&'b Block> = std::mem::take(level);
        while !rest.is_empty() {
            let key = |block: &&Block| {
                let known: Vec<u32> = block.qubits.iter().map(|&q| labels.known(q)).collect();
                let least = known.iter().copied().min().unwrap_or(u32::MAX);
                let gates: Vec<u8> = block
                    .ops
                    .iter()
                    .map(|&op| self.program().ops[op as usize].gate as u8)
                    .collect();
                (least, gates, known)
            };
            rest.sort_by_cached_key(key);
            // Everything that touches a labelled qubit is in its place; label what it brings in.
            let settled =
                rest.partition_point(|b| b.qubits.iter().any(|&q| labels.known(q) < u32::MAX));
            for block in rest.drain(..settled.max(1)) {
                block.qubits.iter().for_each(|&qubit| {
                    labels.label(qubit);
                });
                level.push(block);
            }
        }
    }

    fn copy(
        &self,
        index: u32,
        labels: &mut Labels,
        out: &mut NativeProgram,
        sources: &mut Vec<u32>,
    ) {
        let program = self.program();
        let op = program.ops[index as usize];
        out.ops.push(NativeOp {
            gate: op.gate,
            condition: 0,
            operands: out.operands.len() as u32,
            slots: out.slots.len() as u32,
        });
        out.operands.extend(
            program
                .operands(&op)
                .iter()
                .map(|&qubit| labels.label(qubit)),
        );
        let slots = op.slots..op.slots + op.gate.n_params() as u32;
        out.slots.extend(
            slots
                .clone()
                .map(|slot| program.slots[slot as usize].clone()),
        );
        sources.extend(slots);
    }
}

/// Numbers given to qubits.
struct Labels {
    /// For every qubit its number, or `u32::MAX`.
    labels: Vec<u32>,
    order: Vec<u32>,
}

impl Labels {
    fn of(n_qubits: u32) -> Labels {
        Labels {
            labels: vec![u32::MAX; n_qubits as usize],
            order: Vec::new(),
        }
    }

    /// The number of a qubit; it gets the next one if it has none.
    fn label(&mut self, qubit: u32) -> u32 {
        let label = &mut self.labels[qubit as usize];
        if *label == u32::MAX {
            *label = self.order.len() as u32;
            self.order.push(qubit);
        }
        *label
    }

    fn known(&self, qubit: u32) -> u32 {
        self.labels[qubit as usize]
    }
}

/// Blocks, last one first, by level.
fn levels<'b>(blocks: impl Iterator<Item = &'b Block>, n_qubits: u32) -> Vec<Vec<&'b Block>> {
    let mut levels: Vec<Vec<&Block>> = Vec::new();
    // Per qubit: the level of the blocks on it so far, and the axis they share.
    let mut on: Vec<Option<(usize, Axis)>> = vec![None; n_qubits as usize];
    for block in blocks {
        let lowest =
            block
                .qubits
                .iter()
                .zip(&block.axes)
                .map(|(qubit, axis)| match on[*qubit as usize] {
                    None => 0,
                    Some((level, run)) => level + usize::from(!run.commutes(*axis)),
                });
        let level = lowest.max().unwrap_or(0);
        for (&qubit, &axis) in block.qubits.iter().zip(&block.axes) {
            on[qubit as usize] = Some((level, axis));
        }
        if levels.len() <= level {
            levels.resize_with(level + 1, Vec::new);
        }
        levels[level].push(block);
    }
    levels
}
