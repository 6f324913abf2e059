//! A group of circuits to templates: which of their numbers are parameters.

use std::collections::HashMap;

use super::batch::Template;
use super::columns::{Columns, fold_columns};
use super::lift::Lift;
use crate::native::spread_steps;
use crate::qasm2::{Instr, Program};

/// Longest a template's angles may be with all gate definitions spread out, well below what lowering takes.
/// Numbers that are worked out on the way in a circuit alone stay expressions in a template: longer ones are
/// left to circuits alone.
const MAX_STEPS: u64 = 1 << 22;

/// All circuits of one structure.
pub(super) struct Group {
    /// The program of the first.
    pub(super) program: Program,
    /// Their positions in the batch.
    pub(super) circuits: Vec<u32>,
    /// The numbers of each: the constants of its program, then the angles.
    pub(super) numbers: Vec<f64>,
}

impl Group {
    pub(super) fn new(program: Program) -> Group {
        Group {
            program,
            circuits: Vec::new(),
            numbers: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, circuit: u32, numbers: &[f64]) {
        self.circuits.push(circuit);
        self.numbers.extend_from_slice(numbers);
    }

    /// One template; more if numbers differ that cannot be parameters.
    pub(super) fn into_templates(self) -> Vec<Template> {
        let n_constants = self.program.constants().count();
        let width = n_constants + self.program.angles.len();
        let folded = fold_columns(&self.numbers, self.circuits.len(), width);
        let (constants, angles) = folded.columns.split_at(n_constants);
        let split = match Lift::plan(&self.program, constants, angles, self.circuits.len()) {
            Ok(lift) => {
                let mut program = self.program.clone();
                lift.apply(&mut program, constants, angles);
                if folded.n_parameters == 0 || spread_steps(&program) <= MAX_STEPS {
                    return vec![self.into_template(program, folded, lift.changes_gates())];
                }
                (0..width).collect()
            }
            Err(lost) => lost,
        };
        let parts = self.split(&split, width).into_iter();
        parts.flat_map(Group::into_templates).collect()
    }

    fn into_template(self, program: Program, folded: Columns, lifted: bool) -> Template {
        Template {
            names: fresh_names(&program, folded.n_parameters),
            written: lifted.then_some((self.program, folded.columns)),
            program,
            rows: folded.rows,
            circuits: self.circuits,
        }
    }

    /// The circuits that agree in the numbers at these positions, together.
    fn split(&self, positions: &[usize], width: usize) -> Vec<Group> {
        let mut parts: Vec<Group> = Vec::new();
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        for (row, &circuit) in self.circuits.iter().enumerate() {
            let numbers = &self.numbers[row * width..(row + 1) * width];
            let key = positions.iter().map(|&at| numbers[at].to_bits()).collect();
            let part = *known.entry(key).or_insert_with(|| {
                parts.push(Group::new(with_numbers(&self.program, numbers)));
                parts.len() - 1
            });
            parts[part].push(circuit, numbers);
        }
        parts
    }
}

/// The program with other numbers: its constants, then its angles.
pub(super) fn with_numbers(program: &Program, numbers: &[f64]) -> Program {
    let mut program = program.clone();
    let bodies = program.gates.iter_mut().flat_map(|gate| &mut gate.body);
    let steps = bodies
        .flatten()
        .flat_map(|op| op.angles.iter_mut().flatten());
    let constants = steps.filter_map(|step| match step {
        Instr::Const(value) => Some(value),
        _ => None,
    });
    let places = constants.chain(&mut program.angles);
    for (place, number) in places.zip(numbers) {
        *place = *number;
    }
    program
}

/// `theta_0`, `theta_1`, …, with a prefix that is part of no name in the program.
fn fresh_names(program: &Program, count: usize) -> Vec<String> {
    let registers = program.qregs.iter().chain(&program.cregs).map(|r| &*r.name);
    let used: Vec<&str> = registers
        .chain(program.gates.iter().map(|g| &*g.name))
        .collect();
    let mut prefix = String::from("theta");
    while used.iter().any(|name| name.starts_with(&prefix)) {
        prefix.push('_');
    }
    (0..count)
        .map(|index| format!("{prefix}_{index}"))
        .collect()
}
