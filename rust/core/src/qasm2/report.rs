//! How an error is told: its place, its message, and the source around it.

use std::fmt::Write as _;

use super::errors::QasmError;

/// Most characters of a source line shown by [`QasmError::render`].
const SHOWN: usize = 100;

impl QasmError {
    /// Line and column (both from 1) of the first character at fault.
    #[must_use]
    pub fn position(&self, src: &str) -> (usize, usize) {
        let at = self.offset(src);
        let start = line_start(src, at);
        let line = src.as_bytes()[..start]
            .iter()
            .filter(|&&b| b == b'\n')
            .count()
            + 1;
        (line, src[start..at].chars().count() + 1)
    }

    /// The whole message on one line, position included.
    #[must_use]
    pub fn message(&self, src: &str) -> String {
        let (line, column) = self.position(src);
        let (before, after) = self.kind.parts();
        format!("{before} at {line}:{column}{after}")
    }

    /// The source line at fault, without its line end.
    #[must_use]
    pub fn line_text<'s>(&self, src: &'s str) -> &'s str {
        let start = line_start(src, self.offset(src));
        let end = src[start..].find('\n').map_or(src.len(), |n| start + n);
        src[start..end]
            .strip_suffix('\r')
            .unwrap_or(&src[start..end])
    }

    /// The message, the source line under it, and carets under what is at fault. `label` says which of
    /// several programs is meant. Of a long line only the surroundings of the column are shown.
    #[must_use]
    pub fn render(&self, src: &str, label: Option<&str>) -> String {
        let (line, column) = self.position(src);
        let (shown, caret) = window(self.line_text(src), column - 1);
        let mut text = label.map_or_else(String::new, |l| {
            format!("Circuit '{l}' is not a valid QASM: ")
        });
        text.push_str(&self.message(src));
        let head = format!("  Line {line}: ");
        let pad = head.len();
        let room = shown.chars().count().saturating_sub(caret.chars().count());
        let fault = self.span.end.clamp(self.offset(src), src.len());
        let length = src.as_bytes()[self.offset(src)..fault]
            .iter()
            .filter(|&&byte| byte & 0xC0 != 0x80)
            .count();
        let carets = "^".repeat(length.min(room).max(1));
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{head}{shown}\n{:pad$}{caret}{carets}", "");
        text
    }

    /// Where the error starts, on a character boundary of `src`.
    fn offset(&self, src: &str) -> usize {
        let at = self.span.start.min(src.len());
        (0..=at)
            .rev()
            .find(|&i| src.is_char_boundary(i))
            .unwrap_or(0)
    }
}

/// Where the line that contains byte `at` starts.
fn line_start(src: &str, at: usize) -> usize {
    src[..at].rfind('\n').map_or(0, |n| n + 1)
}

/// Cuts a line to about [`SHOWN`] characters around a column (from 0), and makes the indent for a
/// caret below: tabs stay tabs, so that the caret stands right however wide they are.
fn window(line: &str, column: usize) -> (String, String) {
    let first = column.saturating_sub(SHOWN / 2);
    let mut shown = String::new();
    if first > 0 {
        shown.push('…');
    }
    let mut rest = line.chars().skip(first);
    shown.extend(rest.by_ref().take(SHOWN));
    let indent = column - first + usize::from(first > 0);
    let caret = shown.chars().map(|c| if c == '\t' { c } else { ' ' });
    let caret = caret.chain(std::iter::repeat(' ')).take(indent).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    (shown, caret)
}
