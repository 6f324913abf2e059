//! Reading and checking whole programs.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::lexer::Res;
use super::parser;
use super::placeholders::Placeholders;
use super::{AngleSpan, Program, QasmError};

/// Batches of fewer bytes are checked on the caller's thread.
const SMALL_BATCH: usize = 32 * 1024;

/// How many bits a program declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Widths {
    /// Qubits in all registers.
    pub n_qubits: u32,
    /// Classical bits in all registers.
    pub n_clbits: u32,
}

/// Reads a program. `params` are the names of placeholders in gate arguments.
///
/// ```
/// use vivace_core::qasm2::{Instr, parse};
/// let program = parse("OPENQASM 2.0; qreg q[1]; rx(2*t) q[0];", &["t"])?;
/// assert_eq!(&*program.symbols[0].1, [Instr::Const(2.0), Instr::Param(0), Instr::Mul]);
/// # Ok::<(), vivace_core::qasm2::QasmError>(())
/// ```
///
/// # Errors
/// Says what is wrong first.
pub fn parse(src: &str, params: &[&str]) -> Result<Program, QasmError> {
    parse_with_spans(src, params).map(|(program, _)| program)
}

/// Reads a program, and where its plain numbers stand: with other numbers in these places, the text is the
/// same program with other numbers.
///
/// # Errors
/// Says what is wrong first.
pub fn parse_with_spans(
    src: &str,
    params: &[&str],
) -> Result<(Program, Vec<AngleSpan>), QasmError> {
    parser::build(src, &Placeholders::new(params)).map_err(|e| *e)
}

/// Checks a program: accepts exactly what [`parse`] accepts, with the same errors.
///
/// ```
/// use vivace_core::qasm2::validate;
/// let src = "OPENQASM 2.0; qreg q[2]; cx q[0],q[0];";
/// let message = validate(src, &[]).unwrap_err().message(src);
/// assert_eq!(message, "Duplicate qubit arguments for gate 'cx' at 1:34");
/// ```
///
/// # Errors
/// Says what is wrong first.
pub fn validate(src: &str, params: &[&str]) -> Result<Widths, QasmError> {
    parser::check(src, &Placeholders::new(params)).map_err(|e| *e)
}

/// How many qubits a program declares. Declarations are checked; of everything else only that it consists
/// of tokens.
///
/// ```
/// use vivace_core::qasm2::count_qubits;
/// assert_eq!(count_qubits("qreg q[3]; unknown_gate q[0];"), Ok(3));
/// ```
///
/// # Errors
/// Says what is wrong with a declaration, or where no token begins.
pub fn count_qubits(src: &str) -> Result<u32, QasmError> {
    parser::count(src).map_err(|e| *e)
}

/// Checks many programs, on all cores if there is much to read.
///
/// # Errors
/// The first program, in order, that is refused, and why.
pub fn validate_batch(
    sources: &[&str],
    params: &[&str],
) -> Result<Vec<Widths>, (usize, QasmError)> {
    let params = Placeholders::new(params);
    let check = |src: &str| parser::check(src, &params);
    let verdict = if sources.iter().map(|s| s.len()).sum::<usize>() < SMALL_BATCH {
        let numbered = sources.iter().enumerate();
        numbered
            .map(|(index, src)| check(src).map_err(|e| (index, e)))
            .collect()
    } else {
        on_all_cores(sources, &check)
    };
    verdict.map_err(|(index, error)| (index, *error))
}

/// Checks all sources. What comes after a refused one may stay unread.
fn on_all_cores(
    sources: &[&str],
    check: &(impl Fn(&str) -> Res<Widths> + Sync),
) -> Result<Vec<Widths>, (usize, Box<QasmError>)> {
    let refused = AtomicUsize::new(usize::MAX);
    let verdict = |(index, src): (usize, &&str)| {
        if index > refused.load(Ordering::Relaxed) {
            return Ok(Widths::default());
        }
        check(src).map_err(|error| {
            refused.fetch_min(index, Ordering::Relaxed);
            (index, error)
        })
    };
    let verdicts: Vec<_> = sources.par_iter().enumerate().map(verdict).collect();
    verdicts.into_iter().collect()
}
