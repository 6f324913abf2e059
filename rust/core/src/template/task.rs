//! Texts to groups of one structure, on all cores.
//!
//! Tasks take runs of texts, and what they found is merged in order. Where the runs are cut depends on the
//! number of threads; the outcome does not.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use rayon::prelude::*;

use super::follow::Track;
use super::group::Group;
use super::structure::{same_structure, structure_hash};
use crate::qasm2::{Program, QasmError, parse_with_spans};

/// Most texts one task factors on its own before the results are merged.
const MAX_TEXTS: usize = 128;
/// Bytes of text that are worth a task: its first text is parsed in full, and merging costs as well.
const WORTHWHILE: usize = 64 * 1024;
/// Tasks per thread, so that no thread waits long for the last task.
const TASKS_PER_THREAD: usize = 2;
/// How many different structures a task keeps to read further texts along.
const TRACKS: usize = 4;

/// The groups of `texts` in order of first use, or the first text that is not valid and what is wrong.
pub(super) fn factor<S: AsRef<str> + Sync>(texts: &[S]) -> Result<Vec<Group>, (usize, QasmError)> {
    let n_bytes = texts.iter().map(|text| text.as_ref().len()).sum();
    let size = task_size(texts.len(), n_bytes, rayon::current_num_threads());
    let runs = texts.par_chunks(size).enumerate();
    let mut tasks: Vec<Task> = runs
        .map(|(number, texts)| Task::run(number * size, texts))
        .collect();
    match tasks.iter_mut().find_map(|task| task.error.take()) {
        Some(error) => Err(error),
        None => Ok(merge(tasks)),
    }
}

/// How many texts a task gets: no more than it takes to keep all threads busy, unless the texts are short.
fn task_size(n_texts: usize, n_bytes: usize, n_threads: usize) -> usize {
    let fair = n_texts.div_ceil(n_threads * TASKS_PER_THREAD);
    let worthwhile = WORTHWHILE.div_ceil((n_bytes / n_texts.max(1)).max(1));
    fair.max(worthwhile).clamp(1, MAX_TEXTS)
}

/// A text parsed in full, that further ones may be read along.
struct Known<'t> {
    /// Its structure.
    number: u32,
    /// Where its numbers are in [`Task::numbers`].
    numbers: Range<usize>,
    track: Track<'t>,
}

/// What one task found in its run of texts.
struct Task {
    /// Position of the first text in the batch.
    first: usize,
    /// Hashes of `programs`, worked out here because merging is one thread's work.
    hashes: Vec<u64>,
    /// The distinct structures, in order of first use.
    programs: Vec<Program>,
    /// Per text: its structure, and where its numbers are in `numbers`.
    texts: Vec<(u32, Range<usize>)>,
    /// Of each text, the constants of its program and then the angles.
    numbers: Vec<f64>,
    error: Option<(usize, QasmError)>,
}

impl Task {
    fn run<S: AsRef<str>>(first: usize, texts: &[S]) -> Task {
        let mut task = Task {
            first,
            hashes: Vec::new(),
            programs: Vec::new(),
            texts: Vec::with_capacity(texts.len()),
            numbers: Vec::new(),
            error: None,
        };
        let mut tracks: Vec<Known<'_>> = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            if task.follow(&mut tracks, text.as_ref()) {
                continue;
            }
            match parse_with_spans(text.as_ref(), &[]) {
                Ok((program, spans)) => {
                    let (number, numbers) = task.add(program);
                    let track = Track::new(text.as_ref(), spans);
                    tracks.insert(
                        0,
                        Known {
                            number,
                            numbers,
                            track,
                        },
                    );
                    tracks.truncate(TRACKS);
                }
                Err(error) => {
                    task.error = Some((first + index, error));
                    break;
                }
            }
        }
        task.hashes = task.programs.iter().map(structure_hash).collect();
        task
    }

    /// Take the text along one of the tracks, the last used first.
    fn follow(&mut self, tracks: &mut [Known<'_>], text: &str) -> bool {
        let start = self.numbers.len();
        for at in 0..tracks.len() {
            let known = &tracks[at];
            // What is no plain number keeps the value it has in the text that made the track.
            self.numbers.extend_from_within(known.numbers.clone());
            if known.track.follow(text, &mut self.numbers[start..]) {
                self.texts.push((known.number, start..self.numbers.len()));
                tracks[..=at].rotate_right(1);
                return true;
            }
            self.numbers.truncate(start);
        }
        false
    }

    /// Note a text that was parsed in full.
    fn add(&mut self, program: Program) -> (u32, Range<usize>) {
        let start = self.numbers.len();
        self.numbers.extend(program.constants());
        self.numbers.extend_from_slice(&program.angles);
        let numbers = start..self.numbers.len();
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
        self.texts.push((number, numbers.clone()));
        (number, numbers)
    }
}

fn merge(tasks: Vec<Task>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_hash: HashMap<u64, Vec<usize>, BuildHasherDefault<PassThrough>> = HashMap::default();
    for task in tasks {
        let known: Vec<usize> = task
            .programs
            .into_iter()
            .zip(task.hashes)
            .map(|(program, hash)| {
                let candidates = by_hash.entry(hash).or_default();
                let known = candidates
                    .iter()
                    .find(|&&g| same_structure(&groups[g].program, &program));
                known.copied().unwrap_or_else(|| {
                    candidates.push(groups.len());
                    groups.push(Group::new(program));
                    groups.len() - 1
                })
            })
            .collect();
        for (index, (program, range)) in task.texts.into_iter().enumerate() {
            let circuit = (task.first + index) as u32;
            groups[known[program as usize]].push(circuit, &task.numbers[range]);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_worth_it_and_share_the_work() {
        let table = [
            ("nothing", 0, 0, 8, 128),
            ("few short texts are one task", 100, 100 * 100, 8, 128),
            ("few long texts are spread", 100, 100 * 100_000, 8, 7),
            ("middling ones too", 100, 100 * 4096, 8, 16),
            (
                "many are cut into tasks of bounded size",
                100_000,
                100_000 * 4096,
                8,
                128,
            ),
            ("as many texts as threads", 8, 8 * 1_000_000, 8, 1),
        ];
        for (name, n_texts, n_bytes, n_threads, expected) in table {
            assert_eq!(task_size(n_texts, n_bytes, n_threads), expected, "{name}");
        }
    }

    /// However many threads there are, the groups are the same, and so is the error.
    #[test]
    fn the_cut_does_not_show() {
        let text = |i: usize| {
            let padding = "// long\n".repeat(500);
            let gate = ["rx", "ry", "rz"][i * i % 7 % 3];
            format!("OPENQASM 2.0; qreg q[1]; {gate}(0.{i}) q[0]; {padding}")
        };
        let mut texts: Vec<String> = (0..300).map(text).collect();
        let on = |n_threads: usize, texts: &[String]| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(n_threads)
                .build()
                .expect("threads");
            pool.install(|| factor(texts))
                .map(|groups| {
                    let groups = groups.into_iter();
                    groups
                        .map(|g| (g.program, g.circuits, g.numbers))
                        .collect::<Vec<_>>()
                })
                .map_err(|(index, _)| index)
        };
        let one = on(1, &texts);
        assert_eq!(one.as_ref().map(Vec::len), Ok(3));
        for n_threads in [2, 3, 8] {
            assert_eq!(on(n_threads, &texts), one);
        }
        for bad in [299, 160, 41] {
            texts[bad].push_str("nothing");
            for n_threads in [1, 2, 8] {
                assert_eq!(on(n_threads, &texts), Err(bad));
            }
        }
    }
}
