//! What can be wrong with an OpenQASM 2 program, and how it is told.
//!
//! An error is its kind and its place in the source (bytes). Line, column and text are only worked out
//! when asked for, from the source the error came from. Lines end at `\n`; a `\r` before it belongs to
//! the line as its last character but is never shown. Columns count characters, from 1.

use std::ops::Range;

/// Why a program is refused. One variant per message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No token starts here.
    IllegalCharacter {
        /// The next characters of the line, at most twenty.
        text: Box<str>,
    },
    /// `/*` without `*/`.
    UnterminatedComment,
    /// Another token has to stand here.
    Expected {
        /// Names of the tokens that may, joined by ` or `.
        wanted: &'static str,
        /// Name of the token that does.
        found: &'static str,
    },
    /// No statement starts with this token.
    UnexpectedToken {
        /// Its name.
        found: &'static str,
    },
    /// No operand starts with this token.
    UnexpectedInExpression {
        /// Its name.
        found: &'static str,
    },
    /// Not version 2.
    UnsupportedVersion {
        /// As written.
        version: Box<str>,
    },
    /// A number with `.` or exponent where a count, an index or a value belongs.
    NotNatural {
        /// As written.
        found: Box<str>,
    },
    /// The name is taken.
    Redefinition {
        /// The name.
        name: Box<str>,
    },
    /// `U`, `CX`, or a gate of the included `qelib1.inc` with another meaning.
    RedefinesBuiltin {
        /// The gate.
        name: Box<str>,
    },
    /// No such gate so far.
    UnknownGate {
        /// The name.
        name: Box<str>,
    },
    /// No such quantum register so far.
    UnknownQreg {
        /// The name.
        name: Box<str>,
    },
    /// No such classical register so far.
    UnknownCreg {
        /// The name.
        name: Box<str>,
    },
    /// A name in an expression that is no parameter.
    UnknownSymbol {
        /// The name.
        name: Box<str>,
    },
    /// A call in an expression of something that is no function.
    UnknownFunction {
        /// The name.
        name: Box<str>,
    },
    /// A name in a gate body that is no qubit of the gate.
    UnknownGateQubit {
        /// The name.
        name: Box<str>,
    },
    /// A token in a gate body where a qubit of the gate belongs.
    ExpectedGateQubit,
    /// Wrong number of angles.
    ParamCount {
        /// The gate.
        gate: Box<str>,
        /// How many it takes.
        expected: u32,
        /// How many there are.
        found: u32,
    },
    /// Wrong number of qubits.
    QubitCount {
        /// How many the gate takes.
        expected: u32,
        /// How many there are.
        found: u32,
    },
    /// Wrong number of qubits, in a gate body.
    BodyQubitCount {
        /// The gate.
        gate: Box<str>,
        /// How many it takes.
        expected: u32,
        /// How many there are.
        found: u32,
    },
    /// A gate on the same qubit twice.
    DuplicateQubits {
        /// The gate.
        gate: Box<str>,
    },
    /// Registers of different sizes in one statement.
    MismatchedSizes {
        /// The gate.
        gate: Box<str>,
    },
    /// No such qubit.
    QubitRange {
        /// As written, without leading zeros.
        index: Box<str>,
        /// The register.
        register: Box<str>,
        /// Its size, where the message shows it (gates and barriers).
        size: Option<u32>,
    },
    /// No such classical bit.
    BitRange {
        /// As written, without leading zeros.
        index: Box<str>,
        /// The register.
        register: Box<str>,
    },
    /// A condition that can never hold.
    ConditionRange {
        /// As written, without leading zeros.
        value: Box<str>,
        /// Bits of the register.
        width: u32,
    },
    /// A condition beyond 64 bits.
    ConditionTooLarge {
        /// As written, without leading zeros.
        value: Box<str>,
    },
    /// A measurement of m qubits into n bits.
    MeasureSizes {
        /// Qubits.
        qubits: u32,
        /// Bits.
        bits: u32,
    },
    /// A register without bits.
    ZeroSize {
        /// The register.
        name: Box<str>,
    },
    /// Too many bits of one kind.
    TooManyBits {
        /// The register that goes over the limit.
        name: Box<str>,
        /// `qubits` or `classical bits`.
        what: &'static str,
        /// How many there would be, as text.
        total: Box<str>,
        /// How many there may be.
        limit: u32,
    },
    /// Too much, after whole registers have been spread out.
    TooMuch {
        /// `operations`, `operands` or `angles`.
        what: &'static str,
        /// How many there would be.
        total: u64,
        /// How many there may be.
        limit: u64,
    },
    /// A divisor that is zero whatever the parameters.
    DivisionByZero,
    /// Infinite or undefined, whatever the parameters.
    NotFinite,
    /// An expression nested too deeply.
    TooDeep {
        /// Levels allowed.
        limit: u32,
    },
    /// A source longer than positions can say.
    TooLong {
        /// Its bytes.
        bytes: u64,
    },
}

impl ErrorKind {
    /// The message around its position: what comes before ` at L:C` and what after.
    pub(super) fn parts(&self) -> (String, String) {
        use ErrorKind as E;
        let before = match self {
            E::IllegalCharacter { text } => {
                return ("Illegal character".into(), format!(": '{text}'"));
            }
            E::Expected { wanted, found } => {
                return (format!("Expected {wanted}"), format!(", got {found}"));
            }
            E::UnsupportedVersion { version } => {
                let after = "; only OPENQASM 2.0 is supported".into();
                return (format!("Unsupported OPENQASM version '{version}'"), after);
            }
            E::NotNatural { found } => {
                return ("Expected natural number".into(), format!(", got {found}"));
            }
            E::TooManyBits {
                name,
                what,
                total,
                limit,
            } => {
                let after = format!(" makes {total} {what} in all; the limit is {limit}");
                return (format!("Register '{name}'"), after);
            }
            E::TooMuch { what, total, limit } => {
                let after = format!(" makes {total} {what} in all; the limit is {limit}");
                return ("Statement".into(), after);
            }
            E::TooDeep { limit } => format!("Expression nested deeper than {limit} levels"),
            E::TooLong { bytes } => format!("Program of {bytes} bytes is too long"),
            E::UnterminatedComment => "Unterminated comment".into(),
            E::UnexpectedToken { found } => format!("Unexpected token {found}"),
            E::UnexpectedInExpression { found } => {
                format!("Unexpected token {found} in expression")
            }
            E::DivisionByZero => "Division by zero in expression".into(),
            E::NotFinite => "Expression is not finite".into(),
            E::ExpectedGateQubit => "Expected gate-qubit id".into(),
            _ => self.about_names(),
        };
        (before, String::new())
    }

    /// The messages about declared things.
    fn about_names(&self) -> String {
        use ErrorKind as E;
        match self {
            E::Redefinition { name } => format!("Redefinition of '{name}'"),
            E::RedefinesBuiltin { name } => format!("Cannot redefine built-in gate '{name}'"),
            E::UnknownGate { name } => format!("Unknown gate '{name}'"),
            E::UnknownQreg { name } => format!("Unknown qreg '{name}'"),
            E::UnknownCreg { name } => format!("Unknown creg '{name}'"),
            E::UnknownSymbol { name } => format!("Unknown symbol '{name}' in expression"),
            E::UnknownFunction { name } => format!("Unknown function '{name}' in expression"),
            E::UnknownGateQubit { name } => format!("Unknown gate-qubit '{name}' in gate body"),
            E::ParamCount {
                gate,
                expected,
                found,
            } => {
                format!("Gate '{gate}' expects {expected} params, got {found}")
            }
            E::QubitCount { expected, found } => {
                format!("Expected {expected} qubit args, got {found}")
            }
            E::BodyQubitCount {
                gate,
                expected,
                found,
            } => {
                format!("Gate '{gate}' expects {expected} qubit args in body, got {found}")
            }
            E::DuplicateQubits { gate } => format!("Duplicate qubit arguments for gate '{gate}'"),
            E::MismatchedSizes { gate } => {
                format!("Mismatched register sizes in arguments to '{gate}'")
            }
            E::QubitRange {
                index,
                register,
                size: Some(size),
            } => {
                format!("Qubit index {index} out of range for '{register}[{size}]'")
            }
            E::QubitRange {
                index,
                register,
                size: None,
            } => {
                format!("Qubit index {index} out of range for '{register}'")
            }
            E::BitRange { index, register } => {
                format!("Bit index {index} out of range for '{register}'")
            }
            E::ConditionRange { value, width } => {
                format!("if() value {value} exceeds creg width {width}")
            }
            E::ConditionTooLarge { value } => {
                format!("if() value {value} is too large; the limit is {}", u64::MAX)
            }
            E::MeasureSizes { qubits, bits } => {
                format!("Measurement size mismatch {qubits} -> {bits}")
            }
            E::ZeroSize { name } => format!("Register '{name}' has size zero"),
            // The rest is worded in `parts`.
            _ => String::new(),
        }
    }
}

/// A refused program: why and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QasmError {
    /// Why.
    pub kind: ErrorKind,
    /// The bytes of the source at fault.
    pub span: Range<usize>,
}
