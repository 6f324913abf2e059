//! How long the angles of a program become when its gate definitions are spread out, found without spreading
//! them: a few gates that call one another twice reach any length.

use crate::qasm2::{BodyOp, Code, Expr, GateDef, Instr, Program};

/// What a call of a gate adds. All sums saturate.
struct Extent {
    /// Postfix steps of all angles when the arguments are numbers, which every expression becomes at once.
    bound: u64,
    /// Postfix steps when they are expressions: these, and ...
    fixed: u64,
    /// ... for each parameter, so many times the length of its argument.
    weights: Vec<u64>,
}

/// Postfix steps of all angles of `program`, spread out; saturates, and is never too small.
#[must_use]
pub fn spread_steps(program: &Program) -> u64 {
    let mut gates: Vec<Extent> = Vec::with_capacity(program.gates.len());
    for gate in &program.gates {
        let extent = Extent::of(gate, &gates);
        gates.push(extent);
    }
    let mut symbols = program.symbols.iter().peekable();
    let mut steps = 0_u64;
    for op in &program.ops {
        let Code::Defined(gate) = op.code else {
            continue;
        };
        let gate = &gates[gate as usize];
        let slots = op.angles..op.angles + gate.weights.len() as u32;
        let (mut lengths, mut symbolic) = (gate.fixed, false);
        while symbols.next_if(|(slot, _)| *slot < slots.start).is_some() {}
        for (slot, weight) in slots.zip(&gate.weights) {
            let expr = symbols.next_if(|(at, _)| *at == slot);
            symbolic |= expr.is_some();
            let length = expr.map_or(1, |(_, expr)| expr.len() as u64);
            lengths = lengths.saturating_add(weight.saturating_mul(length));
        }
        steps = steps.saturating_add(if symbolic { lengths } else { gate.bound });
    }
    steps
}

impl Extent {
    fn of(gate: &GateDef, earlier: &[Extent]) -> Extent {
        let mut extent = Extent {
            bound: 0,
            fixed: 0,
            weights: vec![0; gate.n_params as usize],
        };
        for op in gate.body.iter().flatten() {
            extent.add(op, earlier);
        }
        extent
    }

    fn add(&mut self, op: &BodyOp, earlier: &[Extent]) {
        let called = match op.code {
            Code::Defined(gate) => Some(&earlier[gate as usize]),
            _ => None,
        };
        if let Some(called) = called {
            self.bound = self.bound.saturating_add(called.bound);
            self.fixed = self.fixed.saturating_add(called.fixed);
        }
        for (position, expr) in op.angles.iter().enumerate() {
            let inside = called.map_or(0, |called| called.weights[position]);
            self.bound = self.bound.saturating_add(expr.len() as u64);
            self.expression(expr, inside.saturating_add(1));
        }
    }

    /// An expression that stands in so many places.
    fn expression(&mut self, expr: &Expr, times: u64) {
        for step in expr {
            let count = match *step {
                Instr::Param(parameter) => &mut self.weights[parameter as usize],
                _ => &mut self.fixed,
            };
            *count = count.saturating_add(times);
        }
    }
}
