//! Read a text along another one that has been parsed already.
//!
//! Most texts of a sweep differ from one another only in the digits of their numbers. A [`Track`] is the
//! first such text, cut at every argument that is nothing but a signed number. Another text that has the
//! same bytes between the cuts and a signed number at each of them parses to the same program with other
//! numbers, so the parser need not run: bytes are compared and numbers are read. Anything else — other
//! white space, `pi/2` where a number was, a number that overflows — makes [`Track::follow`] give up, and
//! the caller parses in full. The cut ends at `,`, `)`, a blank or a comment in the first text, none of
//! which can continue a number, so both readings always agree.

use crate::qasm2::{AngleSpan, scan_number};

/// A parsed text, cut at its plain numeric arguments.
pub struct Track<'a> {
    text: &'a [u8],
    spans: Vec<AngleSpan>,
}

impl<'a> Track<'a> {
    /// A track along `text`, whose plain numeric arguments are `spans`, as the parser reports them.
    pub fn new(text: &'a str, mut spans: Vec<AngleSpan>) -> Track<'a> {
        spans.sort_by_key(|span| (span.start, span.slot));
        Track {
            text: text.as_bytes(),
            spans,
        }
    }

    /// Put the numbers of `text` into their slots of `numbers`, or say that it does not fit the track.
    ///
    /// Slots without a span are left as they are. When this returns false, `numbers` may be half written.
    pub fn follow(&self, text: &str, numbers: &mut [f64]) -> bool {
        let text = text.as_bytes();
        let (mut here, mut there) = (0, 0);
        let mut last: Option<(u32, f64)> = None;
        for span in &self.spans {
            if let Some((start, value)) = last
                && start == span.start
            {
                numbers[span.slot as usize] = value;
                continue;
            }
            let between = &self.text[there..span.start as usize];
            if !text[here..].starts_with(between) {
                return false;
            }
            here += between.len();
            let Some((value, end)) = signed_number(text, here) else {
                return false;
            };
            numbers[span.slot as usize] = value;
            (here, there) = (end, span.end as usize);
            last = Some((span.start, value));
        }
        text[here..] == self.text[there..]
    }
}

/// A finite number with any signs before it, and where it ends.
fn signed_number(text: &[u8], mut at: usize) -> Option<(f64, usize)> {
    let mut negative = false;
    while let Some(sign @ (b'+' | b'-')) = text.get(at) {
        negative ^= *sign == b'-';
        at += 1;
    }
    let (value, end) = scan_number(text, at)?;
    value
        .is_finite()
        .then_some((if negative { -value } else { value }, end))
}
