//! Statements of the commonest shapes, read without tokens.
//!
//! Generated programs consist almost wholly of calls and measurements of single bits, written without
//! frills: `ry(0.25) q[3];`, `rz(-3*pi/4) q[0];`, `cx q[0],q[1];`, `measure q[0] -> c[0];`. They are read
//! here straight from the bytes. Whatever is not both of such a shape and correct is left as if it had
//! never been looked at, and goes the general way: nothing is refused here, and what is taken here the
//! general way would take with the same meaning.

use super::{Code, MAX_OPERANDS, MAX_OPERATIONS, Parser, Res, Sink, Spent, Symbol};
use crate::qasm2::lexer::{Lexer, word_end};
use crate::qasm2::number::Number;
use crate::qasm2::sink::{PlainAngle, PlainCall};
use crate::qasm2::words::{self, Key, Word};

/// The register used last, so that its name is found by one comparison.
#[derive(Clone, Copy)]
pub(super) struct Recent {
    /// Name and `[` as a number, as they stand in the source.
    pattern: u64,
    /// The bytes of `pattern` that count.
    mask: u64,
    /// How many.
    len: usize,
    start: u32,
    size: u32,
}

impl Recent {
    /// Matches nothing.
    pub(super) const NONE: Recent = Recent {
        pattern: 1,
        mask: 0,
        len: 0,
        start: 0,
        size: 0,
    };
}

impl<S: Sink> Parser<'_, '_, S> {
    /// Reads statements while they are plain. The token in hand begins a statement, before and after.
    #[inline]
    pub(super) fn plain_statements(&mut self) -> Res<()> {
        let first = self.token.start;
        let mut at = first;
        while let Some(end) = self.plain_statement(at) {
            at = skip_space(self.lexer.bytes(), end);
        }
        if at != first {
            self.lexer.seek(at);
            self.token = self.lexer.next()?;
        }
        Ok(())
    }

    /// Reads one statement and gives its end, or leaves everything as it was.
    #[inline]
    fn plain_statement(&mut self, at: usize) -> Option<usize> {
        let src = self.lexer.bytes();
        let end = word_end(src, at);
        if end == at {
            return None;
        }
        let packed = words::pack(src, at, end);
        let code = match words::look_up(packed) {
            Word::Gate(gate) => self
                .names
                .shadow(gate)
                .map_or(Code::Builtin(gate), Code::Defined),
            Word::Key(Key::Measure) => return self.plain_measure(end),
            Word::Key(_) => return None,
            Word::Name => match self.names.find(packed, &self.lexer.text[at..end]) {
                Some(Symbol::Gate(index)) => Code::Defined(index),
                _ => return None,
            },
        };
        self.plain_call(code, end)
    }

    /// `["(" angle {"," angle} ")"] bit {"," bit} ";"`
    #[inline]
    fn plain_call(&mut self, code: Code, mut at: usize) -> Option<usize> {
        let src = self.lexer.bytes();
        let signature = self.signature(code);
        let mut call = PlainCall::new(code);
        if signature.n_params > 0 {
            at = self.plain_angles(signature.n_params as usize, &mut call, at)?;
        }
        at = skip_space(src, at);
        loop {
            let (bit, end) = self.plain_bit(true, at)?;
            call.push_operand(bit)?;
            at = end;
            if *src.get(at)? != b',' {
                break;
            }
            at = skip_space(src, at + 1);
        }
        if *src.get(at)? != b';' || call.n_operands() != signature.n_qubits as usize {
            return None;
        }
        self.plain_finish(&call)?;
        Some(at + 1)
    }

    /// `bit "->" bit ";"`
    #[inline]
    fn plain_measure(&mut self, at: usize) -> Option<usize> {
        let src = self.lexer.bytes();
        let (qubit, at) = self.plain_bit(true, skip_space(src, at))?;
        let at = skip_space(src, at);
        if src.get(at..at + 2)? != b"->" {
            return None;
        }
        let (bit, at) = self.plain_bit(false, skip_space(src, at + 2))?;
        if *src.get(at)? != b';' {
            return None;
        }
        self.plain_finish(&PlainCall::measure(qubit, bit))?;
        Some(at + 1)
    }

    /// Counts a statement against the limits and hands it to the sink, if the limits allow.
    #[inline]
    fn plain_finish(&mut self, call: &PlainCall) -> Option<()> {
        let spent = Spent {
            operations: self.spent.operations + 1,
            operands: self.spent.operands + call.n_operands() as u64,
            angles: self.spent.angles + call.angles().len() as u64,
        };
        if spent.operations > MAX_OPERATIONS || spent.operands.max(spent.angles) > MAX_OPERANDS {
            return None;
        }
        self.spent = spent;
        self.sink.plain(call);
        Some(())
    }

    /// `ID "[" NAT "]"`: the bit, and where the argument ends.
    #[inline]
    fn plain_bit(&mut self, quantum: bool, at: usize) -> Option<(u32, usize)> {
        let src = self.lexer.bytes();
        let eight = u64::from_le_bytes(*src.get(at..)?.first_chunk()?);
        let mut register = self.recent[usize::from(quantum)];
        if eight & register.mask != register.pattern {
            register = self.recall(quantum, at)?;
        }
        let first = at + register.len;
        let (mut index, mut at) = (0u64, first);
        while let Some(digit) = src
            .get(at)
            .map(|b| b.wrapping_sub(b'0'))
            .filter(|d| *d < 10)
        {
            index = index.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        let fits = at > first && at - first < 10 && index < u64::from(register.size);
        let closed = src.get(at) == Some(&b']');
        (fits && closed).then_some((register.start + index as u32, at + 1))
    }

    /// Looks up the register whose name stands at `at`, and remembers it.
    #[cold]
    fn recall(&mut self, quantum: bool, at: usize) -> Option<Recent> {
        let src = self.lexer.bytes();
        let end = word_end(src, at);
        if end == at || src.get(end) != Some(&b'[') {
            return None;
        }
        let symbol = self
            .names
            .find(words::pack(src, at, end), &self.lexer.text[at..end])?;
        let (_, start, size) = match (symbol, quantum) {
            (Symbol::Qreg(index), true) => self.qregs[index as usize],
            (Symbol::Creg(index), false) => self.cregs[index as usize],
            _ => return None,
        };
        let len = end + 1 - at;
        let pattern = words::pack(src, at, end + 1);
        let mask = if len > 8 {
            0
        } else {
            u64::MAX >> (64 - 8 * len as u32)
        };
        // A long name has pattern 0 under mask 0: that would match anything.
        let pattern = if len > 8 { 1 } else { pattern };
        let recent = Recent {
            pattern,
            mask,
            len,
            start,
            size,
        };
        self.recent[usize::from(quantum)] = recent;
        Some(recent)
    }

    /// `"(" angle {"," angle} ")"`, exactly `count` of them.
    #[inline]
    fn plain_angles(&self, count: usize, call: &mut PlainCall, mut at: usize) -> Option<usize> {
        let src = self.lexer.bytes();
        // Placeholders may look like anything.
        if *src.get(at)? != b'(' || !self.placeholders.is_empty() {
            return None;
        }
        for left in (0..count).rev() {
            at = skip_space(src, at + 1);
            let (angle, end) = plain_angle(&self.lexer, at, S::OPERATIONS)?;
            call.push_angle(angle)?;
            at = end;
            if *src.get(at)? != if left == 0 { b')' } else { b',' } {
                return None;
            }
        }
        Some(at + 1)
    }
}

/// `["-"] factor {("*"|"/") factor}`: folded from the left, as the general way does. The value is only
/// `needed` sometimes; that it is finite is checked always.
#[inline]
fn plain_angle(lexer: &Lexer<'_, '_>, start: usize, needed: bool) -> Option<(PlainAngle, usize)> {
    let src = lexer.bytes();
    let negative = *src.get(start)? == b'-';
    let first = start + usize::from(negative);
    let (value, at, plain) = match *src.get(first)? {
        b'0'..=b'9' | b'.' => {
            let (number, at) = plain_number(lexer, first, needed)?;
            (number, at, true)
        }
        b'p' => (pi(src, first)?, first + 2, false),
        _ => return None,
    };
    let value = if negative { -value } else { value };
    if plain && matches!(src.get(at), Some(b')' | b',')) {
        let span = Some((start as u32, at as u32));
        return Some((PlainAngle { value, span }, at));
    }
    // The first factor was read without its value.
    let value = match plain && !needed {
        true => plain_number(lexer, first, true)?.0 * if negative { -1.0 } else { 1.0 },
        false => value,
    };
    let (value, at) = plain_product(lexer, value, at)?;
    Some((PlainAngle { value, span: None }, at))
}

/// `{("*"|"/") factor}`
#[inline]
fn plain_product(lexer: &Lexer<'_, '_>, mut value: f64, mut at: usize) -> Option<(f64, usize)> {
    let src = lexer.bytes();
    while let operator @ (b'*' | b'/') = *src.get(at)? {
        let (factor, end) = match *src.get(at + 1)? {
            b'p' => (pi(src, at + 1)?, at + 3),
            _ => plain_number(lexer, at + 1, true)?,
        };
        value = match operator {
            b'*' => value * factor,
            _ => value / factor,
        };
        if !value.is_finite() || operator == b'/' && factor == 0.0 {
            return None;
        }
        at = end;
    }
    Some((value, at))
}

/// π, if the word at `at` is `pi`.
#[inline]
fn pi(src: &[u8], at: usize) -> Option<f64> {
    let word = src.get(at..at + 2)? == b"pi" && word_end(src, at) == at + 2;
    word.then_some(std::f64::consts::PI)
}

/// A finite number; when its value is not `needed`, it may be given as zero.
#[inline]
fn plain_number(lexer: &Lexer<'_, '_>, at: usize, needed: bool) -> Option<(f64, usize)> {
    let src = lexer.bytes();
    let point = usize::from(*src.get(at)? == b'.');
    if !src.get(at + point)?.is_ascii_digit() {
        return None;
    }
    let (number, end) = Number::scan(src, at);
    if !needed && number.is_surely_finite() {
        return Some((0.0, end));
    }
    let value = number.value(&lexer.text[at..end]);
    value.is_finite().then_some((value, end))
}

#[inline]
fn skip_space(src: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = src.get(at) {
        at += 1;
    }
    at
}
