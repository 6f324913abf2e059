//! Which circuits travel as a template and rows.

use std::cell::OnceCell;
use std::ops::Range;

use rayon::prelude::*;

use crate::payload::compress_text;
use crate::payload::json::escaped_len;
use crate::template::{CircuitBatch, Template, render_template};

/// When circuits of one structure travel as a template and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Never: each travels as a text of its own.
    Bound,
    /// When that is smaller.
    Smaller,
    /// As they were given, templates; but texts where that is smaller than several requests.
    Template,
}

/// What a request costs beside its body, about: headers, and an answer to wait for.
const REQUEST: usize = 16 << 10;

/// A number is at most this long (`-2.2250738585072014e-308`), and a comma follows.
pub const NUMBER: usize = 25;

/// Circuits next to each other that travel in one way.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Which circuits.
    pub circuits: Range<usize>,
    /// Their template by number, and its payload; without it they travel as texts.
    pub template: Option<(usize, String)>,
}

/// Cut a batch into segments. Circuits keep their order, so only neighbours can share a template.
///
/// `room` is what a body surely has for a circuit: texts do not take the place of templates given if they
/// might not fit.
pub fn segments(batch: &CircuitBatch, form: Form, room: usize, lengths: &Lengths) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut payloads: Vec<Option<String>> = vec![None; batch.templates.len()];
    for (template, circuits) in runs(batch) {
        let must = form == Form::Template
            && (is_all_of(batch, &circuits) || lengths.longest_item(&circuits) > room);
        let payload = match form {
            Form::Bound => None,
            _ if batch.templates[template].names.is_empty() => None,
            _ if circuits.len() < 2 && !must => None,
            _ => {
                let payload = payloads[template].get_or_insert_with(|| {
                    let template = &batch.templates[template];
                    compress_text(&render_template(&template.program, &template.names))
                });
                let chosen = must || saves(batch, template, &circuits, payload);
                chosen.then(|| payload.clone())
            }
        };
        match (segments.last_mut(), &payload) {
            (Some(last), None) if last.template.is_none() => last.circuits.end = circuits.end,
            _ => segments.push(Segment {
                circuits,
                template: payload.map(|payload| (template, payload)),
            }),
        }
    }
    segments
}

/// Neighbours of one structure whose rows follow each other.
fn runs(batch: &CircuitBatch) -> Vec<(usize, Range<usize>)> {
    let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
    for (circuit, place) in batch.places.iter().enumerate() {
        let template = place.template as usize;
        match runs.last_mut() {
            Some((last, circuits)) if *last == template => circuits.end = circuit + 1,
            _ => runs.push((template, circuit..circuit + 1)),
        }
    }
    runs
}

/// Whether the template is smaller, judged by the first circuit.
fn saves(batch: &CircuitBatch, template: usize, circuits: &Range<usize>, payload: &str) -> bool {
    let first = batch.places[circuits.start].row as usize;
    let template = &batch.templates[template];
    let values = template.row(first).unwrap_or_default();
    let Ok(text) = template.bound_text(values) else {
        return true; // reported where bodies are planned
    };
    let label = escaped_len(&batch.labels[circuits.start]);
    let digits: usize = values.iter().map(|value| format!("{value:?},").len()).sum();
    let names: usize = template
        .names
        .iter()
        .map(|name| escaped_len(name) + 1)
        .sum();
    let as_rows = payload.len() + names + circuits.len() * (label + digits + 24);
    let as_texts = circuits.len() * (label + compress_text(&text).len() + 4);
    let request = if is_all_of(batch, circuits) {
        0
    } else {
        REQUEST
    };
    as_rows + request < as_texts
}

/// Whether no other circuits go along.
fn is_all_of(batch: &CircuitBatch, circuits: &Range<usize>) -> bool {
    circuits.len() == batch.labels.len()
}

/// How long the texts of circuits may be; every template is written for it at most once.
pub struct Lengths<'a> {
    batch: &'a CircuitBatch,
    texts: OnceCell<Vec<usize>>,
}

impl<'a> Lengths<'a> {
    /// Of the circuits of a batch.
    pub fn new(batch: &'a CircuitBatch) -> Self {
        let texts = OnceCell::new();
        Lengths { batch, texts }
    }

    /// Most bytes that one of some circuits takes in a body, as a text with its label.
    pub fn longest_item(&self, circuits: &Range<usize>) -> usize {
        let texts = self
            .texts
            .get_or_init(|| self.batch.templates.par_iter().map(longest_text).collect());
        let places = self.batch.places[circuits.clone()].iter();
        let lengths = places.map(|place| texts[place.template as usize]);
        let text = lengths.max().unwrap_or(0);
        longest_label(self.batch, circuits) + (text + text / 1000 + 64) / 3 * 4 + 8
    }
}

/// Most bytes that a label of some circuits takes in JSON.
pub fn longest_label(batch: &CircuitBatch, circuits: &Range<usize>) -> usize {
    let labels = batch.labels[circuits.clone()].iter();
    6 * labels.map(String::len).max().unwrap_or(0)
}

/// Most characters that the text of a circuit has, whatever its row.
fn longest_text(template: &Template) -> usize {
    render_template(&template.program, &template.names).len() + NUMBER * template.n_numbers()
}
