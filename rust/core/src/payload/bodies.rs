//! The bodies of `add_circuits`: measured exactly, then written.
//!
//! ```text
//! bound     {"circuits":{label:z,…},"mode":"append","finalized":"false",<measurement>}
//! template  {"circuit_template":z,"parameter_names":[name,…],
//!            "parameter_sets":[{"label":label,"values":[number,…]},…],"mode":…
//! ```
//!
//! A measurement is a [`Fragment`]: finished JSON members such as `"shots":1000`. Labels become keys
//! of an object and are taken as they come: that they are distinct is checked where circuits are.

use std::fmt;
use std::ops::Range;

use super::chunks::{TooLarge, plan_with};
use super::json::{NotFinite, escaped_len, write_escaped, write_number};

/// JSON members (`"key":value`, comma-separated, no braces) that go with some items of a body.
///
/// Any `&str` is a fragment that all chunks share; an empty one adds nothing. Shot groups differ from
/// chunk to chunk, since their indices start again at each: they implement this by restricting the
/// ranges to `items`.
pub trait Fragment {
    /// Exact length of what [`write`](Fragment::write) appends. Asked O(log n) times per chunk; it
    /// should not shrink by much as `items` grows, or chunks end up shorter than they could be.
    fn len(&self, items: Range<usize>) -> usize;

    /// Append the members for these items.
    fn write(&self, items: Range<usize>, out: &mut Vec<u8>);
}

impl Fragment for &str {
    fn len(&self, _: Range<usize>) -> usize {
        str::len(self)
    }

    fn write(&self, _: Range<usize>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

/// What follows the items in both kinds of body.
#[derive(Clone, Copy, Debug)]
struct Tail<M> {
    measurement: M,
    items: usize,
    last: bool,
}

impl<M: Fragment> Tail<M> {
    fn mode(&self, items: &Range<usize>) -> &'static str {
        if self.last && items.end == self.items {
            r#","mode":"append","finalized":"true""#
        } else {
            r#","mode":"append","finalized":"false""#
        }
    }

    fn len(&self, items: Range<usize>) -> usize {
        let mode = self.mode(&items).len();
        match self.measurement.len(items) {
            0 => mode + 1,
            len => mode + 1 + len + 1,
        }
    }

    fn write(&self, items: Range<usize>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.mode(&items).as_bytes());
        if self.measurement.len(items.clone()) > 0 {
            out.push(b',');
            self.measurement.write(items, out);
        }
        out.push(b'}');
    }
}

/// Bodies that carry circuits as compressed texts.
#[derive(Clone, Debug)]
pub struct BoundBody<'a, M> {
    labels: &'a [&'a str],
    circuits: &'a [&'a str],
    sizes: Vec<usize>,
    tail: Tail<M>,
}

impl<'a, M: Fragment> BoundBody<'a, M> {
    const HEAD: &'static [u8] = br#"{"circuits":{"#;

    /// `circuits` are payloads ([`compress_text`](super::compress_text)), one per label. `last` says
    /// that these circuits end the submission, so that their last chunk is marked as final.
    pub fn new(
        labels: &'a [&'a str],
        circuits: &'a [&'a str],
        measurement: M,
        last: bool,
    ) -> Result<Self, BodyError> {
        if labels.len() != circuits.len() {
            let (expected, found) = (labels.len(), circuits.len());
            return Err(BodyError::Shape {
                what: "circuits",
                expected,
                found,
            });
        }
        let pairs = labels.iter().zip(circuits);
        let sizes = pairs
            .map(|(label, z)| escaped_len(label) + 1 + escaped_len(z))
            .collect();
        let tail = Tail {
            measurement,
            items: labels.len(),
            last,
        };
        Ok(BoundBody {
            labels,
            circuits,
            sizes,
            tail,
        })
    }

    /// The chunks to send.
    pub fn plan(&self, cap: usize) -> Result<Vec<Range<usize>>, TooLarge> {
        plan_with(&self.sizes, cap, |items| self.fixed(items))
    }

    /// Exact length of a chunk's body.
    pub fn len(&self, items: Range<usize>) -> usize {
        let sizes = &self.sizes[items.clone()];
        self.fixed(items) + sizes.iter().sum::<usize>() + sizes.len().saturating_sub(1)
    }

    /// A chunk's body.
    pub fn write(&self, items: Range<usize>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len(items.clone()));
        out.extend_from_slice(Self::HEAD);
        for (i, item) in items.clone().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            write_escaped(&mut out, self.labels[item]);
            out.push(b':');
            write_escaped(&mut out, self.circuits[item]);
        }
        out.push(b'}');
        self.tail.write(items, &mut out);
        out
    }

    fn fixed(&self, items: Range<usize>) -> usize {
        Self::HEAD.len() + 1 + self.tail.len(items)
    }
}

/// Bodies that carry one compressed template and rows of values.
///
/// Rows are rendered when the body is built, so measuring them is exact and writing them is a copy.
#[derive(Clone, Debug)]
pub struct TemplateBody<M> {
    head: Vec<u8>,
    rows: Vec<u8>,
    sizes: Vec<usize>,
    /// Where each row starts in `rows`, and where the last one ends.
    starts: Vec<usize>,
    tail: Tail<M>,
}

impl<M: Fragment> TemplateBody<M> {
    /// `template` is a payload ([`compress_text`](super::compress_text)); `values` is a matrix, row by
    /// row, of one row per label and one column per name. `last` says that these rows end the
    /// submission.
    pub fn new(
        template: &str,
        names: &[&str],
        labels: &[&str],
        values: &[f64],
        measurement: M,
        last: bool,
    ) -> Result<Self, BodyError> {
        let (expected, found) = (labels.len() * names.len(), values.len());
        if expected != found {
            return Err(BodyError::Shape {
                what: "values",
                expected,
                found,
            });
        }
        let mut rows = Vec::with_capacity(labels.len() * 32 + values.len() * 20);
        let mut starts = vec![0];
        let mut above = vec![Number::default(); names.len()];
        for (row, label) in labels.iter().enumerate() {
            let values = &values[row * names.len()..][..names.len()];
            write_row(&mut rows, label, values, &mut above)
                .map_err(|(column, error)| BodyError::NotFinite { row, column, error })?;
            starts.push(rows.len());
        }
        let sizes = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let tail = Tail {
            measurement,
            items: labels.len(),
            last,
        };
        Ok(TemplateBody {
            head: template_head(template, names),
            rows,
            sizes,
            starts,
            tail,
        })
    }

    /// The chunks to send. Where not even one row fits, `fixed` of the error tells whether it is the
    /// template that is too large.
    pub fn plan(&self, cap: usize) -> Result<Vec<Range<usize>>, TooLarge> {
        plan_with(&self.sizes, cap, |items| self.fixed(items))
    }

    /// Exact length of a chunk's body.
    pub fn len(&self, items: Range<usize>) -> usize {
        let commas = items.len().saturating_sub(1);
        self.starts[items.end] - self.starts[items.start] + commas + self.fixed(items)
    }

    /// A chunk's body.
    pub fn write(&self, items: Range<usize>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len(items.clone()));
        out.extend_from_slice(&self.head);
        for (i, item) in items.clone().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(&self.rows[self.starts[item]..self.starts[item + 1]]);
        }
        out.push(b']');
        self.tail.write(items, &mut out);
        out
    }

    fn fixed(&self, items: Range<usize>) -> usize {
        self.head.len() + 1 + self.tail.len(items)
    }
}

fn template_head(template: &str, names: &[&str]) -> Vec<u8> {
    let mut head = br#"{"circuit_template":"#.to_vec();
    write_escaped(&mut head, template);
    head.extend_from_slice(br#","parameter_names":["#);
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            head.push(b',');
        }
        write_escaped(&mut head, name);
    }
    head.extend_from_slice(br#"],"parameter_sets":["#);
    head
}

/// A number of the row above, and where it is written. The text of none is empty.
#[derive(Clone, Debug, Default)]
struct Number {
    bits: u64,
    text: Range<usize>,
}

/// Numbers that are those of the row `above` are copied from there: rows of gradients differ in one.
fn write_row(
    out: &mut Vec<u8>,
    label: &str,
    values: &[f64],
    above: &mut [Number],
) -> Result<(), (usize, NotFinite)> {
    out.extend_from_slice(br#"{"label":"#);
    write_escaped(out, label);
    out.extend_from_slice(br#","values":["#);
    for (column, (value, above)) in values.iter().zip(above).enumerate() {
        if column > 0 {
            out.push(b',');
        }
        let start = out.len();
        if above.bits == value.to_bits() && !above.text.is_empty() {
            out.extend_from_within(above.text.clone());
        } else {
            write_number(out, *value).map_err(|error| (column, error))?;
            above.bits = value.to_bits();
        }
        above.text = start..out.len();
    }
    out.extend_from_slice(b"]}");
    Ok(())
}

/// What cannot become a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BodyError {
    /// Sequences that should go together do not.
    Shape {
        /// Entries of which kind.
        what: &'static str,
        /// What was expected.
        expected: usize,
        /// What was found.
        found: usize,
    },
    /// A value that JSON cannot express.
    NotFinite {
        /// Index of the row.
        row: usize,
        /// Index of the value in its row.
        column: usize,
        /// The value.
        error: NotFinite,
    },
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::Shape {
                what,
                expected,
                found,
            } => {
                write!(f, "expected {expected} {what}, found {found}")
            }
            BodyError::NotFinite { row, column, error } => {
                write!(f, "parameter set {row}, value {column}: {error}")
            }
        }
    }
}

impl std::error::Error for BodyError {}
