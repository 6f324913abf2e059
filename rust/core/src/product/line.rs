//! The qubits of a circuit in a row in which neighbours are those that meet.

use std::collections::{BTreeSet, VecDeque};

use crate::native::NativeProgram;

impl NativeProgram {
    /// An order of the qubits in which a matrix product state is cheap: the one they have, or the one of
    /// Cuthill and McKee (Proc. 24th ACM National Conference, 1969, p. 157), which keeps qubits that share a
    /// gate close together. It follows from the [`NativeProgram::shape`].
    #[must_use]
    pub fn line(&self) -> Vec<u32> {
        let order = self.close_together();
        if self.in_order(&order).product_cost().gates < self.product_cost().gates {
            order
        } else {
            (0..self.n_qubits).collect()
        }
    }

    /// The circuit with its qubits in another order, which gives for each of them the qubit it was.
    /// Measurements write the bits they wrote.
    ///
    /// # Panics
    /// If `order` does not have every qubit once.
    #[must_use]
    pub fn in_order(&self, order: &[u32]) -> NativeProgram {
        let mut places = vec![None; self.n_qubits as usize];
        for (place, &qubit) in (0..).zip(order) {
            let known = places[qubit as usize].replace(place);
            assert_eq!(known, None, "every qubit once");
        }
        let mut moved = self.clone();
        for op in &self.ops {
            let qubits = &mut moved.operands[op.operands as usize..][..self.qubits(op).len()];
            for qubit in qubits {
                *qubit = places[*qubit as usize].expect("every qubit");
            }
        }
        moved
    }

    /// The qubits, part after part of those that meet, each from its rim on.
    fn close_together(&self) -> Vec<u32> {
        let mut partners = vec![BTreeSet::new(); self.n_qubits as usize];
        for op in &self.ops {
            let qubits = self.qubits(op);
            for &qubit in qubits {
                partners[qubit as usize].extend(qubits.iter().filter(|&&other| other != qubit));
            }
        }
        let mut order = Vec::with_capacity(partners.len());
        let mut done = vec![false; partners.len()];
        let mut starts: Vec<u32> = (0..self.n_qubits).collect();
        starts.sort_by_key(|&qubit| partners[qubit as usize].len());
        for start in starts {
            if !done[start as usize] {
                let there = from(start, &partners);
                let back = from(there[there.len() - 1], &partners);
                back.iter().for_each(|&qubit| done[qubit as usize] = true);
                order.extend(back);
            }
        }
        order
    }
}

/// Breadth first: a qubit, its partners, theirs; those with few partners first.
fn from(start: u32, partners: &[BTreeSet<u32>]) -> Vec<u32> {
    let mut seen = BTreeSet::from([start]);
    let mut waiting = VecDeque::from([start]);
    let mut order = Vec::new();
    while let Some(qubit) = waiting.pop_front() {
        order.push(qubit);
        let mut next: Vec<u32> = partners[qubit as usize].iter().copied().collect();
        next.retain(|&other| seen.insert(other));
        next.sort_by_key(|&other| partners[other as usize].len());
        waiting.extend(next);
    }
    order
}
