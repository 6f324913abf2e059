//! Reserved words and built-in gate names, found by one probe of a table made at compile time.

use super::gates::Gate;
use super::program::Function;

/// What a name stands for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing: free for the program.
    Name,
    /// A gate of the table.
    Gate(Gate),
    /// A reserved word.
    Key(Key),
}

macro_rules! keys {
    ($($variant:ident $text:literal $token:literal,)*) => {
        /// The reserved words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Key { $($variant,)* }

        const KEYS: &[(&str, Key)] = &[$(($text, Key::$variant),)*];

        impl Key {
            /// The token name in messages.
            pub(super) fn token(self) -> &'static str {
                match self { $(Key::$variant => $token,)* }
            }
        }
    };
}

keys! {
    OpenQasm "OPENQASM" "OPENQASM", Include "include" "INCLUDE", Qreg "qreg" "QREG",
    Creg "creg" "CREG", Qubit "qubit" "QUBIT", Bit "bit" "BIT", Gate "gate" "GATE",
    Opaque "opaque" "OPAQUE", Measure "measure" "MEASURE", Reset "reset" "RESET",
    Barrier "barrier" "BARRIER", If "if" "IF", Pi "pi" "PI", Sin "sin" "SIN", Cos "cos" "COS",
    Tan "tan" "TAN", Exp "exp" "EXP", Ln "ln" "LN", Sqrt "sqrt" "SQRT", Acos "acos" "ACOS",
    Atan "atan" "ATAN", Asin "asin" "ASIN",
}

impl Key {
    /// The function of that name.
    pub(super) fn function(self) -> Option<Function> {
        Some(match self {
            Key::Sin => Function::Sin,
            Key::Cos => Function::Cos,
            Key::Tan => Function::Tan,
            Key::Exp => Function::Exp,
            Key::Ln => Function::Ln,
            Key::Sqrt => Function::Sqrt,
            Key::Acos => Function::Acos,
            Key::Atan => Function::Atan,
            Key::Asin => Function::Asin,
            _ => return None,
        })
    }

    /// Whether programs may use the word as a name all the same: it is reserved neither in the paper
    /// nor in Qiskit, whose exporter writes it when a register is called so.
    pub(super) fn is_soft(self) -> bool {
        matches!(
            self,
            Key::Qubit | Key::Bit | Key::Acos | Key::Atan | Key::Asin
        )
    }
}

/// Whether a name is a number or a function in every expression: `pi`, `sin` and the like.
pub(crate) fn has_meaning(name: &str) -> bool {
    match look_up(pack(name.as_bytes(), 0, name.len())) {
        Word::Key(key) => key == Key::Pi || key.function().is_some(),
        Word::Gate(_) | Word::Name => false,
    }
}

/// A name of up to eight bytes as one number; 0 for longer ones. No name contains a zero byte.
#[inline]
pub(super) fn pack(src: &[u8], start: usize, end: usize) -> u64 {
    let len = end - start;
    if len > 8 {
        return 0;
    }
    if let Some(eight) = src.get(start..start + 8).and_then(|s| s.first_chunk::<8>()) {
        return u64::from_le_bytes(*eight) & (u64::MAX >> (64 - 8 * len as u32));
    }
    pack_slowly(&src[start..end])
}

const fn pack_slowly(name: &[u8]) -> u64 {
    let mut packed = 0;
    let mut i = name.len();
    while i > 0 {
        i -= 1;
        packed = packed << 8 | name[i] as u64;
    }
    packed
}

const BITS: u32 = 8;
const SLOTS: usize = 1 << BITS;

const fn slot(packed: u64) -> usize {
    (packed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - BITS)) as usize
}

const fn insert(table: &mut [(u64, Word); SLOTS], name: &[u8], word: Word) {
    let packed = pack_slowly(name);
    let mut at = slot(packed);
    while table[at].0 != 0 {
        at = (at + 1) % SLOTS;
    }
    table[at] = (packed, word);
}

static TABLE: [(u64, Word); SLOTS] = {
    let mut table = [(0, Word::Name); SLOTS];
    let mut i = 0;
    while i < KEYS.len() {
        insert(&mut table, KEYS[i].0.as_bytes(), Word::Key(KEYS[i].1));
        i += 1;
    }
    i = 0;
    while i < Gate::ALL.len() {
        insert(
            &mut table,
            Gate::ALL[i].name().as_bytes(),
            Word::Gate(Gate::ALL[i]),
        );
        i += 1;
    }
    table
};

/// What a packed name stands for.
#[inline]
pub(super) fn look_up(packed: u64) -> Word {
    if packed == 0 {
        return Word::Name;
    }
    let mut at = slot(packed);
    loop {
        let (key, word) = TABLE[at];
        if key == packed {
            return word;
        }
        if key == 0 {
            return Word::Name;
        }
        at = (at + 1) % SLOTS;
    }
}
