//! What callers ask about a native program.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::gate::NativeGate;
use super::lower::{Angle, NativeProgram};
use crate::qasm2::Instr;

impl NativeProgram {
    /// All of the program but its numbers: equal for programs that are one circuit at other angles, where
    /// the same angles are equal to one another and the same ones are parameters. What is planned for one
    /// holds for the other.
    #[must_use]
    pub fn shape(&self) -> Vec<u8> {
        let mut found = vec![self.n_qubits, self.n_clbits, self.ops.len() as u32];
        for op in &self.ops {
            found.extend([op.gate as u32, op.condition, op.slots]);
            found.extend(self.operands(op));
        }
        for condition in &self.conditions {
            let value = condition.value;
            found.extend([
                condition.start,
                condition.size,
                value as u32,
                (value >> 32) as u32,
            ]);
        }
        found.extend(self.equal_angles());
        found.into_iter().flat_map(u32::to_le_bytes).collect()
    }

    /// For every angle twice the index of the first one that equals it, and 1 if it is a parameter's.
    fn equal_angles(&self) -> impl Iterator<Item = u32> {
        let mut known: HashMap<u64, Vec<u32>> = HashMap::with_capacity(self.slots.len());
        self.slots.iter().enumerate().map(move |(index, slot)| {
            let mut hasher = DefaultHasher::new();
            hash_angle(slot, &mut hasher);
            let known = known.entry(hasher.finish()).or_default();
            let same = known
                .iter()
                .find(|&&first| self.slots[first as usize] == *slot);
            let first = same.copied().unwrap_or_else(|| {
                known.push(index as u32);
                index as u32
            });
            2 * first + u32::from(matches!(slot, Angle::Symbol(_)))
        })
    }

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

/// Hash an angle; equal angles give equal hashes, but for 0 and −0.
pub(crate) fn hash_angle(angle: &Angle, hasher: &mut impl Hasher) {
    match angle {
        Angle::Value(value) => value.to_bits().hash(hasher),
        Angle::Symbol(expr) => {
            for instr in expr {
                std::mem::discriminant(instr).hash(hasher);
                if let Instr::Param(parameter) = instr {
                    parameter.hash(hasher);
                }
            }
        }
    }
}
