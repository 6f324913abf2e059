//! A group of circuits to templates: which of their numbers are parameters.

use std::collections::HashMap;

use super::batch::Template;
use super::columns::{Column, Columns, fold_columns};
use super::lift::Lift;
use crate::qasm2::{Instr, Program};

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

    /// One template; one per set of constants if these differ and cannot be lifted.
    pub(super) fn into_templates(self) -> Vec<Template> {
        let n_constants = self.program.constants().count();
        let width = n_constants + self.program.angles.len();
        let folded = fold_columns(&self.numbers, self.circuits.len(), width);
        let (constants, _) = folded.columns.split_at(n_constants);
        match Lift::plan(&self.program, constants, self.circuits.len()) {
            Some(lift) => vec![self.into_template(&lift, folded, n_constants)],
            None => {
                let parts = self.split(constants, width).into_iter();
                parts.flat_map(Group::into_templates).collect()
            }
        }
    }

    fn into_template(self, lift: &Lift, folded: Columns, n_constants: usize) -> Template {
        let mut program = self.program;
        let (constants, angles) = folded.columns.split_at(n_constants);
        lift.apply(&mut program, constants, angles);
        let names = fresh_names(&program, folded.n_parameters);
        Template {
            program,
            names,
            rows: folded.rows,
            circuits: self.circuits,
        }
    }

    /// The circuits that agree in all constants, together.
    fn split(&self, constants: &[Column], width: usize) -> Vec<Group> {
        let varies = |column: &Column| !matches!(column, Column::Constant(_));
        let varying: Vec<usize> = (0..constants.len())
            .filter(|&at| varies(&constants[at]))
            .collect();
        let mut parts: Vec<Group> = Vec::new();
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        for (row, &circuit) in self.circuits.iter().enumerate() {
            let numbers = &self.numbers[row * width..(row + 1) * width];
            let key = varying.iter().map(|&at| numbers[at].to_bits()).collect();
            let part = *known.entry(key).or_insert_with(|| {
                parts.push(Group::new(with_constants(&self.program, numbers)));
                parts.len() - 1
            });
            parts[part].push(circuit, numbers);
        }
        parts
    }
}

/// The program with other constants: the first of `numbers`.
fn with_constants(program: &Program, numbers: &[f64]) -> Program {
    let mut program = program.clone();
    let bodies = program.gates.iter_mut().flat_map(|gate| &mut gate.body);
    let steps = bodies
        .flatten()
        .flat_map(|op| op.angles.iter_mut().flatten());
    let constants = steps.filter_map(|step| match step {
        Instr::Const(value) => Some(value),
        _ => None,
    });
    for (constant, number) in constants.zip(numbers) {
        *constant = *number;
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
