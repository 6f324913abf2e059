//! Tokens to statements: recursive descent with one token in hand.
//!
//! The parser is generic over its [`Sink`], so that validation and building are one grammar compiled
//! twice, and their verdicts cannot differ.

mod declarations;
mod expressions;
mod gate_bodies;
mod operations;
mod plain;

use super::errors::{ErrorKind, QasmError};
use super::gates::Gate;
use super::lexer::{Kind, Lexer, Res, Token};
use super::names::{Locals, Names, Symbol};
use super::placeholders::Placeholders;
use super::program::{Code, Instr, Register};
use super::sink::{Angle, Arg, Bodies, Builder, Nothing, Sink};
use super::words::{self, Key, Word};
use super::{AngleSpan, Program, Widths};

/// Most qubits, and most classical bits, of a program.
pub const MAX_BITS: u32 = 1 << 20;
/// Most operations of a program, whole registers spread out.
pub const MAX_OPERATIONS: u64 = 1 << 24;
/// Most operands of all operations, and most steps of all angle expressions.
pub const MAX_OPERANDS: u64 = 1 << 26;
/// Deepest nesting of an expression.
pub const MAX_NESTING: u32 = 128;

/// Reads a program, and the places of its plain numbers.
pub(super) fn build(src: &str, params: &Placeholders<'_>) -> Res<(Program, Vec<AngleSpan>)> {
    let mut parser = Parser::new(src, params, Builder::default())?;
    parser.program()?;
    Ok(parser.sink.finish())
}

/// Checks a program.
pub(super) fn check(src: &str, params: &Placeholders<'_>) -> Res<Widths> {
    let mut parser = Parser::new(src, params, Nothing)?;
    let verdict = parser.program();
    if parser.needs_bodies {
        // A rare case: a gate of qelib1.inc is defined again and the bodies must be compared.
        let mut parser = Parser::new(src, params, Bodies::default())?;
        return parser.program();
    }
    verdict
}

/// Reads the declarations only, and gives the number of qubits.
pub(super) fn count(src: &str) -> Res<u32> {
    let none = Placeholders::new(&[]);
    let mut parser = Parser::new(src, &none, Nothing)?;
    while parser.token.kind != Kind::Eof {
        parser.declaration()?;
    }
    Ok(total(&parser.qregs))
}

/// A gate the program defines, as its callers see it.
#[derive(Clone, Copy)]
struct Signature {
    n_params: u32,
    n_qubits: u32,
}

/// What has been spent of the limits.
#[derive(Clone, Copy, Default)]
struct Spent {
    operations: u64,
    operands: u64,
    angles: u64,
}

struct Parser<'s, 'p, S> {
    lexer: Lexer<'s, 'p>,
    /// The token in hand: the first one not yet consumed.
    token: Token,
    sink: S,
    names: Names<'s>,
    qregs: Vec<(&'s str, u32, u32)>,
    cregs: Vec<(&'s str, u32, u32)>,
    gates: Vec<Signature>,
    placeholders: &'p Placeholders<'p>,
    /// Whether `qelib1.inc` has been included.
    included: bool,
    /// Whether the verdict hangs on gate bodies that this sink does not keep.
    needs_bodies: bool,
    spent: Spent,
    /// The registers used last by plain statements: classical, quantum.
    recent: [plain::Recent; 2],
    /// The gate definition being read.
    locals: Option<Locals<'s>>,
    /// Scratch space of the statement being read.
    angles: Vec<Angle>,
    steps: Vec<Instr>,
    args: Vec<Arg>,
    /// For each number in the gate body being read where it stands, if it is plain.
    constants: Vec<Option<(u32, u32)>>,
}

impl<'s, 'p, S: Sink> Parser<'s, 'p, S> {
    fn new(src: &'s str, placeholders: &'p Placeholders<'p>, sink: S) -> Res<Self> {
        if u32::try_from(src.len()).is_err() {
            let kind = ErrorKind::TooLong {
                bytes: src.len() as u64,
            };
            return Err(Box::new(QasmError { kind, span: 0..0 }));
        }
        let mut lexer = Lexer::new(src);
        Ok(Parser {
            token: lexer.next()?,
            lexer,
            sink,
            names: Names::new(),
            qregs: Vec::new(),
            cregs: Vec::new(),
            gates: Vec::new(),
            placeholders,
            included: false,
            needs_bodies: false,
            spent: Spent::default(),
            recent: [plain::Recent::NONE; 2],
            locals: None,
            angles: Vec::new(),
            steps: Vec::new(),
            args: Vec::new(),
            constants: Vec::new(),
        })
    }

    /// `program := "OPENQASM" ("2.0"|"2") ";" statement*`
    fn program(&mut self) -> Res<Widths> {
        self.header()?;
        self.plain_statements()?;
        while self.token.kind != Kind::Eof {
            self.statement()?;
            self.plain_statements()?;
        }
        let widths = Widths {
            n_qubits: total(&self.qregs),
            n_clbits: total(&self.cregs),
        };
        if S::OPERATIONS {
            self.sink
                .registers(registers(&self.qregs), registers(&self.cregs));
        }
        Ok(widths)
    }

    fn header(&mut self) -> Res<()> {
        if self.lexer.key(self.token) != Some(Key::OpenQasm) {
            return Err(self.expected("OPENQASM"));
        }
        self.advance()?;
        let version = self.expect(Kind::Number)?;
        let text = self.lexer.text_of(version);
        if !matches!(text, "2.0" | "2") {
            return Err(fail(
                ErrorKind::UnsupportedVersion {
                    version: clip(text),
                },
                version,
            ));
        }
        self.expect(Kind::Semi)?;
        Ok(())
    }

    #[inline]
    fn statement(&mut self) -> Res<()> {
        if self.token.kind != Kind::Id {
            return Err(self.unexpected());
        }
        match words::look_up(self.lexer.packed(self.token)) {
            Word::Gate(gate) => self.gate_call(Some(gate), None),
            Word::Name => self.gate_call(None, None),
            Word::Key(key) => self.keyword(key),
        }
    }

    fn keyword(&mut self, key: Key) -> Res<()> {
        match key {
            Key::Measure => self.measure(None),
            Key::Reset => self.reset(None),
            Key::Barrier => self.barrier(),
            Key::If => self.conditional(),
            Key::Qreg | Key::Creg => self.register(key == Key::Qreg),
            Key::Gate | Key::Opaque => self.gate_definition(key == Key::Opaque),
            Key::Include => self.include(),
            _ if key.is_soft() && self.is_gate(self.token) => self.gate_call(None, None),
            Key::Qubit | Key::Bit => self.bits(key == Key::Qubit),
            _ => Err(self.unexpected()),
        }
    }

    /// Whether the program defines a gate of this name.
    fn is_gate(&mut self, name: Token) -> bool {
        matches!(self.find(name), Some(Symbol::Gate(_)))
    }

    /// What the program has given the name to.
    #[inline]
    fn find(&mut self, name: Token) -> Option<Symbol> {
        self.names
            .find(self.lexer.packed(name), self.lexer.text_of(name))
    }

    /// The gate that a name calls here.
    #[inline]
    fn gate(&mut self, builtin: Option<Gate>, name: Token) -> Res<Code> {
        if let Some(gate) = builtin {
            return Ok(self
                .names
                .shadow(gate)
                .map_or(Code::Builtin(gate), Code::Defined));
        }
        match self.find(name) {
            Some(Symbol::Gate(index)) => Ok(Code::Defined(index)),
            _ => Err(self.named(name, |name| ErrorKind::UnknownGate { name })),
        }
    }

    /// Consumes the token in hand.
    #[inline]
    fn advance(&mut self) -> Res<Token> {
        let token = self.token;
        self.token = self.lexer.next()?;
        Ok(token)
    }

    /// Consumes a token of the given kind.
    #[inline]
    fn expect(&mut self, kind: Kind) -> Res<Token> {
        if self.token.kind == kind {
            self.advance()
        } else {
            Err(self.expected(kind.name()))
        }
    }

    /// Consumes a comma, if there is one.
    #[inline]
    fn comma(&mut self) -> Res<bool> {
        let found = self.token.kind == Kind::Comma;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Consumes a name that is not reserved.
    fn name(&mut self) -> Res<Token> {
        if !self.is_name(self.token) {
            return Err(self.expected("ID"));
        }
        self.advance()
    }

    fn is_name(&self, token: Token) -> bool {
        token.kind == Kind::Id && self.lexer.key(token).is_none_or(Key::is_soft)
    }

    /// Consumes a natural number: its value if that fits, and its token.
    #[inline]
    fn natural(&mut self) -> Res<(Option<u64>, Token)> {
        if self.token.kind != Kind::Number {
            return Err(self.expected("NUMBER"));
        }
        let (number, text) = (self.lexer.number, self.lexer.text_of(self.token));
        if !number.is_natural() {
            return Err(fail(
                ErrorKind::NotNatural { found: clip(text) },
                self.token,
            ));
        }
        Ok((number.natural(text), self.advance()?))
    }

    #[cold]
    fn expected(&self, wanted: &'static str) -> Box<QasmError> {
        let found = self.lexer.name_of(self.token);
        fail(ErrorKind::Expected { wanted, found }, self.token)
    }

    #[cold]
    fn unexpected(&self) -> Box<QasmError> {
        let found = self.lexer.name_of(self.token);
        fail(ErrorKind::UnexpectedToken { found }, self.token)
    }

    /// The text of a token for a message.
    #[cold]
    fn spelled(&self, token: Token) -> Box<str> {
        clip(self.lexer.text_of(token))
    }

    /// An error about the name that a token is.
    #[cold]
    fn named(&self, token: Token, kind: impl FnOnce(Box<str>) -> ErrorKind) -> Box<QasmError> {
        fail(kind(self.spelled(token)), token)
    }
}

/// An error at a token.
#[cold]
fn fail(kind: ErrorKind, token: Token) -> Box<QasmError> {
    Box::new(QasmError {
        kind,
        span: token.start..token.end,
    })
}

/// Text of a name or number for a message.
#[cold]
fn clip(text: &str) -> Box<str> {
    const SHOWN: usize = 100;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// A natural number for a message, without leading zeros.
#[cold]
fn clip_natural(text: &str) -> Box<str> {
    let digits = text.trim_start_matches('0');
    clip(if digits.is_empty() { "0" } else { digits })
}

fn total(registers: &[(&str, u32, u32)]) -> u32 {
    registers.last().map_or(0, |(_, start, size)| start + size)
}

fn registers(list: &[(&str, u32, u32)]) -> Vec<Register> {
    let register = |&(name, start, size): &(&str, u32, u32)| Register {
        name: name.into(),
        start,
        size,
    };
    list.iter().map(register).collect()
}
