//! Outcomes of one circuit as outcomes of another that goes on with a permutation of them.

use rayon::prelude::*;

/// Numbers below which the caller's thread does all the work.
const PARALLEL: usize = 1 << 15;

/// Takes outcomes to outcomes: linear over the bits, up to flips, and one to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeMap {
    /// For each bit of an outcome, the bits of the result that it flips if it is set.
    columns: Vec<u64>,
    /// The result of outcome 0.
    flips: u64,
}

impl OutcomeMap {
    /// The map that changes nothing, of outcomes of so many bits, at most 64.
    #[must_use]
    pub fn identity(n_bits: usize) -> Self {
        OutcomeMap {
            columns: (0..n_bits).map(|bit| 1 << bit).collect(),
            flips: 0,
        }
    }

    /// Number of bits of an outcome.
    #[must_use]
    pub fn n_bits(&self) -> usize {
        self.columns.len()
    }

    /// Before everything else, flip a bit.
    pub fn flip_first(&mut self, bit: usize) {
        self.flips ^= self.columns[bit];
    }

    /// Before everything else, flip `target` where `control` is set.
    pub fn flip_first_if(&mut self, control: usize, target: usize) {
        self.columns[control] ^= self.columns[target];
    }

    /// Before everything else, exchange two bits.
    pub fn swap_first(&mut self, a: usize, b: usize) {
        self.columns.swap(a, b);
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        *self == OutcomeMap::identity(self.columns.len())
    }

    /// What becomes of an outcome.
    #[must_use]
    pub fn of(&self, outcome: u64) -> u64 {
        let mut found = self.flips;
        let mut rest = outcome;
        while rest != 0 {
            found ^= self.columns[rest.trailing_zeros() as usize];
            rest &= rest - 1;
        }
        found
    }

    /// The same for longer outcomes, in which bit `k` of these stands at `places[k]`.
    ///
    /// # Panics
    /// If there is not one place below 64 for every bit.
    #[must_use]
    pub fn spread(&self, places: &[u32]) -> OutcomeMap {
        assert_eq!(places.len(), self.columns.len(), "one place for every bit");
        let n_bits = places.iter().max().map_or(0, |&last| last as usize + 1);
        let mut columns = vec![0; n_bits];
        for (&place, &column) in places.iter().zip(&self.columns) {
            columns[place as usize] = column;
        }
        OutcomeMap {
            columns,
            flips: self.flips,
        }
    }

    /// Probabilities of what becomes of the outcomes, from rows of the outcomes' own.
    ///
    /// # Panics
    /// If there is not one number for every outcome in every row.
    #[must_use]
    pub fn table(&self, probabilities: &[f64]) -> Vec<f64> {
        let n_outcomes = 1 << self.columns.len();
        assert_eq!(probabilities.len() % n_outcomes, 0, "whole rows");
        let mut places = vec![self.flips as usize; n_outcomes];
        for outcome in 1..n_outcomes {
            let column = self.columns[outcome.trailing_zeros() as usize];
            places[outcome] = places[outcome & (outcome - 1)] ^ column as usize;
        }
        let mut found = vec![0.0; probabilities.len()];
        let move_row = |(row, own): (&mut [f64], &[f64])| {
            for (&place, &number) in places.iter().zip(own) {
                row[place] = number;
            }
        };
        if probabilities.len() < PARALLEL {
            let rows = found.chunks_mut(n_outcomes);
            rows.zip(probabilities.chunks(n_outcomes))
                .for_each(move_row);
        } else {
            let rows = found.par_chunks_mut(n_outcomes);
            rows.zip(probabilities.par_chunks(n_outcomes))
                .for_each(move_row);
        }
        found
    }
}
