use crate::cone::{Axis, Block, blocks};
use crate::native::{NativeGate as N, NativeOp, NativeProgram};

const MOST: u32 = 20; // a bond of dimension 2^20 is out of reach

/// What a matrix product state of a circuit that loses nothing costs, in squares of its bond dimensions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProductCost {
    /// The squares, summed over every time that two neighbours are brought together.
    pub gates: f64,
    /// The squares in the end, summed over the bonds: what it takes to read the state.
    pub state: f64,
}

/// Gates that act as one operator.
struct Piece<'a> {
    ops: Vec<&'a NativeOp>,
    low: usize,
    high: usize,
    /// Its operator Schmidt rank across any cut between its qubits, at most, as a power of two.
    rank: u32,
}

impl NativeProgram {
    /// An upper bound, as a power of two, on the Schmidt rank across every cut of the qubits in a row: the
    /// bond dimension at which a matrix product state of this circuit is exact.
    ///
    /// An operator multiplies the rank of a cut between its qubits by its operator Schmidt rank: that is 2 for
    /// controlled gates and for exponentials of Pauli words, and 4 at most for the others. Gates between qubits further apart are brought together by swaps, there and back,
    /// and doing it one qubit is on the other side of a cut. A cut with `k` qubits on its smaller side has
    /// rank 2^k at most, and none has more than twice the rank of the next.
    #[must_use]
    pub fn bond_exponent(&self) -> u32 {
        let n = self.n_qubits as usize;
        let mut bonds = vec![0u32; n.max(1) - 1];
        let (mut passing, mut unfinished) = (vec![0u32; bonds.len()], vec![0u32; bonds.len()]);
        for piece in self.pieces() {
            for cut in piece.low..piece.high {
                bonds[cut] += piece.rank;
                let crossing = |op: &&&NativeOp| {
                    let (low, high) = self.ends(op);
                    (low..high).contains(&cut)
                };
                let crossing: Vec<_> = piece.ops.iter().filter(crossing).collect();
                let is_far = |op: &&&NativeOp| {
                    let (low, high) = self.ends(op);
                    high - low >= op.gate.n_operands()
                };
                let has_three = crossing.iter().any(|op| op.gate.n_operands() == 3);
                // Half of a ladder, or some of the gates that one on three qubits is made of.
                let half = if has_three {
                    2
                } else {
                    crossing.len().div_ceil(2) as u32
                };
                unfinished[cut] += half.saturating_sub(piece.rank);
                if has_three || crossing.iter().any(is_far) {
                    passing[cut] = 1;
                }
            }
        }
        close(&mut bonds);
        let bound = |(cut, &bond): (usize, &u32)| {
            let smaller = (cut + 1).min(n - cut - 1) as u32;
            (bond + passing[cut] + unfinished[cut]).min(smaller)
        };
        bonds.iter().enumerate().map(bound).max().unwrap_or(0)
    }

    /// What a matrix product state costs: an estimate, good to a factor of two.
    #[must_use]
    pub fn product_cost(&self) -> ProductCost {
        let mut bonds = vec![0u32; (self.n_qubits as usize).max(1) - 1];
        let mut gates = 0.0;
        for piece in self.pieces() {
            let between = piece.low..piece.high;
            bonds[between.clone()]
                .iter_mut()
                .for_each(|bond| *bond += piece.rank);
            close(&mut bonds[..]);
            for op in piece.ops {
                let (low, high) = self.ends(op);
                let times = match op.gate.n_operands() {
                    3 => 5.0,
                    _ if high - low > 1 => 2.0,
                    _ => 1.0,
                };
                gates += times * squares(&bonds[low..high]);
            }
        }
        ProductCost {
            gates,
            state: squares(&bonds),
        }
    }

    /// The operations on more than one qubit, those that act as one operator together.
    fn pieces(&self) -> Vec<Piece<'_>> {
        let is_gate =
            |op: &NativeOp| op.condition == 0 && !matches!(op.gate, N::Measure | N::Reset);
        let found: Vec<Block> = if self.ops.iter().all(is_gate) {
            blocks(self)
        } else {
            let gates = self
                .ops
                .iter()
                .zip(0..)
                .filter(|(op, _)| !matches!(op.gate, N::Measure | N::Reset));
            gates.map(|(_, index)| Block::of(self, index)).collect()
        };
        let piece = |block: Block| {
            let (low, high) = (*block.qubits.iter().min()?, *block.qubits.iter().max()?);
            let ops: Vec<_> = block.ops.iter().map(|&op| &self.ops[op as usize]).collect();
            let any = block.axes.iter().filter(|axis| **axis == Axis::Any).count();
            // Every cut has one qubit on a side, or all depends on one parity of the qubits.
            let is_low = match block.qubits.len() {
                2 => any < 2,
                3 => any == 0,
                _ => ops[ops.len() / 2].gate.n_operands() == 1,
            };
            (low < high).then_some(Piece {
                ops,
                low: low as usize,
                high: high as usize,
                rank: if is_low { 1 } else { 2 },
            })
        };
        found.into_iter().filter_map(piece).collect()
    }

    /// The lowest and the highest qubit of a gate.
    fn ends(&self, op: &NativeOp) -> (usize, usize) {
        let qubits = self.operands(op);
        let ends = qubits
            .iter()
            .fold((u32::MAX, 0), |(low, high), &q| (low.min(q), high.max(q)));
        (ends.0 as usize, ends.1 as usize)
    }
}

/// No bond has more than twice the dimension of the next one; the ends have none.
fn close(bonds: &mut [u32]) {
    let mut next = 0;
    for bond in bonds.iter_mut() {
        *bond = (*bond).min(next + 1);
        next = *bond;
    }
    next = 0;
    for bond in bonds.iter_mut().rev() {
        *bond = (*bond).min(next + 1);
        next = *bond;
    }
}

/// Sum of the squares of bond dimensions, given as powers of two.
fn squares(bonds: &[u32]) -> f64 {
    bonds
        .iter()
        .map(|&bond| f64::from(2 * bond.min(MOST)).exp2())
        .sum()
}
