//! The backward walk from a word, and the circuit it leaves.

use super::axis::Axis;
use super::blocks::{Block, blocks};
use crate::native::NativeProgram;

/// A circuit ready to cut cones out of.
pub struct Cones<'a> {
    program: &'a NativeProgram,
    blocks: Vec<Block>,
    /// For each block, the shifted values that its derivatives take.
    shifts: Vec<u32>,
}

/// What a set of words depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cone {
    /// Indices of the blocks in it, ascending.
    pub blocks: Vec<u32>,
    /// Its qubits in the order of the full circuit, ascending.
    pub qubits: Vec<u32>,
}

impl<'a> Cones<'a> {
    /// Prepare a unitary program.
    #[must_use]
    pub fn of(program: &'a NativeProgram) -> Cones<'a> {
        let blocks = blocks(program);
        let terms = program.shift_terms();
        let of_op = |op: &u32| -> u32 {
            let op = program.ops[*op as usize];
            let own = &terms[op.slots as usize..][..op.gate.n_params()];
            own.iter().copied().map(u32::from).sum()
        };
        let shifts = blocks
            .iter()
            .map(|block| block.ops.iter().map(of_op).sum())
            .collect();
        Cones {
            program,
            blocks,
            shifts,
        }
    }

    /// The cone of a word, one letter per qubit of the program.
    #[must_use]
    pub fn cone(&self, word: &[u8]) -> Cone {
        let mut axes: Vec<Axis> = word.iter().map(|&letter| Axis::of_letter(letter)).collect();
        axes.resize(self.program.n_qubits as usize, Axis::None);
        let mut kept = Vec::new();
        for (index, block) in self.blocks.iter().enumerate().rev() {
            if self.pass(block, &mut axes) {
                kept.push(index as u32);
            }
        }
        kept.reverse();
        let mut qubits: Vec<u32> = kept
            .iter()
            .flat_map(|&b| self.blocks[b as usize].qubits.iter().copied())
            .collect();
        let letters = word
            .iter()
            .zip(0u32..)
            .filter(|(letter, _)| **letter != b'I');
        qubits.extend(letters.map(|(_, qubit)| qubit));
        qubits.sort_unstable();
        qubits.dedup();
        Cone {
            blocks: kept,
            qubits,
        }
    }

    /// Take the operator back through a block; whether the block changes it.
    fn pass(&self, block: &Block, axes: &mut [Axis]) -> bool {
        let mut pairs = block.qubits.iter().zip(&block.axes);
        if pairs.all(|(&qubit, axis)| axes[qubit as usize].commutes(*axis)) {
            return false;
        }
        if let Some(gate) = block.single(self.program) {
            let axis = &mut axes[block.qubits[0] as usize];
            *axis = axis.through(gate);
            return true;
        }
        for (&qubit, axis) in block.qubits.iter().zip(&block.axes) {
            axes[qubit as usize] = axes[qubit as usize].joined(*axis);
        }
        true
    }

    /// A cone that holds both.
    #[must_use]
    pub fn union(&self, a: &Cone, b: &Cone) -> Cone {
        Cone {
            blocks: merged(&a.blocks, &b.blocks),
            qubits: merged(&a.qubits, &b.qubits),
        }
    }

    /// Number of gates in a cone.
    #[must_use]
    pub fn n_gates(&self, cone: &Cone) -> usize {
        cone.blocks
            .iter()
            .map(|&b| self.blocks[b as usize].ops.len())
            .sum()
    }

    /// Number of shifted values that the derivatives by the angles of a cone take.
    #[must_use]
    pub fn n_shifts(&self, cone: &Cone) -> u32 {
        cone.blocks.iter().map(|&b| self.shifts[b as usize]).sum()
    }

    /// The blocks of a cone, and the program they are part of.
    pub(super) fn parts(&self, cone: &Cone) -> impl DoubleEndedIterator<Item = &Block> {
        cone.blocks
            .iter()
            .map(|&block| &self.blocks[block as usize])
    }

    /// The program cones are cut out of.
    #[must_use]
    pub fn program(&self) -> &NativeProgram {
        self.program
    }
}

/// Two ascending lists as one, each element once.
fn merged(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut all: Vec<u32> = a.iter().chain(b).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
