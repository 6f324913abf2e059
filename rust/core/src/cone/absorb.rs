//! The end of a circuit, taken into the words.
//!
//! ⟨W⟩ after a Clifford gate `g` is ⟨g†Wg⟩ before it, and g†Wg is a word again, up to a sign (Gottesman,
//! *The Heisenberg representation of quantum computers*, arXiv:quant-ph/9807006). A gate that commutes with
//! all words does not matter. So gates are taken off the end for as long as they are of one of the two kinds:
//! of a layer of rotations and `cx` gates at the end of an ansatz, hardly more than one rotation per qubit stays.

use super::axis::Axis;
use super::blocks::{Block, blocks};
use crate::native::{NativeGate as N, NativeProgram};

/// A shorter circuit and words with the same values on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorbed {
    /// The circuit without the gates taken off; slots are numbered as before.
    pub program: NativeProgram,
    /// The words, one letter per qubit, in order.
    pub words: Vec<String>,
    /// For each word, what to multiply its value by: 1 or −1.
    pub signs: Vec<f64>,
}

/// Take as many gates as possible off the end of a unitary program; `words` have one letter per qubit.
///
/// Words that are all diagonal (I and Z) stay so: their values can be had from probabilities.
#[must_use]
pub fn absorb<W: AsRef<[u8]>>(program: &NativeProgram, words: &[W]) -> Absorbed {
    let mut words: Vec<Word> = words.iter().map(|word| Word::of(word.as_ref())).collect();
    let mut blocked = vec![false; program.n_qubits as usize];
    let mut kept: Vec<u32> = Vec::with_capacity(program.ops.len());
    for block in blocks(program).iter().rev() {
        let free = !block.qubits.iter().any(|&q| blocked[q as usize]);
        if !(free && take(program, block, &mut words)) {
            block
                .qubits
                .iter()
                .for_each(|&q| blocked[q as usize] = true);
            kept.extend(&block.ops);
        }
    }
    kept.sort_unstable();
    let signs = words
        .iter()
        .map(|word| if word.negative { -1.0 } else { 1.0 });
    Absorbed {
        signs: signs.collect(),
        program: NativeProgram {
            ops: kept.iter().map(|&op| program.ops[op as usize]).collect(),
            ..program.clone()
        },
        words: words.iter().map(Word::letters).collect(),
    }
}

/// Take the words back through a block, if words they stay.
fn take(program: &NativeProgram, block: &Block, words: &mut [Word]) -> bool {
    let commutes = |word: &Word| {
        let mut pairs = block.qubits.iter().zip(&block.axes);
        pairs.all(|(&qubit, axis)| word.axis(qubit).commutes(*axis))
    };
    if words.iter().all(commutes) {
        return true;
    }
    let [op] = block.ops[..] else {
        return false;
    };
    let gate = program.ops[op as usize].gate;
    let Some(steps) = clifford(gate) else {
        return false;
    };
    let qubits = &block.qubits;
    let turns_basis = matches!(gate, N::H | N::Sx | N::Sxdg);
    let diagonal = |word: &Word| qubits.iter().all(|&q| !word.x[q as usize]);
    if turns_basis && words.iter().all(diagonal) {
        return false;
    }
    for word in words {
        steps.iter().rev().for_each(|step| word.pull(*step, qubits));
    }
    true
}

/// What Clifford gates are made of; the number is that of the operand.
#[derive(Clone, Copy)]
enum Step {
    H(usize),
    S(usize),
    X(usize),
    Z(usize),
    Cx,
    Swap,
}

/// A Clifford gate as steps in order of time, up to a global phase.
const fn clifford(gate: N) -> Option<&'static [Step]> {
    use Step::{Cx, H, S, Swap, X, Z};
    Some(match gate {
        N::Id => &[],
        N::X => &[X(0)],
        N::Y => &[X(0), Z(0)],
        N::Z => &[Z(0)],
        N::H => &[H(0)],
        N::S => &[S(0)],
        N::Sdg => &[Z(0), S(0)],
        N::Sx => &[H(0), S(0), H(0)],
        N::Sxdg => &[H(0), Z(0), S(0), H(0)],
        N::Cx => &[Cx],
        N::Cy => &[Z(1), S(1), Cx, S(1)],
        N::Cz => &[H(1), Cx, H(1)],
        N::Swap => &[Swap],
        _ => return None,
    })
}

/// A Pauli word: on each qubit the product of X and Z that its letter is (Y is both), and a sign.
struct Word {
    x: Vec<bool>,
    z: Vec<bool>,
    negative: bool,
}

impl Word {
    fn of(letters: &[u8]) -> Word {
        Word {
            x: letters.iter().map(|l| matches!(l, b'X' | b'Y')).collect(),
            z: letters.iter().map(|l| matches!(l, b'Y' | b'Z')).collect(),
            negative: false,
        }
    }

    fn letter(x: bool, z: bool) -> u8 {
        match (x, z) {
            (false, false) => b'I',
            (true, false) => b'X',
            (true, true) => b'Y',
            (false, true) => b'Z',
        }
    }

    fn axis(&self, qubit: u32) -> Axis {
        Axis::of_letter(Word::letter(self.x[qubit as usize], self.z[qubit as usize]))
    }

    fn letters(&self) -> String {
        let letters = self.x.iter().zip(&self.z);
        letters
            .map(|(&x, &z)| char::from(Word::letter(x, z)))
            .collect()
    }

    /// W becomes g†Wg.
    fn pull(&mut self, step: Step, qubits: &[u32]) {
        let at = |operand: usize| qubits[operand] as usize;
        match step {
            Step::H(q) => {
                self.negative ^= self.x[at(q)] && self.z[at(q)];
                std::mem::swap(&mut self.x[at(q)], &mut self.z[at(q)]);
            }
            Step::S(q) => {
                // X becomes −Y, Y becomes X.
                self.negative ^= self.x[at(q)] && !self.z[at(q)];
                self.z[at(q)] ^= self.x[at(q)];
            }
            Step::X(q) => self.negative ^= self.z[at(q)],
            Step::Z(q) => self.negative ^= self.x[at(q)],
            Step::Cx => {
                let (c, t) = (at(0), at(1));
                self.negative ^= self.x[c] && self.z[t] && (self.x[t] == self.z[c]);
                self.x[t] ^= self.x[c];
                self.z[c] ^= self.z[t];
            }
            Step::Swap => {
                self.x.swap(at(0), at(1));
                self.z.swap(at(0), at(1));
            }
        }
    }
}
