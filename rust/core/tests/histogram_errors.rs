//! What is wrong with a histogram, in the words of the wire protocol (§8) where it has them.

#![allow(clippy::unwrap_used)]

use vivace_core::histogram::{
    Envelope, Format, Histogram, MAX_BITS, decode, decode_envelope, encode,
};

type Pairs<'a> = &'a [(&'a str, u64)];

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

fn message(bytes: &[u8]) -> String {
    decode(bytes, None, None).unwrap_err().to_string()
}

/// Name | payload | message | offset. Each line breaks one field, mostly of the protocol's example A,
/// which is `51483104 04e807 04 00030903 05 0300010201 02f203f003`.
const CORRUPT: &str = "\
magic cut | 5148 | bad magic | 0
magic of another version | 51483304 | bad magic | 0
magic in lower case | 71683104 | bad magic | 0
width of QH1 cut | 514831 | truncated QH1 width | 3
width of QH2 cut | 514832 | truncated QH2 width | 3
width of QH2 cut inside | 51483284 | truncated QH2 width | 3
width of QH2 over 64 bits | 514832 ffffffffffffffffff02 | ULEB128 value exceeds destination width | 3
unique missing | 51483104 | truncated ULEB128 varint | 4
unique over 64 bits | 51483104 8080808080808080808001 | ULEB128 value exceeds destination width | 4
unique is not num_gaps | 51483104 05e807 04 00030903 05 0300010201 02f203f003 | corrupt stream: unique mismatch | 7
num_gaps is not unique | 51483104 04e807 03 00030903 05 0300010201 02f203f003 | corrupt stream: unique mismatch | 7
total cut | 51483104 04e8 | truncated ULEB128 varint | 5
total too small | 51483104 04e707 04 00030903 05 0300010201 02f203f003 | corrupt stream: shot sum mismatch | -
gaps beyond the bytes | 51483104 04e807 04 000309 | corrupt stream: 4 gaps announced but only 3 bytes remain | 8
gaps by the terabyte | 51483104 808080808080 01 00 8080808080 8001 00 | corrupt stream: 4398046511104 gaps announced but only 1 bytes remain | 19
gap cut | 51483108 01e807 01 80 | truncated ULEB128 varint | 8
gap of zero | 51483104 04e807 04 00030003 05 0300010201 02f203f003 | corrupt stream: zero gap, the same outcome twice | 10
sum of gaps beyond n_bits | 51483104 04e807 04 00030904 05 0300010201 02f203f003 | decoded index exceeds n_bits | 11
gap wider than n_bits | 51483104 04e807 04 00038901 05 0300010201 02f203f003 | ULEB128 value exceeds destination width | 10
gap of no width | 51483100 0105 01 01 03010001 0103 | decoded index exceeds n_bits | 7
two outcomes of no width | 51483100 0206 02 0000 03010002 020101 | corrupt stream: zero gap, the same outcome twice | 8
sum over 64 bits | 51483140 0202 02 ffffffffffffffffff01 01 03010102 00 | accumulated index overflows limb buffer | 17
gap over 64 bits | 51483140 0101 01 ffffffffffffffffff02 03010101 00 | ULEB128 value exceeds destination width | 7
sum over 128 bits | 51483180 0202 02 ffffffffffffffffffffffffffffffffffff03 01 03010102 00 | accumulated index overflows limb buffer | 26
gap over 128 bits | 51483180 0101 01 ffffffffffffffffffffffffffffffffffff07 03010101 00 | ULEB128 value exceeds destination width | 7
sum over 65 bits | 51483141 0202 02 ffffffffffffffffff03 01 03010102 00 | decoded index exceeds n_bits | 17
wide gap of zero | 51483141 0202 02 01 00 03010102 00 | corrupt stream: zero gap, the same outcome twice | 8
rle_len missing | 51483104 04e807 04 00030903 | truncated ULEB128 varint | 12
rle_len beyond the bytes | 51483104 04e807 04 00030903 7f 0300010201 02f203f003 | corrupt stream: 127 bytes of runs announced but only 10 bytes remain | 12
rle_len too short | 51483104 04e807 04 00030903 04 0300010201 02f203f003 | truncated ULEB128 varint | 17
rle_len too long | 51483104 04e807 04 00030903 06 0300010201 02f203f003 | corrupt stream: run block does not end where rle_len says | 18
rle_len 0 with outcomes | 51483104 04e807 04 00030903 00 02f203f003 | corrupt stream: gap/count length mismatch | 13
no runs but bytes | 51483104 0000 00 02 0000 00 | corrupt stream: run block does not end where rle_len says | 9
num_runs beyond the block | 51483104 04e807 04 00030903 05 7f00010201 02f203f003 | corrupt stream: 127 runs announced but only 4 bytes remain | 13
first flag missing | 51483104 04e807 04 00030903 01 01 02f203f003 | corrupt stream: 1 runs announced but only 0 bytes remain | 13
first flag of 2 | 51483104 04e807 04 00030903 05 0302010201 02f203f003 | corrupt stream: first flag of the run block is not 0 or 1 | 14
runs too short | 51483104 04e807 04 00030903 05 0300010101 02f203f003 | corrupt stream: gap/count length mismatch | 15
runs too long | 51483104 04e807 04 00030903 05 0300010202 02f203f003 | corrupt stream: gap/count length mismatch | 15
run of terabytes | 51483104 04e807 04 00030903 09 0100ffffffffffff7f 02f203f003 | corrupt stream: gap/count length mismatch | 15
extras_len missing | 51483104 04e807 04 00030903 05 0300010201 | truncated ULEB128 varint | 18
extras_len is not zero flags | 51483104 04e807 04 00030903 05 0300010201 01f203f003 | corrupt stream: extras/count length mismatch | 18
extras beyond the bytes | 51483104 04e807 04 00030903 05 0300010201 7ff203f003 | corrupt stream: 127 extras announced but only 4 bytes remain | 18
extra cut | 51483104 04e807 04 00030903 05 0300010201 02f203f0 | truncated ULEB128 varint | 21
extra of 2^63 - 2 | 51483101 01e807 01 01 03010001 01 feffffffffffffff7f | corrupt stream: counts exceed 2^63 - 1 | 14
counts over 2^63 | 51483101 02e807 02 0001 03010002 02 fdffffffffffffff7f fdffffffffffffff7f | counts exceed 2^63 - 1 | -
trailing bytes | 51483104 04e807 04 00030903 05 0300010201 02f203f003 0000 | corrupt stream: 2 bytes after the last field | 23";

#[test]
fn corrupt_payloads() {
    for line in CORRUPT.lines() {
        let cells: Vec<&str> = line.split(" | ").collect();
        let [name, payload, expected, at] = cells[..] else {
            panic!("four cells: {line}");
        };
        let error = decode(&hex(payload), None, None).unwrap_err();
        assert_eq!(error.to_string(), expected, "{name}");
        assert_eq!(error.offset(), at.parse().ok(), "{name}");
    }
}

#[test]
fn widths_and_rows_beyond_the_bounds() {
    let declared = "declared width 1048577 exceeds the maximum supported 1048576 bits";
    assert_eq!(message(&hex("514832 818040")), declared);
    // A packed row of 2^20 bits is 128 KiB: 2049 one-byte gaps ask for more than 256 MiB.
    let mut bomb = hex("514832 808040 8110 8110 8110");
    bomb.resize(bomb.len() + 5000, 1);
    let bound = "2049 outcomes of 1048576 bits need more than the 268435456 bytes allowed for packed outcomes";
    assert_eq!(message(&bomb), bound);
}

#[test]
fn envelopes_that_contradict_their_payload() {
    let a = "UUgxBAToBwQAAwkDBQMAAQIBAvID8AM=";
    let cases = [
        (
            "qh2",
            Some(4),
            a,
            "payload magic QH1 does not match envelope encoding qh2",
        ),
        (
            "qh1",
            Some(5),
            a,
            "payload declares 4 bits but the envelope declares 5",
        ),
        ("qh3", Some(4), a, "Unsupported encoding: qh3"),
        (
            "qh1",
            None,
            "UUgx BAT",
            "payload: not valid base64: unexpected ' ' at 4",
        ),
        (
            "qh1",
            None,
            "UUgxBA-_",
            "payload: not valid base64: unexpected '-' at 6",
        ),
        (
            "qh1",
            None,
            "UUgx\n",
            "payload: not valid base64: unexpected '\\n' at 4",
        ),
        (
            "qh1",
            None,
            "UUgxB",
            "payload: not valid base64: no base64 text is 5 characters long",
        ),
        (
            "qh1",
            None,
            "UUgxBB==",
            "payload: not valid base64: nonzero spare bits in the last one, at 5",
        ),
        (
            "qh1",
            None,
            "UUgxBA",
            "payload: not valid base64: wrong padding at the end (length 6, must be a multiple of 4)",
        ),
    ];
    for (encoding, n_bits, text, expected) in cases {
        let envelope = Envelope {
            encoding,
            n_bits,
            payload: text.into(),
        };
        assert_eq!(
            decode_envelope(&envelope).unwrap_err().to_string(),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn counts_that_cannot_be_encoded() {
    let long = "0".repeat(100) + "2";
    let cut = format!(
        "key '{}…': expected only 0 and 1, found '2' at 100",
        "0".repeat(64)
    );
    let cases: [(Pairs, Option<u32>, &str); 8] = [
        (&[], None, "an empty histogram needs n_bits"),
        (
            &[("01", 1), ("011", 1)],
            None,
            "key '011' has 3 bits, expected 2",
        ),
        (&[("01", 1)], Some(3), "key '01' has 2 bits, expected 3"),
        (
            &[("0 1", 1)],
            None,
            "key '0 1': expected only 0 and 1, found ' ' at 1",
        ),
        (
            &[("01", 0)],
            None,
            "key '01' has count 0, expected at least 1",
        ),
        (
            &[("01", 1), ("10", 1), ("01", 2)],
            None,
            "key '01' appears twice",
        ),
        (&[(&long, 1)], None, &cut),
        (
            &[],
            Some(MAX_BITS + 1),
            "declared width 1048577 exceeds the maximum supported 1048576 bits",
        ),
    ];
    for (pairs, n_bits, expected) in cases {
        let error = encode(pairs.iter().copied(), n_bits).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let rows = |bits: &[u8], n_bits| Histogram::from_rows(bits.into(), vec![1], n_bits);
    let text = rows(&[1, 2], 8).unwrap_err().to_string();
    assert_eq!(text, "expected 1 bytes of packed outcomes, found 2");
    assert_eq!(
        rows(&[8], 3).unwrap_err().to_string(),
        "decoded index exceeds n_bits"
    );
    let error = Histogram::empty(256).encode(Some(Format::Qh1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "QH1 holds at most 255 bits, not 256; use QH2"
    );
}
