//! Which words are evaluated together, on which circuits.
//!
//! Words whose cones are the same circuit with the same angles are evaluated once. The others are put together
//! greedily, as long as one larger circuit is cheaper than two.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::canonical::Cut;
use super::cost::Effort;
use super::walk::{Cone, Cones};
use crate::native::{NativeGate, NativeProgram, hash_angle};

/// Words × gates below which the caller's thread does all the work.
const PARALLEL: usize = 1 << 15;

/// A circuit with the words to evaluate on it.
#[derive(Clone, Debug)]
pub struct ConeTask {
    /// The circuit.
    pub program: NativeProgram,
    /// The words, one letter per qubit of the circuit.
    pub words: Vec<String>,
    /// The places in the full circuit where it occurs.
    pub members: Vec<Member>,
    /// For Jacobians, whether the parameter shift is cheaper than a backward sweep for every word.
    pub shift: bool,
}

/// One occurrence of a [`ConeTask`]'s circuit.
#[derive(Clone, Debug)]
pub struct Member {
    /// For each slot of the circuit, the slot of the full circuit.
    pub slots: Vec<u32>,
    /// For each word of the task, the words of the full circuit that have its value.
    pub targets: Vec<Vec<u32>>,
}

/// What [`plan`] decides.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The circuits to evaluate.
    pub tasks: Vec<ConeTask>,
    /// Words whose cones are wider than allowed.
    pub wide: Vec<u32>,
}

/// Plan the evaluation of `words` (one letter per qubit) on a unitary program, with no circuit wider than
/// `max_qubits`.
#[must_use]
pub fn plan<W: AsRef<[u8]> + Sync>(
    program: &NativeProgram,
    words: &[W],
    max_qubits: u32,
    effort: Effort,
) -> Plan {
    let cones = Cones::of(program);
    let (groups, wide) = distinct(&cones, words, max_qubits);
    let groups = cheapest(&cones, groups, words, max_qubits, effort);
    Plan {
        tasks: tasks(&cones, groups, effort),
        wide,
    }
}

/// A group for each word with a circuit of its own, and the words whose cones are too wide.
fn distinct<W: AsRef<[u8]> + Sync>(
    cones: &Cones<'_>,
    words: &[W],
    max_qubits: u32,
) -> (Vec<Group>, Vec<u32>) {
    let cone = |word: &W| cones.cone(word.as_ref());
    let found: Vec<Cone> = if words.len() * cones.program().ops.len() < PARALLEL {
        words.iter().map(cone).collect()
    } else {
        words.par_iter().map(cone).collect()
    };
    let mut wide = Vec::new();
    let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for (index, (word, cone)) in words.iter().zip(found).enumerate() {
        if cone.qubits.len() as u32 > max_qubits {
            wide.push(index as u32);
            continue;
        }
        let cut = cones.cut(&cone, word.as_ref());
        let letters = cut.letters(word.as_ref());
        let known = known
            .entry(fingerprint(&cut.program, &letters))
            .or_default();
        let same = known
            .iter()
            .find(|&&g| groups[g].is_same(&cut.program, &letters));
        match same {
            Some(&group) => groups[group].targets[0].push(index as u32),
            None => {
                known.push(groups.len());
                groups.push(Group {
                    cone,
                    cut,
                    words: vec![index as u32],
                    letters: vec![letters],
                    targets: vec![vec![index as u32]],
                });
            }
        }
    }
    (groups, wide)
}

/// Groups put together in the cheapest way found.
fn cheapest<W: AsRef<[u8]>>(
    cones: &Cones<'_>,
    groups: Vec<Group>,
    words: &[W],
    max_qubits: u32,
    effort: Effort,
) -> Vec<Group> {
    if effort != Effort::Jacobian {
        return merge(cones, groups, words, max_qubits, effort);
    }
    // Step by step, words with other cones never join a backward sweep; at shifted angles all may.
    let shifted = merge(cones, groups.clone(), words, max_qubits, Effort::Shift);
    let swept = merge(cones, groups, words, max_qubits, effort);
    let total = |groups: &[Group]| -> f64 {
        let costs = groups.iter().map(|group| group.cost(cones, effort).0);
        costs.sum()
    };
    if total(&shifted) < total(&swept) {
        shifted
    } else {
        swept
    }
}

/// Words evaluated on one circuit.
#[derive(Clone)]
struct Group {
    cone: Cone,
    cut: Cut,
    /// One word of the full circuit for each entry of `letters`.
    words: Vec<u32>,
    letters: Vec<String>,
    targets: Vec<Vec<u32>>,
}

impl Group {
    fn is_same(&self, program: &NativeProgram, letters: &str) -> bool {
        self.letters[0] == letters && self.cut.program == *program
    }

    fn cost(&self, cones: &Cones<'_>, effort: Effort) -> (f64, bool) {
        effort.cost(cones, &self.cone, self.words.len())
    }
}

/// Put groups together as long as that is cheaper, each into the best one before it.
fn merge<W: AsRef<[u8]>>(
    cones: &Cones<'_>,
    mut groups: Vec<Group>,
    words: &[W],
    max_qubits: u32,
    effort: Effort,
) -> Vec<Group> {
    groups.sort_by_key(|group| (std::cmp::Reverse(group.cone.qubits.len()), group.words[0]));
    let mut merged: Vec<Group> = Vec::new();
    for group in groups {
        let (own, _) = group.cost(cones, effort);
        let saving = |into: &Group| -> Option<(f64, Cone)> {
            let union = cones.union(&into.cone, &group.cone);
            if union.qubits.len() as u32 > max_qubits {
                return None;
            }
            let (together, _) = effort.cost(cones, &union, into.words.len() + group.words.len());
            Some((into.cost(cones, effort).0 + own - together, union))
        };
        let best = merged
            .iter()
            .enumerate()
            .filter_map(|(index, into)| saving(into).map(|(saved, union)| (saved, index, union)))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((saved, index, union)) if saved > 0.0 => {
                let into = &mut merged[index];
                into.cone = union;
                into.words.extend(group.words);
                into.targets.extend(group.targets);
            }
            _ => merged.push(group),
        }
    }
    for group in &mut merged {
        if group.words.len() > 1 {
            let first = words[group.words[0] as usize].as_ref();
            group.cut = cones.cut(&group.cone, first);
            let letters = |&word: &u32| group.cut.letters(words[word as usize].as_ref());
            group.letters = group.words.iter().map(letters).collect();
        }
    }
    merged
}

/// Groups with one circuit but for the angles become members of one task.
fn tasks(cones: &Cones<'_>, groups: Vec<Group>, effort: Effort) -> Vec<ConeTask> {
    let mut tasks: Vec<ConeTask> = Vec::new();
    let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
    for group in groups {
        let (_, shift) = group.cost(cones, effort);
        let candidates = known
            .entry(shape_hash(&group.cut.program, &group.letters))
            .or_default();
        let member = Member {
            slots: group.cut.slots,
            targets: group.targets,
        };
        let same = candidates.iter().find(|&&task| {
            let task: &ConeTask = &tasks[task];
            task.words == group.letters && same_shape(&task.program, &group.cut.program)
        });
        match same {
            Some(&task) => tasks[task].members.push(member),
            None => {
                candidates.push(tasks.len());
                tasks.push(ConeTask {
                    program: group.cut.program,
                    words: group.letters,
                    members: vec![member],
                    shift,
                });
            }
        }
    }
    tasks
}

fn same_shape(a: &NativeProgram, b: &NativeProgram) -> bool {
    a.n_qubits == b.n_qubits && a.operands == b.operands && gates(a).eq(gates(b))
}

fn gates(program: &NativeProgram) -> impl Iterator<Item = NativeGate> {
    program.ops.iter().map(|op| op.gate)
}

fn shape_hash(program: &NativeProgram, words: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    program.operands.hash(&mut hasher);
    gates(program).for_each(|gate| gate.hash(&mut hasher));
    words.hash(&mut hasher);
    hasher.finish()
}

/// As [`shape_hash`], of angles as well.
fn fingerprint(program: &NativeProgram, word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    shape_hash(program, &[word.to_owned()]).hash(&mut hasher);
    for slot in &program.slots {
        hash_angle(slot, &mut hasher);
    }
    hasher.finish()
}
