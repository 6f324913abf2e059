//! Statements that operate: gate calls, measurements, resets, barriers, conditions.

use super::{
    Arg, Code, Kind, MAX_OPERANDS, MAX_OPERATIONS, Parser, Res, Signature, Sink, Symbol, Token,
    clip_natural, fail,
};
use crate::qasm2::errors::{ErrorKind, QasmError};
use crate::qasm2::gates::Gate;
use crate::qasm2::program::Condition;
use crate::qasm2::sink::Statement;
use crate::qasm2::words::{self, Key, Word};

/// Where an argument stands decides how a wrong index is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Of a gate or barrier.
    Gate,
    /// Qubit of a measurement or reset.
    Measured,
    /// Classical bit of a measurement.
    Result,
}

impl<S: Sink> Parser<'_, '_, S> {
    /// `ID ["(" expr {"," expr} ")"] arg {"," arg} ";"`
    #[inline]
    pub(super) fn gate_call(
        &mut self,
        builtin: Option<Gate>,
        condition: Option<Condition>,
    ) -> Res<()> {
        let name = self.token;
        let code = self.gate(builtin, name)?;
        self.advance()?;
        let signature = self.signature(code);
        self.angle_list(name, signature)?;
        self.arg_list()?;
        let (expected, found) = (signature.n_qubits, self.args.len() as u32);
        if expected != found {
            return Err(fail(ErrorKind::QubitCount { expected, found }, self.token));
        }
        let repeat = self.repetitions(name)?;
        self.finish(code, condition, repeat, name)
    }

    /// What a call of a gate has to look like.
    #[inline]
    pub(super) fn signature(&self, code: Code) -> Signature {
        match code {
            Code::Builtin(gate) => Signature {
                n_params: gate.n_params(),
                n_qubits: gate.n_qubits(),
            },
            Code::Defined(index) => self.gates[index as usize],
            _ => Signature {
                n_params: 0,
                n_qubits: 0,
            },
        }
    }

    /// `arg {"," arg}`, with the `;` after it in hand.
    #[inline]
    fn arg_list(&mut self) -> Res<()> {
        self.args.clear();
        loop {
            let arg = self.arg(Place::Gate)?;
            self.args.push(arg);
            if !self.comma()? {
                break;
            }
        }
        if self.token.kind == Kind::Semi {
            Ok(())
        } else {
            Err(self.expected("SEMI"))
        }
    }

    /// `ID ["[" NAT "]"]`
    #[inline]
    fn arg(&mut self, place: Place) -> Res<Arg> {
        let name = self.token;
        if name.kind != Kind::Id {
            return Err(self.expected("ID"));
        }
        let (start, size) = match (self.find(name), place) {
            (Some(Symbol::Qreg(index)), Place::Gate | Place::Measured) => {
                let (_, start, size) = self.qregs[index as usize];
                (start, size)
            }
            (Some(Symbol::Creg(index)), Place::Result) => {
                let (_, start, size) = self.cregs[index as usize];
                (start, size)
            }
            _ => return Err(self.unknown_register(name, place)),
        };
        self.advance()?;
        if self.token.kind != Kind::LBracket {
            return Ok(Arg {
                start,
                size,
                at: (name.start, name.end),
            });
        }
        self.advance()?;
        let (index, token) = self.natural()?;
        let Some(index) = index.filter(|index| *index < u64::from(size)) else {
            return Err(self.out_of_range(name, size, token, place));
        };
        self.expect(Kind::RBracket)?;
        Ok(Arg {
            start: start + index as u32,
            size: 1,
            at: (name.start, name.end),
        })
    }

    #[cold]
    fn unknown_register(&self, name: Token, place: Place) -> Box<QasmError> {
        if !self.is_name(name) {
            return self.expected("ID");
        }
        match place {
            Place::Result => self.named(name, |name| ErrorKind::UnknownCreg { name }),
            _ => self.named(name, |name| ErrorKind::UnknownQreg { name }),
        }
    }

    #[cold]
    fn out_of_range(
        &self,
        register: Token,
        size: u32,
        index: Token,
        place: Place,
    ) -> Box<QasmError> {
        let register = self.spelled(register);
        let text = clip_natural(self.lexer.text_of(index));
        let kind = match place {
            Place::Gate => ErrorKind::QubitRange {
                index: text,
                register,
                size: Some(size),
            },
            Place::Measured => ErrorKind::QubitRange {
                index: text,
                register,
                size: None,
            },
            Place::Result => ErrorKind::BitRange {
                index: text,
                register,
            },
        };
        fail(kind, index)
    }

    /// Checks the arguments of a gate against one another; says how often it is applied.
    #[inline]
    fn repetitions(&self, name: Token) -> Res<u32> {
        let mut repeat = 1;
        for arg in &self.args {
            if arg.size != repeat && arg.size != 1 {
                if repeat != 1 {
                    let gate = self.spelled(name);
                    return Err(at(ErrorKind::MismatchedSizes { gate }, arg));
                }
                repeat = arg.size;
            }
        }
        // Arguments are ranges; two that overlap meet in some repetition.
        let again = if self.args.len() <= 8 {
            self.overlap()
        } else {
            self.overlap_of_many()
        };
        match again {
            None => Ok(repeat),
            Some(arg) => {
                let gate = self.spelled(name);
                Err(at(ErrorKind::DuplicateQubits { gate }, arg))
            }
        }
    }

    #[inline]
    fn overlap(&self) -> Option<&Arg> {
        let meets = |a: &Arg, b: &Arg| a.start < b.start + b.size && b.start < a.start + a.size;
        let before = |i: usize| self.args[..i].iter().any(|a| meets(a, &self.args[i]));
        (1..self.args.len())
            .find(|&i| before(i))
            .map(|i| &self.args[i])
    }

    fn overlap_of_many(&self) -> Option<&Arg> {
        let mut order: Vec<&Arg> = self.args.iter().collect();
        order.sort_by_key(|a| (a.start, a.at));
        let meeting = order
            .windows(2)
            .filter(|w| w[1].start < w[0].start + w[0].size);
        meeting
            .flat_map(|w| w.iter().copied().max_by_key(|a| a.at))
            .min_by_key(|a| a.at)
    }

    /// `"measure" arg "->" arg ";"`
    pub(super) fn measure(&mut self, condition: Option<Condition>) -> Res<()> {
        let name = self.advance()?;
        let qubits = self.arg(Place::Measured)?;
        self.expect(Kind::Arrow)?;
        let bits = self.arg(Place::Result)?;
        if self.token.kind != Kind::Semi {
            return Err(self.expected("SEMI"));
        }
        if qubits.size != bits.size {
            let kind = ErrorKind::MeasureSizes {
                qubits: qubits.size,
                bits: bits.size,
            };
            return Err(fail(kind, self.token));
        }
        self.angles.clear();
        self.steps.clear();
        self.args.clear();
        self.args.extend([qubits, bits]);
        self.finish(Code::Measure, condition, qubits.size, name)
    }

    /// `"reset" arg ";"`
    pub(super) fn reset(&mut self, condition: Option<Condition>) -> Res<()> {
        let name = self.advance()?;
        let qubits = self.arg(Place::Measured)?;
        self.angles.clear();
        self.steps.clear();
        self.args.clear();
        self.args.push(qubits);
        self.finish(Code::Reset, condition, qubits.size, name)
    }

    /// `"barrier" arg {"," arg} ";"`
    pub(super) fn barrier(&mut self) -> Res<()> {
        let name = self.advance()?;
        self.angles.clear();
        self.steps.clear();
        self.arg_list()?;
        self.finish(Code::Barrier, None, 1, name)
    }

    /// `"if" "(" ID "==" NAT ")" (gateop | measure | reset)`
    pub(super) fn conditional(&mut self) -> Res<()> {
        self.advance()?;
        self.expect(Kind::LParen)?;
        let name = self.name()?;
        let Some(Symbol::Creg(index)) = self.find(name) else {
            return Err(self.named(name, |name| ErrorKind::UnknownCreg { name }));
        };
        let (_, start, size) = self.cregs[index as usize];
        self.expect(Kind::Eq)?;
        let (value, token) = self.natural()?;
        let value = self.condition_value(value, size, token)?;
        self.expect(Kind::RParen)?;
        let condition = Some(Condition { start, size, value });
        if self.token.kind != Kind::Id {
            return Err(self.expected("ID or MEASURE or RESET"));
        }
        match words::look_up(self.lexer.packed(self.token)) {
            Word::Gate(gate) => self.gate_call(Some(gate), condition),
            Word::Key(Key::Measure) => self.measure(condition),
            Word::Key(Key::Reset) => self.reset(condition),
            Word::Key(key) if !key.is_soft() => Err(self.expected("ID or MEASURE or RESET")),
            _ => self.gate_call(None, condition),
        }
    }

    fn condition_value(&self, value: Option<u64>, width: u32, token: Token) -> Res<u64> {
        let text = clip_natural(self.lexer.text_of(token));
        match value {
            Some(value) if width >= 64 || value >> width == 0 => Ok(value),
            // At least 10^(n-1) for n digits, and 2^width is less than that.
            None if f64::from(width)
                > (decimals(self.lexer.text_of(token)) - 1.0) * 10f64.log2() =>
            {
                Err(fail(ErrorKind::ConditionTooLarge { value: text }, token))
            }
            _ => Err(fail(
                ErrorKind::ConditionRange { value: text, width },
                token,
            )),
        }
    }

    /// Counts a statement against the limits, hands it to the sink, consumes the `;`.
    #[inline]
    fn finish(
        &mut self,
        code: Code,
        condition: Option<Condition>,
        repeat: u32,
        name: Token,
    ) -> Res<()> {
        if self.token.kind != Kind::Semi {
            return Err(self.expected("SEMI"));
        }
        self.spend(code, repeat, name)?;
        self.sink.statement(&Statement {
            code,
            condition,
            angles: &self.angles,
            steps: &self.steps,
            args: &self.args,
            repeat,
        });
        self.advance()?;
        Ok(())
    }

    #[inline]
    fn spend(&mut self, code: Code, repeat: u32, name: Token) -> Res<()> {
        let each = match code {
            Code::Barrier => self.args.iter().map(|a| u64::from(a.size)).sum(),
            _ => self.args.len() as u64,
        };
        let repeat = u64::from(repeat);
        let spent = &mut self.spent;
        spent.operations += repeat;
        spent.operands += repeat * each;
        spent.angles += repeat * (self.angles.len() + self.steps.len()) as u64;
        let over = [
            ("operations", spent.operations, MAX_OPERATIONS),
            ("operands", spent.operands, MAX_OPERANDS),
            ("angles", spent.angles, MAX_OPERANDS),
        ];
        match over.into_iter().find(|(_, total, limit)| total > limit) {
            None => Ok(()),
            Some((what, total, limit)) => {
                Err(fail(ErrorKind::TooMuch { what, total, limit }, name))
            }
        }
    }
}

/// An error at an argument.
#[cold]
fn at(kind: ErrorKind, arg: &Arg) -> Box<QasmError> {
    Box::new(QasmError {
        kind,
        span: arg.at.0..arg.at.1,
    })
}

/// How many digits a natural number has, leading zeros aside.
fn decimals(text: &str) -> f64 {
    text.trim_start_matches('0').len() as f64
}
