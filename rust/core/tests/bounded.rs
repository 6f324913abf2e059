//! Decoders allocate in proportion to the bytes they are given, whatever these say.
//!
//! A binary of its own, with one test, because it counts every allocation of the process.

#![allow(clippy::unwrap_used)]
// An allocator cannot be written without it; the crate itself has none.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use vivace_core::histogram::{Histogram, HistogramError, decode, encode};
use vivace_core::payload::{compress_text, decompress_text};

static TAKEN: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: forwards to the system allocator and counts beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes asked for while `work` ran, freed or not.
fn taken<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = TAKEN.load(Relaxed);
    let result = work();
    (TAKEN.load(Relaxed) - before, result)
}

fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state as usize >> 8
}

/// The documented bound: a row and a count per byte, and the two buffers of one wide sum.
fn check_histogram(bytes: &[u8], row_bytes: usize) {
    let bound = bytes.len() * (row_bytes + 8) + 2 * row_bytes + 64;
    let (spent, _): (_, Result<Histogram, HistogramError>) = taken(|| decode(bytes, None, None));
    assert!(spent <= bound, "{spent} > {bound} for {bytes:02x?}");
}

fn histograms(state: &mut u64) {
    for _ in 0..20_000 {
        let mut bytes = b"QH1".to_vec();
        bytes.extend((0..random(state) % 40).map(|_| random(state) as u8));
        check_histogram(&bytes, 32);
    }
    let valid = encode(
        [("0000", 500), ("0011", 1), ("1100", 1), ("1111", 498)],
        None,
    )
    .unwrap();
    for _ in 0..20_000 {
        let mut bytes = valid.clone();
        for _ in 0..1 + random(state) % 3 {
            let at = 3 + random(state) % (bytes.len() - 3);
            bytes[at] = random(state) as u8;
        }
        check_histogram(&bytes, 32);
    }
    // Twelve bytes that announce terabytes of outcomes, 2^20 bits each.
    check_histogram(
        b"QH2\x80\x80\x40\xff\xff\xff\xff\xff\x7f\x00\xff\xff\xff\xff\xff\x7f",
        1 << 17,
    );
}

/// The base64, the limit and nothing else, however much the bytes unpack to.
fn bombs() {
    let text = "a".repeat(50_000_000);
    let bomb = compress_text(&text);
    drop(text);
    let _warm = decompress_text(&compress_text("a"), 10);
    for max_bytes in [0, 1000, 1_000_000] {
        let (spent, result) = taken(|| decompress_text(&bomb, max_bytes));
        assert!(result.is_err());
        assert!(
            spent <= bomb.len() + max_bytes + 1024,
            "{spent} for {max_bytes}"
        );
    }
    let small = compress_text("abc");
    let (spent, _) = taken(|| decompress_text(&small, usize::MAX));
    assert!(spent <= 1024, "{spent}");
}

#[test]
fn memory_is_bounded_by_the_input() {
    let mut state = 1;
    histograms(&mut state);
    bombs();
}
