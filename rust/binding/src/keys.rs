//! Histograms as dicts. Equal keys of a batch are one string: what is shared is neither made nor held twice.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use vivace_core::counts::{row_bytes, write_key};

/// Keys that are looked up before the first goes into a dict, so that they come from memory side by side.
const AHEAD: usize = 64;

/// One hash in so many is looked at to learn how often outcomes come back.
const SAMPLE: u64 = 16;

/// Outcomes that come back less often have keys of their own: to find them again takes longer than to make them.
const REPEATS: usize = 2;

/// Makes dicts of the histograms of one width; `'a` is the life of their packed outcomes.
pub struct DictMaker<'a, 'py> {
    py: Python<'py>,
    width: u32,
    shared: Shared<'a, 'py>,
    ahead: Vec<Bound<'py, PyString>>,
    text: Vec<u8>,
}

/// Keys that were made before.
enum Shared<'a, 'py> {
    Nothing,
    /// One place for every outcome there could be.
    All(Vec<Option<Bound<'py, PyString>>>),
    /// The latest outcome of each slot.
    Latest(Vec<Option<Known<'a, 'py>>>),
}

/// An outcome and its key.
#[derive(Clone)]
struct Known<'a, 'py> {
    hash: u64,
    outcome: &'a [u8],
    key: Bound<'py, PyString>,
}

impl Known<'_, '_> {
    fn is(&self, hash: u64, outcome: &[u8]) -> bool {
        self.hash == hash && (outcome.len() <= 8 || self.outcome == outcome)
    }
}

impl<'a, 'py> DictMaker<'a, 'py> {
    /// For the packed outcomes of these histograms. Memory for sharing is bounded by theirs.
    pub fn new(py: Python<'py>, width: u32, histograms: &[&'a [u8]]) -> PyResult<Self> {
        let mut maker = DictMaker {
            py,
            width,
            shared: Shared::Nothing,
            ahead: Vec::with_capacity(AHEAD),
            text: vec![b'0'; width as usize],
        };
        for outcome in histograms.iter().flat_map(|packed| maker.outcomes(packed)) {
            maker.check(outcome)?;
        }
        if histograms.len() > 1 {
            maker.shared = maker.shared(histograms)?;
        }
        Ok(maker)
    }

    /// A histogram as a dict of keys, rightmost character = bit 0.
    pub fn dict(&mut self, packed: &'a [u8], counts: &[i64]) -> PyResult<Bound<'py, PyDict>> {
        let (dict, size) = (PyDict::new(self.py), row_bytes(self.width));
        let mut rest = packed;
        for counts in counts.chunks(AHEAD) {
            for _ in counts {
                let (outcome, after) = rest.split_at(size);
                let key = self.key(outcome)?;
                self.ahead.push(key);
                rest = after;
            }
            for (key, count) in self.ahead.drain(..).zip(counts) {
                dict.set_item(key, count)?;
            }
        }
        Ok(dict)
    }

    fn outcomes(&self, packed: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        packed.chunks_exact(row_bytes(self.width).max(1))
    }

    fn check(&self, outcome: &[u8]) -> PyResult<()> {
        let used = self.width % 8;
        if used == 0 || outcome[0] >> used == 0 {
            return Ok(());
        }
        let found: String = outcome.iter().map(|byte| format!("{byte:02x}")).collect();
        Err(PyValueError::new_err(format!(
            "Expected outcomes of {} bits, found 0x{found}.",
            self.width
        )))
    }

    fn shared(&mut self, histograms: &[&'a [u8]]) -> PyResult<Shared<'a, 'py>> {
        let all = || histograms.iter().flat_map(|packed| self.outcomes(packed));
        let mut sample: Vec<u64> = all().map(hash).filter(|hash| hash % SAMPLE == 0).collect();
        let sampled = sample.len();
        sample.sort_unstable();
        sample.dedup();
        let distinct = sample.len();
        if sampled < REPEATS * distinct {
            return Ok(Shared::Nothing);
        }
        let outcomes = all().count();
        match 1_usize.checked_shl(self.width) {
            Some(possible) if possible <= outcomes => self.all(possible, histograms),
            _ => {
                let slots = (4 * SAMPLE as usize * (distinct + 16)).min(2 * outcomes);
                Ok(Shared::Latest(vec![None; slots.max(1).next_power_of_two()]))
            }
        }
    }

    /// All keys in ascending order: histograms ascend, too, and then go through memory in one direction.
    fn all(&mut self, possible: usize, histograms: &[&'a [u8]]) -> PyResult<Shared<'a, 'py>> {
        let mut seen = vec![false; possible];
        for outcome in histograms.iter().flat_map(|packed| self.outcomes(packed)) {
            seen[index(outcome)] = true;
        }
        let keys = seen.into_iter().zip(0_u64..).map(|(seen, outcome)| {
            let bytes = outcome.to_be_bytes();
            seen.then(|| self.make(&bytes[bytes.len() - row_bytes(self.width)..]))
                .transpose()
        });
        Ok(Shared::All(keys.collect::<PyResult<_>>()?))
    }

    fn key(&mut self, outcome: &'a [u8]) -> PyResult<Bound<'py, PyString>> {
        match &self.shared {
            Shared::Nothing => self.make(outcome),
            Shared::All(keys) => match keys.get(index(outcome)) {
                Some(Some(key)) => {
                    key.hash()?; // touches all of it that the dict will
                    Ok(key.clone())
                }
                _ => self.make(outcome),
            },
            Shared::Latest(slots) => {
                let hash = hash(outcome);
                let slot = (hash >> 32) as usize & (slots.len() - 1);
                match &slots[slot] {
                    Some(known) if known.is(hash, outcome) => Ok(known.key.clone()),
                    _ => self.keep(slot, hash, outcome),
                }
            }
        }
    }

    /// A new key, which takes the place of what was in the slot.
    fn keep(
        &mut self,
        slot: usize,
        hash: u64,
        outcome: &'a [u8],
    ) -> PyResult<Bound<'py, PyString>> {
        let key = self.make(outcome)?;
        if let Shared::Latest(slots) = &mut self.shared {
            slots[slot] = Some(Known {
                hash,
                outcome,
                key: key.clone(),
            });
        }
        Ok(key)
    }

    fn make(&mut self, outcome: &[u8]) -> PyResult<Bound<'py, PyString>> {
        write_key(outcome, &mut self.text);
        PyString::from_bytes(self.py, &self.text)
    }
}

/// An outcome of at most 64 bits as a number.
fn index(outcome: &[u8]) -> usize {
    outcome
        .iter()
        .fold(0, |all, &byte| all << 8 | usize::from(byte))
}

/// No two outcomes of up to 64 bits have the same hash.
fn hash(outcome: &[u8]) -> u64 {
    let mut hash = 0_u64;
    for bytes in outcome.rchunks(8) {
        hash = (hash.rotate_left(29) ^ index(bytes) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 32;
    }
    hash = hash.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    hash ^ hash >> 32
}
