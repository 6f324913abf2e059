//! Gate definitions.

use super::declarations::is_primitive;
use super::{Code, Kind, Parser, Res, Signature, Sink, Symbol, Token, clip, fail};
use crate::qasm2::errors::ErrorKind;
use crate::qasm2::gates::Gate;
use crate::qasm2::names::{Local, Locals};
use crate::qasm2::program::{BodyOp, Expr, GateDef, Instr};
use crate::qasm2::redefine;
use crate::qasm2::words::{self, Key, Word};

impl<'s, S: Sink> Parser<'s, '_, S> {
    /// `"gate" ID ["(" ID {"," ID} ")"] ID {"," ID} "{" bodyop* "}"`, or the same after `opaque` with
    /// `;` for the body. The gate is known after its definition.
    pub(super) fn gate_definition(&mut self, opaque: bool) -> Res<()> {
        self.advance()?;
        let name = self.name()?;
        let again = self.defines_again(name)?;
        let mut locals = Locals::default();
        self.constants.clear();
        let mut n_params = 0;
        if self.token.kind == Kind::LParen {
            self.advance()?;
            n_params = self.declare_locals(&mut locals, Local::Param)?;
            self.expect(Kind::RParen)?;
        }
        let n_qubits = self.declare_locals(&mut locals, Local::Qubit)?;
        let body = if opaque {
            self.expect(Kind::Semi)?;
            None
        } else {
            self.expect(Kind::LBrace)?;
            self.locals = Some(locals);
            let body = self.body()?;
            self.locals = None;
            Some(body)
        };
        self.define(
            name,
            again,
            GateDef {
                name: Box::default(),
                n_params,
                n_qubits,
                body,
            },
        )
    }

    /// Checks that a gate may be called so, and says which gate of `qelib1.inc` it defines again.
    fn defines_again(&mut self, name: Token) -> Res<Option<Gate>> {
        let builtin = Gate::from_name(self.lexer.text_of(name).as_bytes());
        if builtin.is_some_and(is_primitive) {
            return Err(self.named(name, |name| ErrorKind::RedefinesBuiltin { name }));
        }
        if self.find(name).is_some() {
            let name = self.spelled(name);
            return Err(fail(ErrorKind::Redefinition { name }, self.token));
        }
        Ok(builtin.filter(|g| self.included && g.in_paper()))
    }

    fn declare_locals(&mut self, locals: &mut Locals<'s>, local: fn(u32) -> Local) -> Res<u32> {
        let mut count = 0;
        loop {
            let name = self.name()?;
            let text = self.lexer.text_of(name);
            if locals.find(text).is_some() {
                return Err(fail(
                    ErrorKind::Redefinition { name: clip(text) },
                    self.token,
                ));
            }
            locals.insert(text, local(count));
            count += 1;
            if !self.comma()? {
                return Ok(count);
            }
        }
    }

    fn define(&mut self, name: Token, again: Option<Gate>, mut gate: GateDef) -> Res<()> {
        let text = self.lexer.text_of(name);
        if let Some(builtin) = again {
            self.needs_bodies = !S::BODIES;
            if self.needs_bodies || !redefine::is_same(&gate, builtin, self.sink.definitions()) {
                return Err(self.named(name, |name| ErrorKind::RedefinesBuiltin { name }));
            }
            self.names.insert(text, Symbol::SameGate);
            self.sink.hangs_on_bodies();
            return Ok(());
        }
        let index = self.gates.len() as u32;
        self.gates.push(Signature {
            n_params: gate.n_params,
            n_qubits: gate.n_qubits,
        });
        self.names.insert(text, Symbol::Gate(index));
        if S::BODIES {
            gate.name = text.into();
            self.sink.define(gate, &self.constants);
        }
        Ok(())
    }

    /// `bodyop* "}"`
    fn body(&mut self) -> Res<Box<[BodyOp]>> {
        let mut body = Vec::new();
        loop {
            let builtin = match (
                self.token.kind,
                words::look_up(self.lexer.packed(self.token)),
            ) {
                (Kind::RBrace, _) => break,
                (Kind::Id, Word::Key(Key::Barrier)) => {
                    body.extend(self.body_barrier()?);
                    continue;
                }
                (Kind::Id, Word::Gate(gate)) => Some(gate),
                _ if self.is_name(self.token) => None,
                _ => return Err(self.expected("ID or RBRACE")),
            };
            body.extend(self.body_call(builtin)?);
        }
        self.advance()?;
        Ok(body.into())
    }

    /// `"barrier" ID {"," ID} ";"`
    fn body_barrier(&mut self) -> Res<Option<BodyOp>> {
        self.advance()?;
        let mut qubits: Vec<u32> = self.body_qubits()?.iter().map(|q| q.0).collect();
        self.expect(Kind::Semi)?;
        if !S::BODIES {
            return Ok(None);
        }
        let mut seen = std::collections::HashSet::new();
        qubits.retain(|q| seen.insert(*q));
        Ok(Some(BodyOp {
            code: Code::Barrier,
            qubits: qubits.into(),
            angles: Box::default(),
        }))
    }

    /// `ID ["(" expr {"," expr} ")"] ID {"," ID} ";"`
    fn body_call(&mut self, builtin: Option<Gate>) -> Res<Option<BodyOp>> {
        let name = self.token;
        let code = self.gate(builtin, name)?;
        self.advance()?;
        let signature = self.signature(code);
        self.angle_list(name, signature)?;
        let qubits = self.body_qubits()?;
        if self.token.kind != Kind::Semi {
            return Err(self.expected("SEMI"));
        }
        let (expected, found) = (signature.n_qubits, qubits.len() as u32);
        if expected != found {
            return Err(self.named(name, |gate| ErrorKind::BodyQubitCount {
                gate,
                expected,
                found,
            }));
        }
        if let Some(again) = repeated(&qubits) {
            let gate = self.spelled(name);
            return Err(fail(ErrorKind::DuplicateQubits { gate }, again));
        }
        self.advance()?;
        if !S::BODIES {
            return Ok(None);
        }
        let qubits = qubits.iter().map(|q| q.0).collect();
        Ok(Some(BodyOp {
            code,
            qubits,
            angles: self.angle_exprs(),
        }))
    }

    /// `ID {"," ID}`: qubits of the gate being defined.
    fn body_qubits(&mut self) -> Res<Vec<(u32, Token)>> {
        let mut qubits = Vec::new();
        loop {
            let name = self.token;
            if !self.is_name(name) {
                return Err(fail(ErrorKind::ExpectedGateQubit, name));
            }
            match self
                .locals
                .as_ref()
                .and_then(|l| l.find(self.lexer.text_of(name)))
            {
                Some(Local::Qubit(index)) => qubits.push((index, name)),
                _ => return Err(self.named(name, |name| ErrorKind::UnknownGateQubit { name })),
            }
            self.advance()?;
            if !self.comma()? {
                return Ok(qubits);
            }
        }
    }

    /// The angles of the statement just read, as expressions of their own.
    fn angle_exprs(&mut self) -> Box<[Expr]> {
        let (steps, constants) = (&self.steps, &mut self.constants);
        let expr = |angle: &super::Angle| -> Expr {
            let steps = &steps[angle.code.clone()];
            if steps.is_empty() {
                constants.push(angle.span);
                return Box::new([Instr::Const(angle.value)]);
            }
            let numbers = steps.iter().filter(|s| matches!(s, Instr::Const(_)));
            constants.extend(numbers.map(|_| None));
            steps.into()
        };
        self.angles.iter().map(expr).collect()
    }
}

/// The first token that names a qubit named before.
fn repeated(qubits: &[(u32, Token)]) -> Option<Token> {
    if qubits.len() <= 8 {
        let before = |i: usize| qubits[..i].iter().any(|q| q.0 == qubits[i].0);
        return (1..qubits.len()).find(|&i| before(i)).map(|i| qubits[i].1);
    }
    let mut seen = std::collections::HashSet::new();
    qubits.iter().find(|q| !seen.insert(q.0)).map(|q| q.1)
}
