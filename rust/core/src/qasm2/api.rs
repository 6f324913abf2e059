#![allow(missing_docs)]
use super::*;
use super::placeholders::Placeholders;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths { pub n_qubits: u32, pub n_clbits: u32 }
pub fn parse(src: &str, params: &[&str]) -> Result<Program, QasmError> { parse_with_spans(src, params).map(|p| p.0) }
pub fn parse_with_spans(src: &str, params: &[&str]) -> Result<(Program, Vec<AngleSpan>), QasmError> { parser::build(src, &Placeholders::new(params)).map_err(|e| *e) }
pub fn validate(src: &str, params: &[&str]) -> Result<Widths, QasmError> { parser::check(src, &Placeholders::new(params)).map_err(|e| *e) }
pub fn validate_batch(src: &[&str], params: &[&str]) -> Result<Vec<Widths>, (usize, QasmError)> { src.iter().enumerate().map(|(i, s)| validate(s, params).map_err(|e| (i, e))).collect() }
pub fn count_qubits(src: &str) -> Result<u32, QasmError> { validate(src, &[]).map(|w| w.n_qubits) }
pub fn scan_number(src: &[u8], at: usize) -> Option<(f64, usize)> {
    let digit = |i: usize| src.get(i).is_some_and(u8::is_ascii_digit);
    if !(digit(at) || src.get(at) == Some(&b'.') && digit(at + 1)) { return None; }
    let (number, end) = number::Number::scan(src, at);
    Some((number.value(std::str::from_utf8(&src[at..end]).ok()?), end))
}
impl Program {
    pub fn depth(&self) -> u32 { self.ops.len() as u32 }
    pub fn gate_counts(&self) -> Vec<(String, u64)> { Vec::new() }
}
