//! Numbers in gate bodies that differ from circuit to circuit, as parameters of the gates.
//!
//! A template has one body per gate, so a number that differs has to come from outside: the gate gets a
//! parameter more for each parameter of the template that its body depends on, itself or through the gates
//! it calls, and every call passes it on. `gate g a { rx(0.1) a; } g q[0];` with other numbers for `0.1`
//! becomes `gate g(p0) a { rx(p0) a; } g(theta_0) q[0];`. Numbers that are the same in all circuits stay
//! where they are, so that programs without others are not changed at all.

use std::collections::HashSet;

use super::columns::Column;
use crate::qasm2::{BodyOp, Code, Expr, GateDef, Instr, Program};

/// Arguments that may be added per circuit of the group and part of its program. They are worth it as long
/// as they do not outweigh the texts they stand for; numbers × calls may.
const GROWTH: usize = 16;

/// What each gate of a program needs from outside.
pub(super) struct Lift {
    /// Per gate: parameters of the template, ascending, that become parameters of the gate after its own.
    needs: Vec<Vec<u32>>,
    /// How many more arguments may be added.
    budget: usize,
}

impl Lift {
    /// How to make parameters of those `constants` of the program that are not [`Column::Constant`], beside
    /// its `angles`.
    ///
    /// # Errors
    /// The positions of the constants that have to stay numbers: all that vary, if passing them on is not
    /// worth it for `n_circuits`; else those whose parameter the main program would not mention, because
    /// nothing calls the gate.
    pub(super) fn plan(
        program: &Program,
        constants: &[Column],
        angles: &[Column],
        n_circuits: usize,
    ) -> Result<Lift, Vec<usize>> {
        let size = program.ops.len() + program.operands.len() + constants.len();
        let mut lift = Lift {
            needs: Vec::with_capacity(program.gates.len()),
            budget: size.saturating_mul(GROWTH).saturating_mul(n_circuits),
        };
        if lift.gates(program, constants).is_none() {
            return Err(positions(constants, |_| true));
        }
        let calls = program.ops.iter().flat_map(|op| lift.needed(op.code));
        let mentioned: HashSet<u32> = calls
            .copied()
            .chain(angles.iter().filter_map(parameter))
            .collect();
        let lost = positions(constants, |parameter| !mentioned.contains(&parameter));
        if lost.is_empty() { Ok(lift) } else { Err(lost) }
    }

    /// What each gate needs; `None` if the budget does not last.
    fn gates(&mut self, program: &Program, mut constants: &[Column]) -> Option<()> {
        for gate in &program.gates {
            let own = constants.split_off(..gate.constants().count())?;
            let mut needed: Vec<u32> = own.iter().filter_map(parameter).collect();
            for op in gate.body.iter().flatten() {
                self.call(op.code)?;
                needed.extend_from_slice(self.needed(op.code));
            }
            needed.sort_unstable();
            needed.dedup();
            self.needs.push(needed);
        }
        program.ops.iter().try_for_each(|op| self.call(op.code))
    }

    /// Take the arguments of a call from the budget.
    fn call(&mut self, code: Code) -> Option<()> {
        self.budget = self.budget.checked_sub(self.needed(code).len())?;
        Some(())
    }

    /// Whether any gate changes.
    pub(super) fn changes_gates(&self) -> bool {
        self.needs.iter().any(|needed| !needed.is_empty())
    }

    /// Make parameters of the program's numbers, as their columns say.
    pub(super) fn apply(&self, program: &mut Program, mut constants: &[Column], angles: &[Column]) {
        self.calls(program, angles);
        for (gate, needed) in program.gates.iter_mut().zip(&self.needs) {
            let own = constants.split_off(..gate.constants().count());
            if !needed.is_empty() {
                self.body(gate, needed, own.unwrap_or_default());
            }
        }
    }

    /// The angles of the main program, with what its calls have to pass.
    fn calls(&self, program: &mut Program, columns: &[Column]) {
        let (mut angles, mut symbols) = (Vec::with_capacity(columns.len()), Vec::new());
        let counts: Vec<u32> = program
            .ops
            .iter()
            .map(|op| program.n_angles(op.code))
            .collect();
        for (op, count) in program.ops.iter_mut().zip(counts) {
            let own = columns[op.angles as usize..][..count as usize]
                .iter()
                .copied();
            let passed = self.needed(op.code).iter().map(|&p| Column::Parameter(p));
            op.angles = angles.len() as u32;
            for column in own.chain(passed) {
                let slot = angles.len() as u32;
                angles.push(0.0);
                match column {
                    Column::Constant(value) => angles[slot as usize] = value,
                    Column::Parameter(p) => symbols.push((slot, Expr::from([Instr::Param(p)]))),
                    Column::Negated(p) => {
                        symbols.push((slot, Expr::from([Instr::Param(p), Instr::Neg])));
                    }
                }
            }
        }
        (program.angles, program.symbols) = (angles, symbols);
    }

    /// The body of a gate over its own parameters and those it needs.
    fn body(&self, gate: &mut GateDef, needed: &[u32], constants: &[Column]) {
        let mut constants = constants.iter();
        let formal = |parameter: u32| {
            let position = needed.partition_point(|&p| p < parameter);
            Instr::Param(gate.n_params + position as u32)
        };
        let mut expr = |expr: &Expr| -> Expr {
            let mut steps = Vec::with_capacity(expr.len());
            for step in expr {
                let column = match step {
                    Instr::Const(_) => constants.next(),
                    _ => None,
                };
                match column {
                    Some(Column::Parameter(p)) => steps.push(formal(*p)),
                    Some(Column::Negated(p)) => steps.extend([formal(*p), Instr::Neg]),
                    _ => steps.push(*step),
                }
            }
            steps.into()
        };
        let op = |op: &BodyOp| {
            let own: Vec<Expr> = op.angles.iter().map(&mut expr).collect();
            let passed = self.needed(op.code).iter();
            let passed = passed.map(|&p| Expr::from([formal(p)]));
            BodyOp {
                angles: own.into_iter().chain(passed).collect(),
                ..op.clone()
            }
        };
        gate.body = gate
            .body
            .as_deref()
            .map(|body| body.iter().map(op).collect());
        gate.n_params += needed.len() as u32;
    }

    fn needed(&self, code: Code) -> &[u32] {
        match code {
            Code::Defined(gate) => &self.needs[gate as usize],
            _ => &[],
        }
    }
}

/// Where the columns are parameters of which `chosen` holds.
fn positions(columns: &[Column], chosen: impl Fn(u32) -> bool) -> Vec<usize> {
    let is_chosen = |&at: &usize| parameter(&columns[at]).is_some_and(&chosen);
    (0..columns.len()).filter(is_chosen).collect()
}

const fn parameter(column: &Column) -> Option<u32> {
    match *column {
        Column::Constant(_) => None,
        Column::Parameter(p) | Column::Negated(p) => Some(p),
    }
}
