//! Which qubit each classical bit shows in the end.

use super::gate::NativeGate;
use super::lower::NativeProgram;

impl NativeProgram {
    /// For every classical bit, the qubit measured into it, when all measurements are final: nothing
    /// happens to a qubit after its measurement, no bit is written twice, nothing is reset and nothing
    /// depends on a bit. Then counts follow from the final state alone. Otherwise `None`.
    #[must_use]
    pub fn readout(&self) -> Option<Vec<Option<u32>>> {
        let mut bits = vec![None; self.n_clbits as usize];
        let mut measured = vec![false; self.n_qubits as usize];
        for op in &self.ops {
            let operands = self.operands(op);
            let late = self.qubits(op).iter().any(|&q| measured[q as usize]);
            if late || op.condition > 0 || op.gate == NativeGate::Reset {
                return None;
            }
            if op.gate == NativeGate::Measure {
                measured[operands[0] as usize] = true;
                let bit = &mut bits[operands[1] as usize];
                if bit.replace(operands[0]).is_some() {
                    return None;
                }
            }
        }
        Some(bits)
    }
}
