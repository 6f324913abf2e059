//! Bodies, and how they travel.

use std::ops::Range;

use rayon::prelude::*;

use crate::payload::gzip;

/// How a body travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// As the gzip of it.
    Gzip,
}

/// A request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// JSON in UTF-8, as it is or coded.
    pub bytes: Vec<u8>,
    /// The circuits it carries.
    pub circuits: Range<usize>,
}

/// Which bodies are wanted.
pub struct Request {
    /// Which circuits.
    pub circuits: Range<usize>,
    /// Whether no circuit of their segment follows.
    pub at_end: bool,
    /// How they travel.
    pub coding: Coding,
}

impl Request {
    /// The bodies of chunks, on all cores. Before the end of the segment the last chunk may have room left:
    /// it is left out, to be made with what follows.
    pub fn bodies(
        &self,
        mut chunks: Vec<Range<usize>>,
        write: impl Fn(Range<usize>) -> Vec<u8> + Sync,
    ) -> Vec<Body> {
        if !self.at_end {
            chunks.pop();
        }
        let offset = self.circuits.start;
        let body = |items: Range<usize>| {
            let circuits = items.start + offset..items.end + offset;
            let plain = write(items);
            let bytes = match self.coding {
                Coding::Identity => plain,
                Coding::Gzip => gzip(&plain),
            };
            Body { bytes, circuits }
        };
        chunks.into_par_iter().map(body).collect()
    }
}
