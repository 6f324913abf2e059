//! Which circuits travel as a template and rows.

use std::ops::Range;

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
    /// Whenever there are parameters.
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
pub fn segments(batch: &CircuitBatch, form: Form) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut payloads: Vec<Option<String>> = vec![None; batch.templates.len()];
    for (template, circuits) in runs(batch) {
        let payload = match form {
            Form::Bound => None,
            _ if batch.templates[template].names.is_empty() => None,
            Form::Smaller if circuits.len() < 2 => None,
            _ => {
                let payload = payloads[template].get_or_insert_with(|| {
                    let template = &batch.templates[template];
                    compress_text(&render_template(&template.program, &template.names))
                });
                let chosen = form == Form::Template || saves(batch, template, &circuits, payload);
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
    let alone = circuits.len() == batch.labels.len();
    as_rows + if alone { 0 } else { REQUEST } < as_texts
}

/// Most characters that the text of a circuit has, whatever its row.
pub fn longest_text(template: &Template) -> usize {
    render_template(&template.program, &template.names).len() + NUMBER * template.n_numbers()
}
