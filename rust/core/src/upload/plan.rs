//! Bodies, from any circuit on.

use std::fmt;
use std::ops::Range;

use rayon::prelude::*;

use super::body::{Body, Coding, Request};
use super::form::{Form, Lengths, NUMBER, Segment, longest_label, segments};
use crate::payload::json::escaped_len;
use crate::payload::{BodyError, BoundBody, Fragment, TemplateBody, TooLarge, compress_text};
use crate::qasm2::{Instr, evaluate};
use crate::shots::{ShotRange, restrict};
use crate::template::{CircuitBatch, RenderError, Template};

/// Bodies that are made at a time: enough to keep all cores busy, few enough to hold.
const AHEAD: usize = 3;

/// What is left of a body for its items, at the least, before every item is looked at one by one.
const SLACK: usize = 4096;

/// A submission, ready to be written.
///
/// Nothing that grows with the number of circuits is kept, and everything that can be refused is
/// refused when it is built, so bodies can be written late, again, and from any circuit on.
#[derive(Clone, Debug)]
pub struct Upload {
    segments: Vec<Segment>,
    members: String,
    ranges: Vec<ShotRange>,
    cap: usize,
}

/// Why a submission cannot be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum UploadError {
    /// A circuit does not fit into a request, though it travels alone.
    TooLarge {
        /// Label of the circuit or row.
        label: String,
        /// Length of the template's payload, where it is the template that does not fit.
        template: Option<usize>,
        /// How long the request would be.
        size: TooLarge,
    },
    /// An angle comes out as something that is no number.
    Angle {
        /// Label of the circuit.
        label: String,
        /// Which gate, and what comes out.
        error: RenderError,
    },
    /// Bodies that cannot be built from these parts.
    Body(BodyError),
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UploadError::TooLarge {
                template: Some(length),
                size,
                ..
            } => write!(
                f,
                "Compressed circuit_template ({length} bytes) with the request's other fields exceeds the \
                 per-request payload cap ({:.2} MB)",
                size.cap as f64 / f64::from(1 << 20)
            ),
            UploadError::TooLarge { label, size, .. } => write!(
                f,
                "Circuit '{label}' alone needs a request of {} bytes ({} of them in every request), the cap \
                 is {} bytes. Submit a smaller circuit, or fewer observables.",
                size.size, size.fixed, size.cap
            ),
            UploadError::Angle { label, error } => write!(f, "Circuit '{label}': {error}"),
            UploadError::Body(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UploadError {}

impl UploadError {
    /// Label of the circuit that is to blame.
    pub fn label(&self) -> Option<&str> {
        match self {
            UploadError::TooLarge { label, .. } | UploadError::Angle { label, .. } => Some(label),
            UploadError::Body(_) => None,
        }
    }
}

/// JSON members that say what to measure: the same for all circuits, or shot ranges.
#[derive(Clone, Copy, Debug)]
struct Measurement<'a> {
    members: &'a str,
    ranges: &'a [ShotRange],
    offset: usize,
}

impl Fragment for Measurement<'_> {
    fn len(&self, items: Range<usize>) -> usize {
        if self.ranges.is_empty() {
            return self.members.len();
        }
        let mut out = Vec::new();
        self.write(items, &mut out);
        out.len()
    }

    fn write(&self, items: Range<usize>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.members.as_bytes());
        if self.ranges.is_empty() {
            return;
        }
        if !self.members.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(br#""shot_groups":["#);
        let chunk = items.start + self.offset..items.end + self.offset;
        for (i, range) in restrict(self.ranges, &[chunk]).iter().flatten().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let triple = format!("{comma}[{},{},{}]", range.start, range.end, range.shots);
            out.extend_from_slice(triple.as_bytes());
        }
        out.push(b']');
    }
}

impl Upload {
    /// Plan the bodies of a batch.
    ///
    /// `members` are finished JSON members that go into every body, such as `"shots":1000`; `ranges`
    /// are shot ranges that tile the batch, or none. No body will be longer than `cap`, before it is coded:
    /// the same circuits share a body however it travels.
    pub fn new(
        batch: &CircuitBatch,
        members: &str,
        ranges: &[ShotRange],
        cap: usize,
        form: Form,
    ) -> Result<Self, UploadError> {
        let mut upload = Upload {
            segments: Vec::new(),
            members: members.to_owned(),
            ranges: ranges.to_vec(),
            cap,
        };
        let form = if ranges.is_empty() { form } else { Form::Bound };
        let lengths = Lengths::new(batch);
        upload.segments = segments(batch, form, upload.room(), &lengths);
        check_angles(batch)?;
        for segment in &upload.segments {
            if !upload.surely_fits(batch, segment, &lengths) {
                let mut from = segment.circuits.start;
                while from < segment.circuits.end {
                    let bodies = upload.write(batch, from, Coding::Identity)?;
                    from = bodies
                        .last()
                        .map_or(segment.circuits.end, |body| body.circuits.end);
                }
            }
        }
        Ok(upload)
    }

    /// The next few bodies, from circuit `from` on; none at the end of the batch.
    pub fn write(
        &self,
        batch: &CircuitBatch,
        from: usize,
        coding: Coding,
    ) -> Result<Vec<Body>, UploadError> {
        let at = self
            .segments
            .partition_point(|segment| segment.circuits.end <= from);
        let Some(segment) = self.segments.get(at) else {
            return Ok(Vec::new());
        };
        let mut number = self.first_guess(batch, segment, from)?;
        loop {
            let circuits = from..segment.circuits.end.min(from.saturating_add(number));
            let at_end = circuits.end == segment.circuits.end;
            let request = Request {
                circuits,
                at_end,
                coding,
            };
            let bodies = match &segment.template {
                Some((template, payload)) => self.rows(batch, *template, payload, request)?,
                None => self.texts(batch, request)?,
            };
            if !bodies.is_empty() {
                return Ok(bodies);
            }
            number = number.saturating_mul(2);
        }
    }

    fn texts(&self, batch: &CircuitBatch, request: Request) -> Result<Vec<Body>, UploadError> {
        let circuits = &request.circuits;
        let labels: Vec<&str> = batch.labels[circuits.clone()]
            .iter()
            .map(String::as_str)
            .collect();
        let payloads = circuits
            .clone()
            .into_par_iter()
            .map(|circuit| compressed(batch, circuit))
            .collect::<Result<Vec<_>, _>>()?;
        let payloads: Vec<&str> = payloads.iter().map(String::as_str).collect();
        let last = circuits.end == batch.labels.len();
        let measurement = self.measurement(circuits.start);
        let body =
            BoundBody::new(&labels, &payloads, measurement, last).map_err(UploadError::Body)?;
        let chunks = body
            .plan(self.cap)
            .map_err(|size| too_large(labels[size.index], None, size))?;
        Ok(request.bodies(chunks, |items| body.write(items)))
    }

    fn rows(
        &self,
        batch: &CircuitBatch,
        template: usize,
        payload: &str,
        request: Request,
    ) -> Result<Vec<Body>, UploadError> {
        let circuits = &request.circuits;
        let template = &batch.templates[template];
        let names: Vec<&str> = template.names.iter().map(String::as_str).collect();
        let labels: Vec<&str> = batch.labels[circuits.clone()]
            .iter()
            .map(String::as_str)
            .collect();
        // Rows are in the order of their circuits, so neighbours of one template are neighbours there.
        let first = batch.places[circuits.start].row as usize * names.len();
        let values = &template.rows[first..first + circuits.len() * names.len()];
        let last = circuits.end == batch.labels.len();
        let measurement = self.measurement(circuits.start);
        let body = TemplateBody::new(payload, &names, &labels, values, measurement, last)
            .map_err(UploadError::Body)?;
        let chunks = body.plan(self.cap).map_err(|size| {
            let template = (size.fixed >= self.cap).then_some(payload.len());
            too_large(labels[size.index], template, size)
        })?;
        Ok(request.bodies(chunks, |items| body.write(items)))
    }

    fn measurement(&self, offset: usize) -> Measurement<'_> {
        Measurement {
            members: &self.members,
            ranges: &self.ranges,
            offset,
        }
    }

    /// How many circuits are likely to fill a few bodies, going by the first of them.
    fn first_guess(
        &self,
        batch: &CircuitBatch,
        segment: &Segment,
        from: usize,
    ) -> Result<usize, UploadError> {
        let label = escaped_len(&batch.labels[from]);
        let size = match &segment.template {
            Some((template, _)) => label + batch.templates[*template].names.len() * 20 + 24,
            None => label + compressed(batch, from)?.len() + 4,
        };
        Ok((AHEAD * self.cap / size.max(1)).clamp(16, 1 << 20))
    }

    /// Whether every circuit fits into a body, by a bound that takes no look at each.
    fn surely_fits(&self, batch: &CircuitBatch, segment: &Segment, lengths: &Lengths) -> bool {
        let item = match &segment.template {
            Some((template, payload)) => {
                let names = &batch.templates[*template].names;
                let names_len: usize = names.iter().map(|name| escaped_len(name) + 1).sum();
                let label = longest_label(batch, &segment.circuits);
                label + payload.len() + names_len + names.len() * NUMBER
            }
            None => lengths.longest_item(&segment.circuits),
        };
        item <= self.room()
    }

    /// What a body surely has for its items, in bytes.
    fn room(&self) -> usize {
        let ranges = if self.ranges.is_empty() { 0 } else { 80 };
        self.cap.saturating_sub(self.members.len() + ranges + SLACK)
    }
}

fn compressed(batch: &CircuitBatch, circuit: usize) -> Result<String, UploadError> {
    let place = batch.places[circuit];
    let template = &batch.templates[place.template as usize];
    let values = template.row(place.row as usize).unwrap_or_default();
    let text = template
        .bound_text(values)
        .map_err(|error| UploadError::Angle {
            label: batch.labels[circuit].clone(),
            error,
        })?;
    Ok(compress_text(&text))
}

fn too_large(label: &str, template: Option<usize>, size: TooLarge) -> UploadError {
    UploadError::TooLarge {
        label: label.to_owned(),
        template,
        size,
    }
}

/// Refuse angles that come out as something that is no number, in the order of the circuits.
fn check_angles(batch: &CircuitBatch) -> Result<(), UploadError> {
    let bad = |template: &Template| {
        let exprs: Vec<&[Instr]> = template
            .program
            .symbols
            .iter()
            .map(|(_, expr)| &**expr)
            .filter(|expr| expr.len() > 1)
            .collect();
        let row_is_bad = |&row: &usize| {
            let values = template.row(row).unwrap_or_default();
            exprs.iter().any(|expr| !evaluate(expr, values).is_finite())
        };
        let rows = if exprs.is_empty() {
            0
        } else {
            template.circuits.len()
        };
        let row = (0..rows).into_par_iter().find_first(row_is_bad)?;
        Some(template.circuits[row] as usize)
    };
    match batch.templates.iter().filter_map(bad).min() {
        Some(circuit) => compressed(batch, circuit).map(|_| ()),
        None => Ok(()),
    }
}
