//! The gzip that bodies travel in: what decoders of others make of it, and how long it is.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::io::Read;

use flate2::read::GzDecoder;
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
