//! Labelled circuits in, templates × rows out.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use rayon::prelude::*;

use super::columns::Column;
use super::group::{Group, with_numbers};
use super::render::{RenderError, render_bound};
use super::task::factor;
use crate::qasm2::{Code, Instr, Op, Program, QasmError, evaluate, has_meaning, parse};

/// One circuit structure and all the numbers it is run with.
#[derive(Clone, Debug)]
pub struct Template {
    /// The structure; its symbols refer to the parameters by position.
    pub program: Program,
    /// Names of the parameters.
    pub names: Vec<String>,
    /// The parameter rows: row-major, `circuits.len()` × `names.len()`.
    pub rows: Vec<f64>,
    /// For each row, the position of its circuit in the batch.
    pub circuits: Vec<u32>,
    /// The program as it was written, and what became of its constants and angles, where gates of `program`
    /// take parameters that they did not have.
    pub(super) written: Option<(Program, Vec<Column>)>,
}

impl Template {
    /// The parameter values of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&[f64]> {
        let width = self.names.len();
        (row < self.circuits.len()).then(|| &self.rows[row * width..(row + 1) * width])
    }

    /// The text of the program at the parameter values of a row, with numbers in gate bodies where they were.
    ///
    /// # Errors
    /// [`RenderError`] for the first angle that is infinite or not a number there.
    pub fn bound_text(&self, values: &[f64]) -> Result<String, RenderError> {
        let Some((program, columns)) = &self.written else {
            return render_bound(&self.program, values);
        };
        let number = |column: &Column| match *column {
            Column::Constant(value) => value,
            Column::Parameter(index) => values[index as usize],
            Column::Negated(index) => -values[index as usize],
        };
        let numbers: Vec<f64> = columns.iter().map(number).collect();
        render_bound(&with_numbers(program, &numbers), &[])
    }

    /// How many numbers of [`bound_text`](Self::bound_text) differ from row to row, at most.
    #[must_use]
    pub fn n_numbers(&self) -> usize {
        let columns = self
            .written
            .as_ref()
            .map_or(0, |(_, columns)| columns.len());
        columns + self.program.symbols.len()
    }

    /// Names that no angle depends on.
    #[must_use]
    pub fn unused_parameters(&self) -> Vec<&str> {
        let mut used = vec![false; self.names.len()];
        for instr in self.program.symbols.iter().flat_map(|(_, expr)| expr) {
            if let Instr::Param(index) = instr {
                used[*index as usize] = true;
            }
        }
        let names = self.names.iter().zip(used);
        names
            .filter(|(_, used)| !used)
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

/// Where a circuit of a batch went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Index into [`CircuitBatch::templates`].
    pub template: u32,
    /// Row of that template.
    pub row: u32,
}

/// A template as a user gives it: text with named placeholders, and labelled rows.
#[derive(Clone, Copy, Debug)]
pub struct TemplateSource<'a> {
    /// OpenQASM 2 with placeholders.
    pub text: &'a str,
    /// The placeholders.
    pub names: &'a [&'a str],
    /// Values, row-major, one row per label.
    pub rows: &'a [f64],
    /// One label per row.
    pub labels: &'a [&'a str],
}

/// Circuits in submission order, each as a row of a template.
#[derive(Clone, Debug, Default)]
pub struct CircuitBatch {
    /// One label per circuit, all different.
    pub labels: Vec<String>,
    /// The distinct structures, in order of first use.
    pub templates: Vec<Template>,
    /// One place per circuit.
    pub places: Vec<Place>,
}

/// Why a batch could not be built.
#[derive(Clone, Debug)]
pub enum BatchError {
    /// A circuit is not valid OpenQASM 2.
    Qasm {
        /// Position of the circuit (or of the template) in the batch.
        index: usize,
        /// What is wrong with it.
        error: QasmError,
    },
    /// Two circuits have one label.
    DuplicateLabel {
        /// The label.
        label: String,
        /// Its first use.
        first: usize,
        /// Its second use.
        second: usize,
    },
    /// A list has another length than the one it goes with.
    Length {
        /// Which list.
        what: &'static str,
        /// How long it should be.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// A placeholder name that cannot be one.
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A parameter value that is not a finite number.
    NotFinite {
        /// Label of the row.
        label: String,
        /// Name of the parameter.
        name: String,
        /// The value.
        value: f64,
    },
    /// A delay of a template, outside the bodies of gates, that is not a finite number. Other angles are found
    /// out when they are worked out; delays never are, and those in bodies pass.
    Delay {
        /// Label of the row.
        label: String,
        /// What its expression gives there.
        value: f64,
    },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BatchError::Qasm { index, error } => write!(f, "Circuit {index}: {:?}", error.kind),
            BatchError::DuplicateLabel {
                label,
                first,
                second,
            } => write!(
                f,
                "Label '{label}' is used for circuit {first} and again for circuit {second}; \
                 every circuit needs a label of its own."
            ),
            BatchError::Length {
                what,
                expected,
                found,
            } => {
                write!(f, "Expected {expected} {what}, found {found}.")
            }
            BatchError::Name { name, reason } => write!(f, "Parameter name '{name}' {reason}."),
            BatchError::NotFinite { label, name, value } => write!(
                f,
                "Parameter '{name}' of row '{label}' is {value}; every value must be a finite number."
            ),
            BatchError::Delay { label, value } => {
                let gate = "delay".to_owned();
                let error = RenderError {
                    gate,
                    value: *value,
                };
                write!(f, "Circuit '{label}': {error}")
            }
        }
    }
}

impl std::error::Error for BatchError {}

impl CircuitBatch {
    /// Factor bound circuits: one text per label.
    ///
    /// # Errors
    /// [`BatchError::DuplicateLabel`], or [`BatchError::Qasm`] for the first text that is not valid.
    pub fn from_texts<S: AsRef<str> + Sync>(labels: &[S], texts: &[S]) -> Result<Self, BatchError> {
        expect_length("circuits, one per label", labels.len(), texts.len())?;
        unique(labels)?;
        let groups = factor(texts).map_err(|(index, error)| BatchError::Qasm { index, error })?;
        let mut batch = CircuitBatch {
            labels: labels.iter().map(|l| l.as_ref().to_owned()).collect(),
            ..CircuitBatch::default()
        };
        batch.places = vec![
            Place {
                template: 0,
                row: 0
            };
            texts.len()
        ];
        let templates = groups.into_par_iter().flat_map_iter(Group::into_templates);
        batch.templates = templates.collect();
        batch.templates.sort_by_key(|template| template.circuits[0]);
        for (number, template) in batch.templates.iter().enumerate() {
            for (row, &circuit) in template.circuits.iter().enumerate() {
                batch.places[circuit as usize] = Place {
                    template: number as u32,
                    row: row as u32,
                };
            }
        }
        Ok(batch)
    }

    /// A batch of templates with named placeholders; circuits are their rows, source by source. Sources with
    /// the same text and placeholders are one template.
    ///
    /// # Errors
    /// Any [`BatchError`].
    pub fn from_templates(sources: &[TemplateSource<'_>]) -> Result<Self, BatchError> {
        let mut batch = CircuitBatch::default();
        let mut known = HashMap::new();
        for (index, source) in sources.iter().enumerate() {
            check_names(source.names)?;
            check_rows(source)?;
            let template = match known.entry((source.text, source.names)) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    let template =
                        without_rows(source).map_err(|error| BatchError::Qasm { index, error })?;
                    batch.templates.push(template);
                    *entry.insert(batch.templates.len() - 1)
                }
            };
            check_delays(&batch.templates[template].program, source)?;
            batch.append(template, source);
        }
        unique(&batch.labels)?;
        Ok(batch)
    }

    /// Add the rows of a source to its template.
    fn append(&mut self, number: usize, source: &TemplateSource<'_>) {
        let template = &mut self.templates[number];
        let circuit = self.labels.len() as u32;
        let first = template.circuits.len() as u32;
        let n_rows = source.labels.len() as u32;
        template.rows.extend_from_slice(source.rows);
        template.circuits.extend(circuit..circuit + n_rows);
        self.places.extend((first..first + n_rows).map(|row| Place {
            template: number as u32,
            row,
        }));
        self.labels
            .extend(source.labels.iter().map(|&label| label.to_owned()));
    }
}

fn without_rows(source: &TemplateSource<'_>) -> Result<Template, QasmError> {
    Ok(Template {
        program: parse(source.text, source.names)?,
        names: source.names.iter().map(|&n| n.to_owned()).collect(),
        rows: Vec::new(),
        circuits: Vec::new(),
        written: None,
    })
}

fn expect_length(what: &'static str, expected: usize, found: usize) -> Result<(), BatchError> {
    if expected == found {
        return Ok(());
    }
    Err(BatchError::Length {
        what,
        expected,
        found,
    })
}

fn unique<S: AsRef<str>>(labels: &[S]) -> Result<(), BatchError> {
    let mut seen = HashSet::with_capacity(labels.len());
    let Some(second) = labels.iter().position(|label| !seen.insert(label.as_ref())) else {
        return Ok(());
    };
    let label = labels[second].as_ref();
    let first = labels.iter().position(|l| l.as_ref() == label).unwrap_or(0);
    Err(BatchError::DuplicateLabel {
        label: label.to_owned(),
        first,
        second,
    })
}

fn check_names(names: &[&str]) -> Result<(), BatchError> {
    let error = |name: &str, reason| BatchError::Name {
        name: name.to_owned(),
        reason,
    };
    let mut seen = HashSet::new();
    for name in names {
        if name.is_empty() {
            return Err(error(name, "is empty"));
        }
        if name.chars().any(char::is_whitespace) {
            return Err(error(name, "contains white space"));
        }
        if name.as_bytes()[0].is_ascii_digit() {
            return Err(error(name, "starts with a digit"));
        }
        if has_meaning(name) {
            return Err(error(
                name,
                "has a meaning of its own in OpenQASM: rename it",
            ));
        }
        if !seen.insert(name) {
            return Err(error(name, "is given twice"));
        }
    }
    // `theta-1` beside `theta`: nobody could tell which of them a template means.
    let operators = ['+', '-', '*', '/', '^', '(', ')', ','];
    match names.iter().find(|name| {
        let mut parts = name.split(operators);
        name.contains(operators) && parts.any(|part| seen.contains(&part))
    }) {
        None => Ok(()),
        Some(name) => Err(error(
            name,
            "reads as an expression of another parameter: rename one",
        )),
    }
}

fn check_rows(source: &TemplateSource<'_>) -> Result<(), BatchError> {
    let width = source.names.len();
    let expected = source.labels.len() * width;
    expect_length("parameter values", expected, source.rows.len())?;
    match source.rows.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => Err(BatchError::NotFinite {
            label: source.labels[at / width].to_owned(),
            name: source.names[at % width].to_owned(),
            value: source.rows[at],
        }),
    }
}

fn check_delays(program: &Program, source: &TemplateSource<'_>) -> Result<(), BatchError> {
    let width = source.names.len();
    let is_delay = |op: &&Op| matches!(op.code, Code::Defined(gate) if program.gates[gate as usize].is_delay());
    if !program.has_delays() || width == 0 {
        return Ok(());
    }
    for op in program.ops.iter().filter(is_delay) {
        let symbol = program
            .symbols
            .binary_search_by_key(&op.angles, |(at, _)| *at);
        let Ok(symbol) = symbol else { continue };
        let expr = &program.symbols[symbol].1;
        let rows = source.rows.chunks_exact(width).zip(source.labels);
        for (value, label) in rows.map(|(row, label)| (evaluate(expr, row), label)) {
            if !value.is_finite() {
                return Err(BatchError::Delay {
                    label: (*label).to_owned(),
                    value,
                });
            }
        }
    }
    Ok(())
}
