//! The names a program has given out so far.

use std::collections::HashMap;

use super::gates::Gate;

/// What a name stands for. Registers and gates share one name space, as in Qiskit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A quantum register, by position.
    Qreg(u32),
    /// A classical register, by position.
    Creg(u32),
    /// A gate the program defines, by position.
    Gate(u32),
    /// A gate of the table, defined once more with the same meaning.
    SameGate,
}

/// Slots of the direct-mapped cache in front of the hash map.
const SLOTS: usize = 64;

/// Names to symbols. Names are never taken back, so what the cache holds stays true.
pub(super) struct Names<'s> {
    all: HashMap<&'s str, Symbol>,
    cache: [(u64, Symbol); SLOTS],
    shadows: [Option<u32>; Gate::ALL.len()],
}

fn slot(packed: u64) -> usize {
    (packed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as usize % SLOTS
}

impl<'s> Names<'s> {
    pub(super) fn new() -> Self {
        let (cache, shadows) = ([(0, Symbol::SameGate); SLOTS], [None; Gate::ALL.len()]);
        Names {
            all: HashMap::new(),
            cache,
            shadows,
        }
    }

    /// Looks a name up; `packed` is 0 if it is long.
    #[inline]
    pub(super) fn find(&mut self, packed: u64, name: &str) -> Option<Symbol> {
        let (key, symbol) = self.cache[slot(packed)];
        if key == packed && packed != 0 {
            return Some(symbol);
        }
        self.find_slowly(packed, name)
    }

    fn find_slowly(&mut self, packed: u64, name: &str) -> Option<Symbol> {
        let symbol = *self.all.get(name)?;
        self.cache[slot(packed)] = (packed, symbol);
        Some(symbol)
    }

    /// Gives out a name that is free.
    pub(super) fn insert(&mut self, name: &'s str, symbol: Symbol) {
        self.all.insert(name, symbol);
        if let (Symbol::Gate(index), Some(gate)) = (symbol, Gate::from_name(name.as_bytes())) {
            self.shadows[gate as usize] = Some(index);
        }
    }

    /// The program's own definition of a gate of the table.
    #[inline]
    pub(super) fn shadow(&self, gate: Gate) -> Option<u32> {
        self.shadows[gate as usize]
    }
}

/// What a name stands for inside a gate definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Local {
    /// A parameter, by position.
    Param(u32),
    /// A qubit, by position.
    Qubit(u32),
}

/// The parameters and qubits of one gate definition.
#[derive(Default)]
pub(super) struct Locals<'s> {
    list: Vec<(&'s str, Local)>,
    index: HashMap<&'s str, Local>,
}

impl<'s> Locals<'s> {
    /// Up to this many names, looking at all of them is fastest.
    const FEW: usize = 16;

    pub(super) fn find(&self, name: &str) -> Option<Local> {
        if self.index.is_empty() {
            return self
                .list
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, local)| *local);
        }
        self.index.get(name).copied()
    }

    /// Adds a name that is new.
    pub(super) fn insert(&mut self, name: &'s str, local: Local) {
        self.list.push((name, local));
        if self.list.len() == Self::FEW {
            self.index.extend(self.list.iter().copied());
        } else if self.list.len() > Self::FEW {
            self.index.insert(name, local);
        }
    }
}
