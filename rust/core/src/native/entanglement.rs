//! How entangled a circuit can become, at most.

use super::gate::NativeGate as N;
use super::lower::NativeProgram;

impl NativeProgram {
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
