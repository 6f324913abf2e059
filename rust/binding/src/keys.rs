//! Histograms as dicts. Equal keys of a batch are one string where outcomes come back often.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use vivace_core::counts::{row_bytes, write_key};

/// One hash in so many is looked at to learn how often outcomes come back.
const SAMPLE: usize = 16;

/// Outcomes that come back less often have keys of their own: to find them again takes longer.
const REPEATS: usize = 2;

/// Most keys that are shared. More do not stay in the processor's caches, and it is sooner to make them anew.
const SHARED: usize = 1 << 15;

/// Outcomes between two moments at which other threads of Python may run, about a millisecond.
const TURN: usize = 1 << 12;

/// Makes dicts of the histograms of one width; `'a` is the life of their packed outcomes.
pub struct DictMaker<'a, 'py> {
    py: Python<'py>,
    width: u32,
    made: Made<'a, 'py>,
    text: Vec<u8>,
}

impl<'a, 'py> DictMaker<'a, 'py> {
    /// For the packed outcomes of these histograms. Memory for sharing is bounded by theirs.
    pub fn new(py: Python<'py>, width: u32, histograms: &[&'a [u8]]) -> PyResult<Self> {
        let sharing = py.detach(|| {
            let size = row_bytes(width).max(1);
            let outcomes = || {
                histograms
                    .iter()
                    .flat_map(|packed| packed.chunks_exact(size))
            };
            for outcome in outcomes() {
                check(outcome, width)?;
            }
            Ok::<_, PyErr>(match histograms {
                [_] => Sharing::Nothing, // its outcomes differ
                _ => Sharing::of(width, outcomes),
            })
        })?;
        Ok(DictMaker {
            py,
            width,
            made: match sharing {
                Sharing::Nothing => Made::Nothing,
                Sharing::Table(size) => Made::Table(vec![None; size]),
                Sharing::Map => Made::Map(HashMap::default()),
            },
            text: vec![b'0'; width as usize],
        })
    }

    /// A histogram as a dict of keys, rightmost character = bit 0.
    pub fn dict(&mut self, packed: &'a [u8], counts: &[i64]) -> PyResult<Bound<'py, PyDict>> {
        let (dict, size) = (PyDict::new(self.py), row_bytes(self.width));
        for (index, count) in counts.iter().enumerate() {
            if (index + 1).is_multiple_of(TURN) {
                self.py.detach(|| ());
            }
            dict.set_item(self.key(&packed[index * size..][..size])?, count)?;
        }
        Ok(dict)
    }

    fn key(&mut self, outcome: &'a [u8]) -> PyResult<Bound<'py, PyString>> {
        let mut make = || {
            write_key(outcome, &mut self.text);
            PyString::from_bytes(self.py, &self.text)
        };
        match &mut self.made {
            Made::Nothing => make(),
            Made::Table(keys) => {
                let key = &mut keys[number(outcome) as usize];
                match key {
                    Some(key) => Ok(key.clone()),
                    None => Ok(key.insert(make()?).clone()),
                }
            }
            Made::Map(keys) => match keys.entry(outcome) {
                Entry::Occupied(key) => Ok(key.get().clone()),
                Entry::Vacant(place) => Ok(place.insert(make()?).clone()),
            },
        }
    }
}

fn check(outcome: &[u8], width: u32) -> PyResult<()> {
    let used = width % 8;
    if used == 0 || outcome[0] >> used == 0 {
        return Ok(());
    }
    let found: String = outcome.iter().map(|byte| format!("{byte:02x}")).collect();
    Err(PyValueError::new_err(format!(
        "Expected outcomes of {width} bits, found 0x{found}."
    )))
}

/// Keys that were made before.
enum Made<'a, 'py> {
    Nothing,
    Table(Vec<Option<Bound<'py, PyString>>>),
    Map(HashMap<&'a [u8], Bound<'py, PyString>, BuildHasherDefault<Mixer>>),
}

/// How keys that were made before are kept.
enum Sharing {
    /// Not at all, since that does not pay.
    Nothing,
    /// By outcome, one place for each that is possible.
    Table(usize),
    Map,
}

impl Sharing {
    /// What pays for these outcomes.
    fn of<'a, I: Iterator<Item = &'a [u8]>>(width: u32, outcomes: impl Fn() -> I) -> Sharing {
        if let Some(possible) = 1_usize.checked_shl(width)
            && possible <= SHARED
            && outcomes().nth(possible - 1).is_some()
        {
            return Sharing::Table(possible);
        }
        let mut sample = Vec::new();
        for outcome in outcomes() {
            let mut mixer = Mixer::default();
            mixer.write(outcome);
            let hash = mixer.finish();
            if hash.is_multiple_of(SAMPLE as u64) {
                sample.push(hash);
            }
        }
        let sampled = sample.len();
        sample.sort_unstable();
        sample.dedup();
        if sampled < REPEATS * sample.len() || SAMPLE * sample.len() > SHARED {
            return Sharing::Nothing;
        }
        Sharing::Map
    }
}

/// An outcome of up to 64 bits as a number.
fn number(outcome: &[u8]) -> u64 {
    outcome
        .iter()
        .fold(0, |all, &byte| all << 8 | u64::from(byte))
}

/// Hashes outcomes: a few instructions, where the hash of the standard library takes as long as to make a key.
#[derive(Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, outcome: &[u8]) {
        for bytes in outcome.rchunks(8) {
            self.0 = (self.0.rotate_left(29) ^ number(bytes)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.0 ^= self.0 >> 32;
        }
    }

    /// All outcomes of a map have one length.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        let hash = self.0.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        hash ^ hash >> 32
    }
}
