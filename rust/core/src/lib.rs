//! Everything in Vivace that touches bytes, syntax or large arrays.
//!
//! | module | what it does |
//! |---|---|
//! | [`qasm2`] | OpenQASM 2: lex, parse, validate, measure widths and depth |
//! | [`template`] | factor circuits of one structure into a template and its parameter rows, and back |
//! | [`native`] | programs in the gate set simulators run, and their angles for blocks of rows |
//! | [`cone`] | light cones: the part of a circuit a Pauli word depends on, and which words share one |
//! | [`product`] | matrix product states: their bonds, their cost, the order of the qubits |
//! | [`parity`] | values of diagonal words from probabilities |
//! | [`payload`] | gzip + base64 both ways, exact request sizes, greedy chunks |
//! | [`histogram`] | QH1 / QH2 count histograms both ways |
//! | [`pauli`] | Pauli words: check, pad, sparse form, wire form both ways |
//! | [`shots`] | shot ranges: check, tile, restrict to a chunk |
//! | [`counts`] | counts of many circuits in flat arrays |
//! | [`sample`] | seeded counts from a row of probabilities |
//! | [`upload`] | a submission as the request bodies that carry it |

#![forbid(unsafe_code)]

pub mod cone;
pub mod counts;
pub mod histogram;
pub mod native;
pub mod parity;
pub mod pauli;
pub mod payload;
pub mod product;
pub mod qasm2;
pub mod sample;
pub mod shots;
pub mod template;
pub mod upload;
