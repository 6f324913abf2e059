//! Registers and includes.

use super::{Kind, MAX_BITS, Parser, Res, Sink, Symbol, Token, clip_natural, fail, total};
use crate::qasm2::errors::ErrorKind;
use crate::qasm2::gates::Gate;
use crate::qasm2::words::Key;

impl<'s, S: Sink> Parser<'s, '_, S> {
    /// `"include" STRING ";"`. The file is never read.
    pub(super) fn include(&mut self) -> Res<()> {
        self.advance()?;
        let file = self.expect(Kind::Str)?;
        let text = self.lexer.text_of(file);
        self.included |= &text[1..text.len() - 1] == "qelib1.inc";
        self.expect(Kind::Semi)?;
        Ok(())
    }

    /// A statement, of which only the declaration of a register is looked at.
    pub(super) fn declaration(&mut self) -> Res<()> {
        match self.lexer.key(self.token) {
            Some(key @ (Key::Qreg | Key::Creg)) => self.register(key == Key::Qreg),
            Some(key @ (Key::Qubit | Key::Bit)) if !self.is_gate(self.token) => {
                self.bits(key == Key::Qubit)
            }
            Some(Key::Gate) => {
                self.note_gate()?;
                self.skip_past(Kind::RBrace)
            }
            Some(Key::Opaque) => {
                self.note_gate()?;
                self.skip_past(Kind::Semi)
            }
            _ => self.skip_past(Kind::Semi),
        }
    }

    /// Remembers that a gate may be called `qubit` or `bit`.
    fn note_gate(&mut self) -> Res<()> {
        self.advance()?;
        if self.lexer.key(self.token).is_some_and(Key::is_soft) {
            self.names
                .insert(self.lexer.text_of(self.token), Symbol::Gate(0));
        }
        Ok(())
    }

    fn skip_past(&mut self, end: Kind) -> Res<()> {
        while self.token.kind != Kind::Eof {
            let passed = self.token.kind;
            self.token = match self.lexer.next() {
                // Not ours to judge: a placeholder of a template may be written in any characters.
                Err(error) if matches!(error.kind, ErrorKind::IllegalCharacter { .. }) => {
                    self.lexer.skip_character();
                    continue;
                }
                token => token?,
            };
            if passed == end {
                break;
            }
        }
        Ok(())
    }

    /// `("qreg"|"creg") ID "[" NAT "]" ";"`
    pub(super) fn register(&mut self, quantum: bool) -> Res<()> {
        self.advance()?;
        let name = self.name()?;
        self.expect(Kind::LBracket)?;
        let size = self.natural()?;
        self.expect(Kind::RBracket)?;
        self.declare(quantum, name, size)
    }

    /// `("qubit"|"bit") ["[" NAT "]"] ID ";"`
    pub(super) fn bits(&mut self, quantum: bool) -> Res<()> {
        let mut size = (Some(1), self.advance()?);
        if self.token.kind == Kind::LBracket {
            self.advance()?;
            size = self.natural()?;
            self.expect(Kind::RBracket)?;
        }
        let name = self.name()?;
        self.declare(quantum, name, size)
    }

    fn declare(&mut self, quantum: bool, name: Token, (size, at): (Option<u64>, Token)) -> Res<()> {
        if self.find(name).is_some() || self.is_taken(name) {
            let name = self.spelled(name);
            return Err(fail(ErrorKind::Redefinition { name }, self.token));
        }
        if size == Some(0) {
            let name = self.spelled(name);
            return Err(fail(ErrorKind::ZeroSize { name }, at));
        }
        let list = if quantum {
            &mut self.qregs
        } else {
            &mut self.cregs
        };
        let (start, index) = (total(list), list.len() as u32);
        let room = u64::from(MAX_BITS - start);
        let Some(size) = size
            .filter(|size| *size <= room)
            .and_then(|s| u32::try_from(s).ok())
        else {
            return Err(self.too_many(quantum, name, start, at));
        };
        let text = self.lexer.text_of(name);
        list.push((text, start, size));
        self.names.insert(
            text,
            if quantum {
                Symbol::Qreg(index)
            } else {
                Symbol::Creg(index)
            },
        );
        self.expect(Kind::Semi)?;
        Ok(())
    }

    /// Whether a register may not be called so: the primitives, and what `qelib1.inc` defines once it
    /// is included.
    fn is_taken(&self, name: Token) -> bool {
        Gate::from_name(self.lexer.text_of(name).as_bytes())
            .is_some_and(|g| is_primitive(g) || self.included && g.in_paper())
    }

    #[cold]
    fn too_many(
        &self,
        quantum: bool,
        name: Token,
        start: u32,
        size: Token,
    ) -> Box<crate::qasm2::QasmError> {
        let digits = self.lexer.text_of(size);
        let sum = digits
            .parse::<u128>()
            .ok()
            .and_then(|n| n.checked_add(u128::from(start)));
        let total = sum.map_or_else(|| clip_natural(digits), |n| n.to_string().into());
        let what = if quantum { "qubits" } else { "classical bits" };
        let kind = ErrorKind::TooManyBits {
            name: self.spelled(name),
            what,
            total,
            limit: MAX_BITS,
        };
        fail(kind, name)
    }
}

/// Whether the gate is `U` or `CX`, which nobody may define.
pub(super) fn is_primitive(gate: Gate) -> bool {
    matches!(gate, Gate::PrimU | Gate::PrimCx)
}
