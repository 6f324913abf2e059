//! Gates that together are diagonal, taken as one.
//!
//! `cx a,b` around something diagonal on `b` is diagonal on both, though neither `cx` is. Ladders around a
//! rotation are how Pauli exponentials are mostly written, so they are folded from the inside out. The gates
//! of a block may stand apart in the program, with gates on other qubits between them: a block stands where
//! its innermost gate stood, and the others can move there.

use super::axis::{Axis, of_gate};
use crate::native::{NativeGate, NativeProgram};

/// One gate, or several that are taken as one.
#[derive(Clone, Debug)]
pub struct Block {
    /// Indices into the program's operations, in order.
    pub ops: Vec<u32>,
    /// The qubits acted on.
    pub qubits: Vec<u32>,
    /// The axis on each.
    pub axes: Vec<Axis>,
}

impl Block {
    /// An operation on its own.
    #[must_use]
    pub fn of(program: &NativeProgram, index: u32) -> Block {
        let op = &program.ops[index as usize];
        Block {
            ops: vec![index],
            qubits: program.operands(op).to_vec(),
            axes: of_gate(op.gate).to_vec(),
        }
    }

    /// The gate, if it is a single one on one qubit.
    #[must_use]
    pub fn single(&self, program: &NativeProgram) -> Option<NativeGate> {
        (self.ops.len() == 1 && self.qubits.len() == 1)
            .then(|| program.ops[self.ops[0] as usize].gate)
    }

    fn is_diagonal(&self) -> bool {
        self.axes.iter().all(|axis| *axis == Axis::Z)
    }
}

/// The blocks of a unitary program, in order.
#[must_use]
pub fn blocks(program: &NativeProgram) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::with_capacity(program.ops.len());
    // For each qubit, the blocks on it so far.
    let mut on: Vec<Vec<u32>> = vec![Vec::new(); program.n_qubits as usize];
    for (index, op) in program.ops.iter().enumerate() {
        let qubits = program.operands(op);
        if op.gate == NativeGate::Cx
            && let Some((opening, inner)) = enclosed(program, &blocks, &on, qubits)
        {
            let opening = std::mem::take(&mut blocks[opening as usize].ops);
            let block = &mut blocks[inner as usize];
            block.ops.splice(0..0, opening);
            block.ops.push(index as u32);
            block.qubits.push(qubits[0]);
            block.axes.push(Axis::Z);
            // The opening cx is gone from both qubits; the block now ends the first one as well.
            on[qubits[0] as usize].pop();
            on[qubits[0] as usize].push(inner);
            let target = &mut on[qubits[1] as usize];
            target.remove(target.len() - 2);
            continue;
        }
        for &qubit in qubits {
            on[qubit as usize].push(blocks.len() as u32);
        }
        blocks.push(Block::of(program, index as u32));
    }
    blocks.retain(|block| !block.ops.is_empty());
    blocks
}

/// The same `cx` and the diagonal block behind it, when nothing else stands between them and a `cx` now.
fn enclosed(
    program: &NativeProgram,
    blocks: &[Block],
    on: &[Vec<u32>],
    qubits: &[u32],
) -> Option<(u32, u32)> {
    let (control, target) = (qubits[0], qubits[1]);
    let [.., opening, inner] = on[target as usize][..] else {
        return None;
    };
    let (first, middle) = (&blocks[opening as usize], &blocks[inner as usize]);
    let same_cx = first.ops.len() == 1
        && program.ops[first.ops[0] as usize].gate == NativeGate::Cx
        && first.qubits == qubits;
    let fits = same_cx
        && on[control as usize].last() == Some(&opening)
        && middle.is_diagonal()
        && !middle.qubits.contains(&control);
    fits.then_some((opening, inner))
}
