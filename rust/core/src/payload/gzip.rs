//! Text ↔ base64(gzip), and bytes → gzip.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use rayon::prelude::*;

use super::base64::{append_base64, decode_base64, encode_base64};
use super::error::PayloadError;

/// Circuits: small, sent over and over.
const LEVEL: u32 = 6;

/// Sparse Pauli words and whole bodies: digits that compress about as well with little effort. Level 1 is
/// faster yet, but on 20 000 random words of 40 letters its result is larger than the dense text, and rows
/// of angles come out half as long again. Level 6 makes these 4 % shorter, in twice the time.
const QUICK_LEVEL: u32 = 2;

/// Magic, deflate, no flags, no time (so that the same text gives the same bytes), no extra flags,
/// unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Output capacity that a thread keeps between texts.
const KEPT: usize = 1 << 20;

/// CRC-32 and length, four bytes each.
const TRAILER: usize = 8;

/// Deflate never grows data by more than this factor, so a trailer that says so lies.
const MAX_RATIO: usize = 1032;

const FLAG_CRC: u8 = 2;
const FLAG_EXTRA: u8 = 4;
const FLAG_NAME: u8 = 8;
const FLAG_COMMENT: u8 = 16;

thread_local! {
    static COMPRESSOR: RefCell<Compressor> = RefCell::new(Compressor::new(LEVEL));
    static PIECES: RefCell<(Compressor, Vec<u8>)> =
        RefCell::new((Compressor::new(QUICK_LEVEL), Vec::new()));
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Standard base64 of the gzip of `text`. The same text always gives the same payload.
pub fn compress_text(text: &str) -> String {
    COMPRESSOR.with_borrow_mut(|compressor| encode_base64(compressor.gzip(text.as_bytes())))
}

/// One gzip member that holds `bytes`. The same bytes always give the same member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    PIECES.with_borrow_mut(|(compressor, _)| compressor.gzip(bytes).to_vec())
}

/// Append [`compress_text`] of bytes that come in pieces and are worth less effort, made on all cores:
/// `piece(i, buffer)` puts piece `i` at the start of the buffer, whatever that held before, and returns how
/// many bytes it has.
///
/// Each piece but the last ends on a byte boundary in an empty block (`Z_SYNC_FLUSH`), so the pieces, one
/// after the other, are one deflate stream.
pub(crate) fn compress_pieces(
    n_pieces: usize,
    piece: impl Fn(usize, &mut Vec<u8>) -> usize + Sync,
    out: &mut String,
) {
    let deflated: Vec<(Vec<u8>, Crc)> = (0..n_pieces)
        .into_par_iter()
        .map(|index| {
            let flush = if index + 1 == n_pieces {
                FlushCompress::Finish
            } else {
                FlushCompress::Sync
            };
            PIECES.with_borrow_mut(|(compressor, buffer)| {
                let len = piece(index, buffer);
                let mut crc = Crc::new();
                crc.update(&buffer[..len]);
                let deflated = compressor.deflate(&buffer[..len], flush).to_vec();
                buffer.truncate(KEPT);
                buffer.shrink_to(KEPT);
                (deflated, crc)
            })
        })
        .collect();
    let mut crc = Crc::new();
    let n_bytes: usize = deflated.iter().map(|(piece, _)| piece.len()).sum();
    out.reserve((HEADER.len() + n_bytes + TRAILER).div_ceil(3) * 4);
    let mut gzip = HEADER.to_vec();
    for (piece, sum) in &deflated {
        gzip.extend_from_slice(piece);
        crc.combine(sum);
        // Three bytes make four characters.
        let whole = gzip.len() / 3 * 3;
        append_base64(&gzip[..whole], out);
        gzip.drain(..whole);
    }
    gzip.extend_from_slice(&crc.sum().to_le_bytes());
    gzip.extend_from_slice(&crc.amount().to_le_bytes());
    append_base64(&gzip, out);
}

/// [`compress_text`] of each text on all cores, in order.
pub fn compress_batch<T: AsRef<str> + Sync>(texts: &[T]) -> Vec<String> {
    texts
        .par_iter()
        .map(|text| compress_text(text.as_ref()))
        .collect()
}

/// Undo [`compress_text`], whoever compressed.
///
/// Exactly one gzip member is read: a second one, though the RFC allows it, is no way to send one
/// text, and is refused like any other trailing bytes. Memory stays below `max_bytes` plus the
/// decoded base64 plus a constant, and below a thousand times the payload, whatever the bytes say.
pub fn decompress_text(payload: &str, max_bytes: usize) -> Result<String, PayloadError> {
    let bytes = decode_base64(payload)?;
    let start = header_len(&bytes)?;
    let text = INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        read_member(inflate, &bytes, start, max_bytes)
    })?;
    String::from_utf8(text).map_err(|error| PayloadError::NotUtf8 {
        at: error.utf8_error().valid_up_to(),
    })
}

/// Deflate state and output, kept from text to text: a fresh state costs as much as a small text.
struct Compressor {
    deflate: Compress,
    out: Vec<u8>,
}

impl Compressor {
    fn new(level: u32) -> Self {
        Compressor {
            deflate: Compress::new(Compression::new(level), false),
            out: Vec::new(),
        }
    }

    fn gzip(&mut self, text: &[u8]) -> &[u8] {
        self.start(text.len());
        self.out.extend_from_slice(&HEADER);
        while !self.deflate_rest(text, FlushCompress::Finish) {
            self.out.reserve(self.out.capacity());
        }
        let mut crc = Crc::new();
        crc.update(text);
        self.out.extend_from_slice(&crc.sum().to_le_bytes());
        self.out
            .extend_from_slice(&(text.len() as u32).to_le_bytes());
        &self.out
    }

    /// A piece of a deflate stream.
    fn deflate(&mut self, piece: &[u8], flush: FlushCompress) -> &[u8] {
        self.start(piece.len());
        while !self.deflate_rest(piece, flush) {
            self.out.reserve(self.out.capacity());
        }
        &self.out
    }

    /// Make ready for `length` bytes of input.
    fn start(&mut self, length: usize) {
        self.deflate.reset();
        self.out.clear();
        self.out.shrink_to(KEPT);
        self.out.reserve(HEADER.len() + length + length / 1000 + 64);
    }

    /// Continue as far as the capacity goes; whether that was to the end.
    fn deflate_rest(&mut self, text: &[u8], flush: FlushCompress) -> bool {
        let rest = &text[self.deflate.total_in() as usize..];
        match self.deflate.compress_vec(rest, &mut self.out, flush) {
            // A flush is complete when the output did not fill up.
            Ok(Status::Ok) => flush == FlushCompress::Sync && self.out.len() < self.out.capacity(),
            Ok(status) => status == Status::StreamEnd,
            Err(error) => unreachable!("deflate fails only on a misused state: {error}"),
        }
    }
}

/// Length of the gzip header at the start of `bytes`.
fn header_len(bytes: &[u8]) -> Result<usize, PayloadError> {
    let truncated = PayloadError::Truncated { len: bytes.len() };
    if !bytes.starts_with(&HEADER[..2]) {
        let cut = bytes.len() < 2 && HEADER.starts_with(bytes);
        return Err(if cut {
            truncated
        } else {
            PayloadError::NotGzip
        });
    }
    let &[_, _, method, flags, ..] = bytes else {
        return Err(truncated);
    };
    if method != 8 {
        return Err(PayloadError::UnsupportedHeader { at: 2 });
    }
    if flags >= 32 {
        return Err(PayloadError::UnsupportedHeader { at: 3 });
    }
    let mut at = HEADER.len();
    if flags & FLAG_EXTRA != 0 {
        let &[low, high] = bytes.get(at..at + 2).ok_or(truncated)? else {
            return Err(truncated);
        };
        at += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for flag in [FLAG_NAME, FLAG_COMMENT] {
        if flags & flag != 0 {
            let text = bytes.get(at..).ok_or(truncated)?;
            at += 1 + text.iter().position(|&byte| byte == 0).ok_or(truncated)?;
        }
    }
    if flags & FLAG_CRC != 0 {
        let covered = bytes.get(..at).ok_or(truncated)?;
        let stored = bytes[at..].first_chunk().ok_or(truncated)?;
        check_header(covered, u16::from_le_bytes(*stored))?;
        at += 2;
    }
    if at <= bytes.len() {
        Ok(at)
    } else {
        Err(truncated)
    }
}

/// A header may carry the low half of its own CRC-32.
fn check_header(covered: &[u8], stored: u16) -> Result<(), PayloadError> {
    let mut crc = Crc::new();
    crc.update(covered);
    let (expected, found) = (stored.into(), crc.sum() & 0xffff);
    if expected == found {
        Ok(())
    } else {
        Err(PayloadError::Checksum { expected, found })
    }
}

/// The data of the member whose deflate data begin at `start`.
///
/// The output is allocated once, as long as the last bytes say: for a sound payload they are the
/// trailer. If it fills up before the data end, the payload is unsound or too large, and the rest is
/// read only to tell which.
fn read_member(
    inflate: &mut Decompress,
    bytes: &[u8],
    start: usize,
    max_bytes: usize,
) -> Result<Vec<u8>, PayloadError> {
    let announced = bytes
        .last_chunk()
        .map_or(0, |last| u32::from_le_bytes(*last) as usize);
    let possible = (bytes.len() - start).saturating_mul(MAX_RATIO);
    let mut data = vec![0; announced.min(max_bytes).min(possible)];
    let done = inflate_into(inflate, bytes, start, &mut data)?;
    data.truncate(inflate.total_out() as usize);
    let mut crc = Crc::new();
    crc.update(&data);
    if !done {
        skim(inflate, bytes, start, max_bytes, &mut crc)?;
    }
    let end = start + inflate.total_in() as usize;
    check_trailer(&bytes[end..], bytes.len(), &crc, inflate.total_out())?;
    Ok(data)
}

/// Inflate until `out` is full or the data end; whether they ended.
fn inflate_into(
    inflate: &mut Decompress,
    bytes: &[u8],
    start: usize,
    out: &mut [u8],
) -> Result<bool, PayloadError> {
    let mut filled = 0;
    loop {
        let at = start + inflate.total_in() as usize;
        let before = (inflate.total_in(), inflate.total_out());
        let status = inflate
            .decompress(&bytes[at..], &mut out[filled..], FlushDecompress::None)
            .map_err(|_| PayloadError::Corrupt {
                at: start + inflate.total_in() as usize,
            })?;
        filled += (inflate.total_out() - before.1) as usize;
        if status == Status::StreamEnd {
            return Ok(true);
        }
        if (inflate.total_in(), inflate.total_out()) == before {
            let starved = filled < out.len();
            let truncated = Err(PayloadError::Truncated { len: bytes.len() });
            return if starved { truncated } else { Ok(false) };
        }
    }
}

/// Read on without keeping anything.
fn skim(
    inflate: &mut Decompress,
    bytes: &[u8],
    start: usize,
    max_bytes: usize,
    crc: &mut Crc,
) -> Result<(), PayloadError> {
    let mut scratch = [0; 4096];
    loop {
        let before = inflate.total_out();
        let done = inflate_into(inflate, bytes, start, &mut scratch)?;
        if inflate.total_out() > max_bytes as u64 {
            return Err(PayloadError::TooLarge { max_bytes });
        }
        crc.update(&scratch[..(inflate.total_out() - before) as usize]);
        if done {
            return Ok(());
        }
    }
}

fn check_trailer(rest: &[u8], len: usize, crc: &Crc, total: u64) -> Result<(), PayloadError> {
    let Some((trailer, trailing)) = rest.split_first_chunk::<TRAILER>() else {
        return Err(PayloadError::Truncated { len });
    };
    let word = u64::from_le_bytes(*trailer);
    let (expected, found) = (word as u32, crc.sum());
    if expected != found {
        return Err(PayloadError::Checksum { expected, found });
    }
    let (expected, found) = ((word >> 32) as u32, total);
    if u64::from(expected) != found {
        return Err(PayloadError::Length { expected, found });
    }
    match trailing.len() {
        0 => Ok(()),
        more => Err(PayloadError::TrailingBytes {
            at: len - more,
            len: more,
        }),
    }
}
