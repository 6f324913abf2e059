//! What callers ask about a native program.

use super::gate::NativeGate;
use super::lower::NativeProgram;

impl NativeProgram {
    /// Whether an operation is under classical control.
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        self.ops.iter().any(|op| op.condition > 0)
    }

    /// The number that each distinct condition compares its register with.
    pub fn condition_values(&self) -> impl Iterator<Item = u64> {
        self.conditions.iter().map(|condition| condition.value)
    }

    /// Whether anything is measured.
    #[must_use]
    pub fn measures(&self) -> bool {
        self.ops.iter().any(|op| op.gate == NativeGate::Measure)
    }

    /// Name of the gate that an angle belongs to.
    #[must_use]
    pub fn gate_of_slot(&self, slot: usize) -> &'static str {
        let mut backwards = self.ops.iter().rev();
        backwards
            .find(|op| op.gate.n_params() > 0 && op.slots as usize <= slot)
            .map_or("?", |op| op.gate.name())
    }
}
