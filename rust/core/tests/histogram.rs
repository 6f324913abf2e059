//! QH1 / QH2 against the wire protocol (§8) and against a plain reference.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vivace_core::histogram::{
    Envelope, Format, Histogram, decode, decode_base64, decode_envelope, encode, encode_base64,
};

mod reference;

type Counts = BTreeMap<String, u64>;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).unwrap() as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn counts(pairs: &[(&str, u64)]) -> Counts {
    pairs
        .iter()
        .map(|&(key, count)| (key.into(), count))
        .collect()
}

/// Counts by key; keys ascend.
fn table(histogram: &Histogram) -> Counts {
    let keys: Vec<String> = (0..histogram.len()).map(|i| histogram.key(i)).collect();
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
    assert_eq!(histogram.total(), histogram.counts().iter().sum::<i64>());
    let counts = histogram.counts().iter().map(|&count| count as u64);
    keys.into_iter().zip(counts).collect()
}

fn write(counts: &Counts, n_bits: u32) -> Vec<u8> {
    let pairs = counts.iter().map(|(key, &count)| (key.as_str(), count));
    encode(pairs, Some(n_bits)).unwrap()
}

fn vectors() -> Vec<(&'static str, Counts)> {
    let wide = [
        ("0".repeat(257) + "101", 1),
        ("1".to_owned() + &"0".repeat(259), 200),
    ];
    let wide_hex = "51483284020 2c901 02 05 fbffffffffffffffffffffffffffffffffffffffffffffffffff\
                    ffffffffffffffffffff7f 0402010101 01c601";
    vec![
        (
            "51483104 04e807 04 00030903 05 0300010201 02f203f003",
            counts(&[("0000", 500), ("0011", 1), ("1100", 1), ("1111", 498)]),
        ),
        (wide_hex, wide.into_iter().collect()),
        (
            "51483101 01e807 0101 03010001 01e607",
            counts(&[("1", 1000)]),
        ),
        ("514831020000000100 00", counts(&[])),
        (
            "5148310202800802000303010002 02fe03fe03",
            counts(&[("00", 512), ("11", 512)]),
        ),
        (
            "51483203 0305 03010402 050301010101 0101",
            counts(&[("001", 1), ("101", 3), ("111", 1)]),
        ),
        ("514831000105 0100 03010001 0103", counts(&[("", 5)])),
    ]
}

/// Every vector of the protocol reads as it should and is written back byte by byte.
#[test]
fn vectors_of_the_protocol() {
    for (text, expected) in vectors() {
        let bytes = hex(text);
        let histogram = decode(&bytes, None, None).unwrap();
        assert_eq!(table(&histogram), expected, "{text}");
        let format = if bytes[2] == b'2' {
            Format::Qh2
        } else {
            Format::Qh1
        };
        let rows = histogram.bits().to_vec();
        let again =
            Histogram::from_rows(rows, histogram.counts().to_vec(), histogram.n_bits()).unwrap();
        assert_eq!(again, histogram);
        assert_eq!(again.encode(Some(format)).unwrap(), bytes, "{text}");
    }
}

#[test]
fn envelopes_of_the_protocol() {
    let a = "UUgxBAToBwQAAwkDBQMAAQIBAvID8AM=";
    let b = "UUgyhAICyQECBfv//////////////////////////////////////////////38EAgEBAQHGAQ==";
    for (text, encoding, n_bits, index) in [(a, "qh1", 4, 0), (b, "qh2", 260, 1)] {
        let (source, expected) = &vectors()[index];
        assert_eq!(decode_base64(text).unwrap(), hex(source));
        assert_eq!(encode_base64(&hex(source)), text);
        let payload = text.into();
        let envelope = Envelope {
            encoding,
            n_bits: Some(n_bits),
            payload,
        };
        let histogram = decode_envelope(&envelope).unwrap();
        assert_eq!(&table(&histogram), expected);
        assert_eq!(histogram.to_envelope().unwrap(), envelope);
        let unsaid = Envelope {
            n_bits: None,
            ..envelope
        };
        assert_eq!(decode_envelope(&unsaid).unwrap(), histogram);
    }
}

#[test]
fn an_empty_payload_is_an_empty_histogram() {
    let envelope = |n_bits| Envelope {
        encoding: "qh1",
        n_bits,
        payload: "".into(),
    };
    assert_eq!(
        decode_envelope(&envelope(None)).unwrap(),
        Histogram::empty(0)
    );
    assert_eq!(
        decode_envelope(&envelope(Some(7))).unwrap(),
        Histogram::empty(7)
    );
    let error = decode_envelope(&envelope(Some(1 << 32))).unwrap_err();
    let text = "declared width 4294967296 exceeds the maximum supported 1048576 bits";
    assert_eq!(error.to_string(), text);
    // rle_len 0 is as good as a run block of `00`.
    assert_eq!(
        decode(&hex("51483102 0000 00 00 00"), None, None).unwrap(),
        Histogram::empty(2)
    );
}

/// The largest count there is: an extra of 2^63 − 3.
#[test]
fn the_largest_count() {
    let bytes = encode([("1", i64::MAX as u64)], None).unwrap();
    assert_eq!(decode(&bytes, None, None).unwrap().counts(), [i64::MAX]);
    let error = encode([("1", 1 << 63)], None).unwrap_err();
    assert_eq!(error.to_string(), "counts exceed 2^63 - 1");
    let error = encode([("1", i64::MAX as u64), ("0", 1)], None).unwrap_err();
    assert_eq!(error.to_string(), "counts exceed 2^63 - 1");
}

fn width() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0..71_u32, 1 => Just(255), 1 => Just(256), 1 => Just(1000)]
}

fn outcomes(n_bits: u32) -> impl Strategy<Value = Counts> {
    let key = proptest::collection::vec(any::<bool>(), n_bits as usize).prop_map(|bits| {
        bits.iter()
            .map(|&bit| if bit { '1' } else { '0' })
            .collect::<String>()
    });
    let count = prop_oneof![Just(1), 1..5_u64, 1..1_u64 << 40];
    proptest::collection::btree_map(key, count, 0..40)
}

fn any_counts() -> impl Strategy<Value = (u32, Counts)> {
    width().prop_flat_map(|n_bits| (Just(n_bits), outcomes(n_bits)))
}

/// A few bytes overwritten, inserted or removed.
fn mutate(mut bytes: Vec<u8>, edits: &[(usize, u8, u8)]) -> Vec<u8> {
    for &(at, byte, how) in edits {
        let at = at % (bytes.len() + 1);
        match how % 4 {
            0 => bytes.insert(at, byte),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.truncate(at),
            _ if at < bytes.len() => bytes[at] = byte,
            _ => {}
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn round_trip((n_bits, counts) in any_counts()) {
        let bytes = write(&counts, n_bits);
        let histogram = decode(&bytes, Some(Format::for_bits(n_bits)), Some(n_bits.into())).unwrap();
        prop_assert_eq!(table(&histogram), counts.clone());
        prop_assert_eq!(histogram.n_bits(), n_bits);
        prop_assert_eq!(histogram.encode(None).unwrap(), bytes.clone());
        prop_assert_eq!(reference::decode(&bytes), Some((n_bits, counts)));
    }

    /// Order of keys is no part of a histogram.
    #[test]
    fn order_does_not_matter((n_bits, counts) in any_counts()) {
        let backwards = counts.iter().rev().map(|(key, &count)| (key.as_str(), count));
        prop_assert_eq!(encode(backwards, Some(n_bits)).unwrap(), write(&counts, n_bits));
    }

    /// Law: a payload is read exactly when the reference reads it, as the same counts; and what was
    /// read, written again, reads as itself and is at most one byte longer (an empty run block is written `00`).
    #[test]
    fn mutated_payloads(
        (n_bits, counts) in any_counts(),
        edits in proptest::collection::vec((any::<usize>(), any::<u8>(), any::<u8>()), 1..4),
    ) {
        let bytes = mutate(write(&counts, n_bits), &edits);
        prop_assume!(!bytes.is_empty());
        let expected = reference::decode(&bytes);
        match decode(&bytes, None, None) {
            Ok(histogram) => {
                prop_assert_eq!(Some((histogram.n_bits(), table(&histogram))), expected);
                let format = if bytes[2] == b'1' { Format::Qh1 } else { Format::Qh2 };
                let again = histogram.encode(Some(format)).unwrap();
                prop_assert!(again.len() <= bytes.len() + 1, "{:?} {:?}", again, bytes);
                prop_assert_eq!(decode(&again, None, None).unwrap(), histogram);
            }
            Err(error) => {
                prop_assert!(!error.to_string().is_empty());
                prop_assert!(error.offset().is_none_or(|at| at <= bytes.len()));
                prop_assert_eq!(expected, None, "{}", error);
            }
        }
    }

    #[test]
    fn arbitrary_bytes(format in 0..2_usize, rest in proptest::collection::vec(any::<u8>(), 0..60)) {
        let bytes = [[b"QH1", b"QH2"][format].as_slice(), &rest].concat();
        let read = decode(&bytes, None, None).ok().map(|h| (h.n_bits(), table(&h)));
        prop_assert_eq!(read, reference::decode(&bytes));
    }
}

/// Every pair of widths around a limb's edge and a gap that carries over it.
#[test]
fn carries_between_limbs() {
    for n_bits in [8, 9, 63, 64, 65, 72, 127, 128, 129, 192, 255, 256] {
        let ones = "1".repeat(n_bits);
        let keys: BTreeSet<String> = (0..n_bits)
            .flat_map(|k| {
                let low = "0".repeat(n_bits - k) + &ones[..k];
                [low, "0".repeat(n_bits - k - 1) + "1" + &"0".repeat(k)]
            })
            .collect();
        let counts: Counts = keys.into_iter().zip(1..).collect();
        let bytes = write(&counts, n_bits as u32);
        assert_eq!(table(&decode(&bytes, None, None).unwrap()), counts);
        assert_eq!(reference::decode(&bytes), Some((n_bits as u32, counts)));
    }
}
