//! How entangled a circuit can become, and what a matrix product state of it costs.

use super::gate::NativeGate as N;
use super::lower::NativeProgram;

const MOST: u32 = 20; // a bond of dimension 2^20 is out of reach

/// What a matrix product state of a circuit that loses nothing costs, in squares of its bond dimensions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProductCost {
    /// The squares, summed over every time that two neighbours are brought together.
    pub gates: f64,
    /// The squares in the end, summed over the bonds: what it takes to read the state.
    pub state: f64,
}

impl NativeProgram {
    /// What a matrix product state costs: an estimate, good to a factor of two.
    ///
    /// A gate doubles the dimension of every bond between its qubits, one on three qubits or a swap makes it
    /// four times as large; and no bond has more than twice the dimension of the next one.
    #[must_use]
    pub fn product_cost(&self) -> ProductCost {
        let mut bonds = vec![0u32; (self.n_qubits as usize).max(1) - 1];
        let mut gates = 0.0;
        for op in &self.ops {
            let qubits = self.operands(op);
            let (Some(&low), Some(&high)) = (qubits.iter().min(), qubits.iter().max()) else {
                continue;
            };
            let (step, times) = match qubits.len() {
                3.. => (2, 5.0),
                _ if op.gate == N::Swap => (2, 1.0),
                _ => (1, if high - low > 1 { 2.0 } else { 1.0 }),
            };
            let between = low as usize..high as usize;
            bonds[between.clone()]
                .iter_mut()
                .for_each(|bond| *bond += step);
            for at in between.clone() {
                bonds[at] = bonds[at].min(at.checked_sub(1).map_or(0, |left| bonds[left]) + 1);
            }
            for at in between.clone().rev() {
                bonds[at] = bonds[at].min(bonds.get(at + 1).copied().unwrap_or(0) + 1);
            }
            gates += times * squares(&bonds[between]);
        }
        ProductCost {
            gates,
            state: squares(&bonds),
        }
    }

    /// An upper bound, as a power of two, on the Schmidt rank across every cut of the qubits in a row: the
    /// bond dimension at which a matrix product state of this circuit is exact.
    ///
    /// A gate between neighbours multiplies the rank of the cut between them by at most its operator Schmidt
    /// rank, 2 for a controlled gate. Gates between qubits further apart are brought
    /// together by swaps, there and back, on every cut they cross; so are gates on three. A cut with `k` qubits on its smaller side has
    /// rank 2^k at most.
    #[must_use]
    pub fn bond_exponent(&self) -> u32 {
        let n = self.n_qubits as usize;
        let mut steps = vec![0i64; n + 1];
        for op in &self.ops {
            let count = if op.gate == N::Measure {
                1
            } else {
                op.gate.n_operands()
            };
            let qubits = &self.operands(op)[..count];
            let (Some(&low), Some(&high)) = (qubits.iter().min(), qubits.iter().max()) else {
                continue;
            };
            let swaps = (high - low) as usize >= count || op.gate == N::Swap || count == 3;
            let weight = if swaps { 4 } else { i64::from(count > 1) };
            steps[low as usize] += weight;
            steps[high as usize] -= weight;
        }
        let mut crossing = 0;
        let cut = |(index, step): (usize, &i64)| {
            crossing += step;
            let smaller = (index + 1).min(n - index - 1) as i64;
            crossing.min(smaller) as u32
        };
        steps[..n.max(1) - 1]
            .iter()
            .enumerate()
            .map(cut)
            .max()
            .unwrap_or(0)
    }
}

/// Sum of the squares of bond dimensions, given as powers of two.
fn squares(bonds: &[u32]) -> f64 {
    bonds
        .iter()
        .map(|&bond| f64::from(2 * bond.min(MOST)).exp2())
        .sum()
}
