//! Numbers in gate bodies that differ from circuit to circuit, as parameters of the gates.
//!
//! A template has one body per gate, so a number that differs has to come from outside: the gate gets a
//! parameter more for each parameter of the template that its body depends on, itself or through the gates
//! it calls, and every call passes it on. `gate g a { rx(0.1) a; } g q[0];` with other numbers for `0.1`
//! becomes `gate g(p0) a { rx(p0) a; } g(theta_0) q[0];`. Numbers that are the same in all circuits stay
//! where they are, so that programs without others are not changed at all.

use super::columns::Column;
use crate::qasm2::{BodyOp, Code, Expr, GateDef, Instr, Program};

/// Arguments that may be added per circuit of the group and part of its program. They are worth it as long
/// as they do not outweigh the texts they stand for; numbers × calls may.
const GROWTH: usize = 16;
/// Arguments that may be added to the program with all bodies spread out, well below what
/// [`NativeProgram::lower`](crate::native::NativeProgram::lower) takes.
const MAX_SPREAD: usize = 1 << 22;

/// What each gate of a program needs from outside.
pub(super) struct Lift {
    /// Per gate: parameters of the template, ascending, that become parameters of the gate after its own.
    needs: Vec<Vec<u32>>,
    /// Per gate: how many arguments that adds to its body, spread out.
    spreads: Vec<usize>,
    /// How many more arguments may be added.
    budget: usize,
}

impl Lift {
    /// How to make parameters of those `constants` of the program that are not [`Column::Constant`]; `None`
    /// if that is not worth it for `n_circuits`, or would lose numbers because nothing calls the gate.
    pub(super) fn plan(
        program: &Program,
        mut constants: &[Column],
        n_circuits: usize,
    ) -> Option<Lift> {
        let size = program.ops.len() + program.operands.len() + constants.len();
        let mut lift = Lift {
            needs: Vec::with_capacity(program.gates.len()),
            spreads: Vec::with_capacity(program.gates.len()),
            budget: size.saturating_mul(GROWTH).saturating_mul(n_circuits),
        };
        for gate in &program.gates {
            let own = constants.split_off(..gate.constants().count())?;
            let mut needed: Vec<u32> = own.iter().filter_map(parameter).collect();
            let mut spread = 0;
            for op in gate.body.iter().flatten() {
                spread = lift.call(op.code, spread)?;
                needed.extend_from_slice(lift.needed(op.code));
            }
            needed.sort_unstable();
            needed.dedup();
            lift.needs.push(needed);
            lift.spreads.push(spread);
        }
        let mut spread = 0;
        for op in &program.ops {
            spread = lift.call(op.code, spread)?;
        }
        lift.all_called(program).then_some(lift)
    }

    /// Take the arguments of a call from the budget, and add them, spread out, to those before.
    fn call(&mut self, code: Code, before: usize) -> Option<usize> {
        let Code::Defined(gate) = code else {
            return Some(before);
        };
        let passed = self.needs[gate as usize].len();
        self.budget = self.budget.checked_sub(passed)?;
        let spread = before + passed + self.spreads[gate as usize];
        (spread <= MAX_SPREAD).then_some(spread)
    }

    /// Whether the main program reaches every gate that needs something.
    fn all_called(&self, program: &Program) -> bool {
        let mut called = vec![false; program.gates.len()];
        let call = |called: &mut Vec<bool>, code| {
            if let Code::Defined(gate) = code {
                called[gate as usize] = true;
            }
        };
        program.ops.iter().for_each(|op| call(&mut called, op.code));
        for (index, gate) in program.gates.iter().enumerate().rev() {
            if called[index] {
                let body = gate.body.iter().flatten();
                body.for_each(|op| call(&mut called, op.code));
            } else if !self.needs[index].is_empty() {
                return false;
            }
        }
        true
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

const fn parameter(column: &Column) -> Option<u32> {
    match *column {
        Column::Constant(_) => None,
        Column::Parameter(p) | Column::Negated(p) => Some(p),
    }
}
