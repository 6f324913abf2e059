//! The gzip that bodies travel in: what decoders of others make of it, and how long it is.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use proptest::prelude::*;
use vivace_core::payload::gzip;

/// What a decoder reads; exactly one member, to its end.
fn read(member: &[u8]) -> Vec<u8> {
    let (mut decoder, mut bytes) = (GzDecoder::new(member), Vec::new());
    decoder.read_to_end(&mut bytes).unwrap();
    assert!(decoder.into_inner().is_empty());
    bytes
}

fn check(bytes: &[u8]) {
    assert!(read(&gzip(bytes)) == bytes, "{} bytes", bytes.len());
}

/// Bytes that never repeat six of their own: all numbers of three bytes, with one in between.
fn noise(len: usize) -> Vec<u8> {
    let bytes = (0..).flat_map(|i: u32| [b'a', (i >> 16) as u8, (i >> 8) as u8, i as u8]);
    bytes.take(len).collect()
}

/// Rows of numbers with eight decimals, as bodies have them.
fn rows(rows: u64, columns: u64) -> String {
    let mut text = String::new();
    for row in 0..rows {
        write!(text, r#"{{"label":"{row}","values":["#).unwrap();
        for column in 0..columns {
            let digits = (row * columns + column).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 35;
            write!(
                text,
                "{}{}.{digits:08},",
                ["", "-"][digits as usize % 2],
                digits % 4
            )
            .unwrap();
        }
        text.push_str("]},");
    }
    text
}

proptest! {
    #[test]
    fn any_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert_eq!(read(&gzip(&bytes)), bytes);
    }

    #[test]
    fn bytes_that_repeat_come_back(
        words in prop::collection::vec(prop::collection::vec(b'a'..b'd', 0..400), 1..6),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..200),
    ) {
        let bytes: Vec<u8> = order.iter().flat_map(|index| index.get(&words).clone()).collect();
        prop_assert_eq!(read(&gzip(&bytes)), bytes);
    }

    #[test]
    fn rows_come_back(n in 0..300_u64, columns in 0..12_u64) {
        let text = rows(n, columns);
        prop_assert_eq!(read(&gzip(text.as_bytes())), text.into_bytes());
    }
}

#[test]
fn few_or_equal_bytes_come_back() {
    for len in (0..20).chain(250..280).chain([70_000]) {
        check(&vec![b'x'; len]);
        check(&vec![0; len]);
        check(&vec![255; len]);
    }
}

#[test]
fn every_length_and_distance_comes_back() {
    for len in 6..=260 {
        let word = noise(len);
        check(&[&word[..], b"!", &word[..], b"?"].concat());
    }
    let word = b"<again>";
    for gap in (0..600)
        .chain((600..33_000).step_by(97))
        .chain(32_740..32_790)
    {
        check(&[&word[..], &noise(gap), word].concat());
    }
}

/// Each byte twice as often as the one before it: without a limit, codes would be of 1 to 17 bits.
#[test]
fn very_uneven_counts_come_back() {
    let mut bytes = Vec::new();
    for (i, letter) in "ABBCCCCDDDDDDDD".bytes().enumerate() {
        bytes.push(letter);
        bytes.extend(format!("{:05}", i * 4321).bytes()); // or else the letters would repeat
    }
    for (i, &symbol) in b"0123456789.,-".iter().enumerate() {
        bytes.extend(std::iter::repeat_n(symbol, 64 << i));
    }
    check(&bytes);
    check(&(0..=255).flat_map(|byte| [b'0', byte]).collect::<Vec<_>>());
}

#[test]
fn rows_are_shorter_than_zlib_makes_them_with_the_same_effort() {
    let text = rows(2000, 8);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(2));
    encoder.write_all(text.as_bytes()).unwrap();
    let ours = gzip(text.as_bytes()).len();
    assert!(ours < encoder.finish().unwrap().len());
    assert!(ours * 100 < text.len() * 42);
}

#[test]
fn what_cannot_be_shorter_is_hardly_longer() {
    let mut state = 1_u64;
    let random = std::iter::repeat_with(|| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (state >> 56) as u8
    });
    let bytes: Vec<u8> = random.take(100_000).collect();
    assert!(gzip(&bytes).len() < 100_300);
}
