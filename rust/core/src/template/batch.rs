//! Labelled circuits in, templates × rows out.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::BuildHasherDefault;

use rayon::prelude::*;

use super::columns::{Column, fold_columns};
use super::follow::Track;
use super::structure::{same_structure, structure_hash};
use crate::qasm2::{Instr, Program, QasmError, parse, parse_with_spans};

/// How many texts one task factors on its own before the results are merged.
const TASK: usize = 128;
/// How many different structures a task keeps to read further texts along.
const TRACKS: usize = 4;

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
}

impl Template {
    /// The parameter values of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&[f64]> {
        let width = self.names.len();
        (row < self.circuits.len()).then(|| &self.rows[row * width..(row + 1) * width])
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
        let tasks: Vec<Task> = texts.par_chunks(TASK).map(Task::run).collect();
        if let Some((index, error)) = first_error(&tasks) {
            return Err(BatchError::Qasm { index, error });
        }
        let mut batch = CircuitBatch {
            labels: labels.iter().map(|l| l.as_ref().to_owned()).collect(),
            ..CircuitBatch::default()
        };
        let groups = merge(tasks);
        batch.places = vec![
            Place {
                template: 0,
                row: 0
            };
            texts.len()
        ];
        for (number, group) in groups.iter().enumerate() {
            for (row, &circuit) in group.circuits.iter().enumerate() {
                batch.places[circuit as usize] = Place {
                    template: number as u32,
                    row: row as u32,
                };
            }
        }
        batch.templates = groups.into_par_iter().map(Group::into_template).collect();
        Ok(batch)
    }

    /// A batch of templates with named placeholders; circuits are their rows, template by template.
    ///
    /// # Errors
    /// Any [`BatchError`].
    pub fn from_templates(sources: &[TemplateSource<'_>]) -> Result<Self, BatchError> {
        let mut batch = CircuitBatch::default();
        for (index, source) in sources.iter().enumerate() {
            check_names(source.names)?;
            check_rows(source)?;
            let program = parse(source.text, source.names)
                .map_err(|error| BatchError::Qasm { index, error })?;
            let first = batch.labels.len() as u32;
            let n_rows = source.labels.len() as u32;
            batch
                .labels
                .extend(source.labels.iter().map(|&l| l.to_owned()));
            batch.places.extend((0..n_rows).map(|row| Place {
                template: index as u32,
                row,
            }));
            batch.templates.push(Template {
                program,
                names: source.names.iter().map(|&n| n.to_owned()).collect(),
                rows: source.rows.to_vec(),
                circuits: (first..first + n_rows).collect(),
            });
        }
        unique(&batch.labels)?;
        Ok(batch)
    }
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
        if !seen.insert(name) {
            return Err(error(name, "is given twice"));
        }
    }
    Ok(())
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

/// A text parsed in full, that further ones may be read along.
struct Known<'t> {
    /// Its structure.
    number: u32,
    /// Where its angles start in [`Task::angles`].
    angles: usize,
    track: Track<'t>,
}

/// What one task found in its run of texts.
struct Task {
    /// The distinct structures, in order of first use.
    programs: Vec<Program>,
    /// Per text: its structure, and where its angles start in `angles`.
    texts: Vec<(u32, usize)>,
    angles: Vec<f64>,
    error: Option<(usize, QasmError)>,
}

impl Task {
    fn run<S: AsRef<str>>(texts: &[S]) -> Task {
        let mut task = Task {
            programs: Vec::new(),
            texts: Vec::with_capacity(texts.len()),
            angles: Vec::new(),
            error: None,
        };
        let mut tracks: Vec<Known<'_>> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            if task.follow(&mut tracks, text.as_ref()) {
                continue;
            }
            match parse_with_spans(text.as_ref(), &[]) {
                Ok((program, spans)) => {
                    let angles = task.angles.len();
                    let number = task.add(program);
                    let track = Track::new(text.as_ref(), spans);
                    tracks.insert(
                        0,
                        Known {
                            number,
                            angles,
                            track,
                        },
                    );
                    tracks.truncate(TRACKS);
                }
                Err(error) => {
                    task.error = Some((index, error));
                    break;
                }
            }
        }
        task
    }

    /// Take the text along one of the tracks, the last used first.
    fn follow(&mut self, tracks: &mut [Known<'_>], text: &str) -> bool {
        let start = self.angles.len();
        for at in 0..tracks.len() {
            let Known {
                number,
                angles,
                track,
            } = &tracks[at];
            // Angles that are no plain numbers keep the values of the text that made the track.
            let count = self.programs[*number as usize].angles.len();
            self.angles.extend_from_within(*angles..angles + count);
            if track.follow(text, &mut self.angles[start..]) {
                self.texts.push((*number, start));
                tracks[..=at].rotate_right(1);
                return true;
            }
            self.angles.truncate(start);
        }
        false
    }

    /// Note a text that was parsed in full.
    fn add(&mut self, program: Program) -> u32 {
        let start = self.angles.len();
        self.angles.extend_from_slice(&program.angles);
        // Newest first: texts of one kind tend to stand together. A miss only costs a merge later.
        let recent = self.programs.iter().rev().take(TRACKS);
        let known = recent.zip(1..).find(|(p, _)| same_structure(p, &program));
        let number = match known {
            Some((_, back)) => self.programs.len() - back,
            None => {
                self.programs.push(program);
                self.programs.len() - 1
            }
        } as u32;
        self.texts.push((number, start));
        number
    }
}

fn first_error(tasks: &[Task]) -> Option<(usize, QasmError)> {
    let (number, task) = tasks.iter().enumerate().find(|(_, t)| t.error.is_some())?;
    task.error
        .clone()
        .map(|(index, error)| (number * TASK + index, error))
}

/// All circuits of one structure.
struct Group {
    program: Program,
    circuits: Vec<u32>,
    angles: Vec<f64>,
}

fn merge(tasks: Vec<Task>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_hash: HashMap<u64, Vec<usize>, BuildHasherDefault<PassThrough>> = HashMap::default();
    for (task_number, task) in tasks.into_iter().enumerate() {
        let numbers: Vec<usize> = task
            .programs
            .into_iter()
            .map(|program| {
                let candidates = by_hash.entry(structure_hash(&program)).or_default();
                let known = candidates
                    .iter()
                    .find(|&&g| same_structure(&groups[g].program, &program));
                known.copied().unwrap_or_else(|| {
                    candidates.push(groups.len());
                    groups.push(Group {
                        program,
                        circuits: Vec::new(),
                        angles: Vec::new(),
                    });
                    groups.len() - 1
                })
            })
            .collect();
        for (index, (program, start)) in task.texts.into_iter().enumerate() {
            let group = &mut groups[numbers[program as usize]];
            let count = group.program.angles.len();
            group.circuits.push((task_number * TASK + index) as u32);
            group
                .angles
                .extend_from_slice(&task.angles[start..start + count]);
        }
    }
    groups
}

/// The keys are hashes already.
#[derive(Default)]
struct PassThrough(u64);

impl std::hash::Hasher for PassThrough {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

impl Group {
    fn into_template(self) -> Template {
        let Group {
            mut program,
            circuits,
            angles,
        } = self;
        let folded = fold_columns(&angles, circuits.len(), program.angles.len());
        for (slot, column) in folded.columns.iter().enumerate() {
            let symbol: Box<[Instr]> = match *column {
                Column::Constant(value) => {
                    program.angles[slot] = value;
                    continue;
                }
                Column::Parameter(index) => Box::new([Instr::Param(index)]),
                Column::Negated(index) => Box::new([Instr::Param(index), Instr::Neg]),
            };
            program.angles[slot] = 0.0;
            program.symbols.push((slot as u32, symbol));
        }
        let names = fresh_names(&program, folded.n_parameters);
        Template {
            program,
            names,
            rows: folded.rows,
            circuits,
        }
    }
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
