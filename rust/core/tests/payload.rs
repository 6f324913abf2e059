//! Compressed texts, JSON and request bodies.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::ops::Range;

use flate2::{Compression, GzBuilder, write::GzEncoder};
use proptest::prelude::*;
use serde_json::{Value, json};
use vivace_core::payload::json::{NotFinite, escaped_len, write_escaped, write_number};
use vivace_core::payload::{
    BoundBody, Fragment, TemplateBody, compress_batch, compress_text, decode_base64,
    decompress_text, encode_base64, plan, plan_with,
};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn message(bytes: &[u8], max_bytes: usize) -> String {
    decompress_text(&encode_base64(bytes), max_bytes)
        .unwrap_err()
        .to_string()
}

#[test]
fn foreign_gzip_is_read() {
    // What CPython's gzip.compress(b"Z0Z3;I;X1Y2", mtime=0) gives.
    let python = "H4sIAAAAAAACA4syiDK29rSOMIw0AgDuFSepCwAAAA==";
    assert_eq!(decompress_text(python, 11).unwrap(), "Z0Z3;I;X1Y2");
    let header = GzBuilder::new()
        .extra(vec![1, 2, 3])
        .filename("name")
        .comment("é")
        .mtime(7);
    let mut encoder = header.write(Vec::new(), Compression::fast());
    encoder.write_all("q → r".as_bytes()).unwrap();
    let bytes = encoder.finish().unwrap();
    assert_eq!(
        decompress_text(&encode_base64(&bytes), 100).unwrap(),
        "q → r"
    );
}

/// A header with its own checksum: zlib's crc32 of the ten bytes, low half.
#[test]
fn header_checksum() {
    let mut bytes = gzip(b"abc");
    bytes[3] = 2;
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[..10]);
    let sum = (crc.sum() as u16).to_le_bytes();
    bytes.splice(10..10, sum);
    assert_eq!(decompress_text(&encode_base64(&bytes), 100).unwrap(), "abc");
    bytes[10] ^= 1;
    let (good, bad) = (u16::from_le_bytes(sum), u16::from_le_bytes(sum) ^ 1);
    let expected = format!("gzip checksum mismatch: expected {bad:08x}, found {good:08x}");
    assert_eq!(message(&bytes, 100), expected);
}

#[test]
fn unsound_gzip() {
    let good = gzip(b"abc");
    let len = good.len();
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let truncated =
        |len| format!("truncated gzip data: it ends after {len} bytes, before its trailer does");
    let header = "unsupported gzip header: unknown method or reserved flags, at byte";
    let crc = u32::from_le_bytes(good[len - 8..len - 4].try_into().unwrap());
    let cases = [
        (
            b"abc".to_vec(),
            "not gzip data: it must start with 1f 8b".into(),
        ),
        (vec![], truncated(0)),
        (vec![0x1f], truncated(1)),
        (with(2, 7), format!("{header} 2")),
        (with(3, 32), format!("{header} 3")),
        (with(10, 7), "corrupt deflate data near byte 11".into()),
        (
            with(len - 8, good[len - 8] ^ 1),
            format!(
                "gzip checksum mismatch: expected {:08x}, found {crc:08x}",
                crc ^ 1
            ),
        ),
        (
            with(len - 4, 4),
            "gzip length mismatch: trailer says 4 bytes, data have 3".into(),
        ),
        (
            with(len - 4, 2),
            "gzip length mismatch: trailer says 2 bytes, data have 3".into(),
        ),
        (
            [good.as_slice(), b"xy"].concat(),
            format!("2 bytes after the end of the gzip data, from byte {len}"),
        ),
        (
            [good.as_slice(), &good].concat(),
            format!("{len} bytes after the end of the gzip data, from byte {len}"),
        ),
        (
            gzip(b"abc\xff"),
            "decompressed text is not UTF-8, from byte 3".into(),
        ),
        (
            gzip(b"abcd\xe2\x86"),
            "decompressed text is not UTF-8, from byte 4".into(),
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(message(&bytes, 100), expected, "{bytes:02x?}");
    }
    for cut in 0..len {
        assert_eq!(message(&good[..cut], 100), truncated(cut));
    }
}

#[test]
fn lenient_base64_is_refused() {
    let good = compress_text("abc");
    for bad in [
        format!("{good}\n"),
        format!(" {good}"),
        good.replace('=', ""),
        good.replace('A', "-"),
    ] {
        let error = decompress_text(&bad, 100).unwrap_err().to_string();
        assert!(error.starts_with("not valid base64: "), "{error}");
    }
    assert_eq!(decode_base64("QQ==").unwrap(), b"A");
    let spare = "not valid base64: nonzero spare bits in the last one, at 1";
    assert_eq!(decode_base64("QR==").unwrap_err().to_string(), spare);
}

/// The limit is exact, whatever the trailer claims.
#[test]
fn bombs() {
    let bytes = gzip(&vec![b'a'; 10_000_000]);
    let limit = |n: usize| format!("decompressed text exceeds the limit of {n} bytes");
    assert_eq!(message(&bytes, 9_999_999), limit(9_999_999));
    assert_eq!(message(&bytes, 0), limit(0));
    assert_eq!(
        decompress_text(&encode_base64(&bytes), 10_000_000)
            .unwrap()
            .len(),
        10_000_000
    );
    let len = bytes.len();
    for claimed in [0_u32, 1, u32::MAX] {
        let mut liar = bytes.clone();
        liar[len - 4..].copy_from_slice(&claimed.to_le_bytes());
        assert_eq!(message(&liar, 1000), limit(1000));
        let mismatch = "gzip length mismatch: trailer says ";
        assert!(message(&liar, 1 << 24).starts_with(mismatch));
    }
    assert_eq!(decompress_text(&compress_text(""), 0).unwrap(), "");
}

/// Short forms as in Python's `json.dumps(ensure_ascii=False)`.
#[test]
fn strings_as_python_writes_them() {
    let cases = [
        ("", r#""""#),
        ("a\"b\\c/", r#""a\"b\\c/""#),
        ("\u{8}\t\n\u{c}\r", r#""\b\t\n\f\r""#),
        ("\0\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
        ("β→😀\u{2028}", "\"β→😀\u{2028}\""),
    ];
    for (text, expected) in cases {
        let mut out = Vec::new();
        write_escaped(&mut out, text);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

#[test]
fn numbers() {
    let cases = [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (1e16, "1e+16"),
        (1e-7, "1e-7"),
        (-2.5e-300, "-2.5e-300"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
    ];
    for (number, expected) in cases {
        let mut out = Vec::new();
        write_number(&mut out, number).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
    for number in [f64::NAN, f64::INFINITY] {
        let error = write_number(&mut Vec::new(), number).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("expected a finite number, found {number}")
        );
    }
    assert_eq!(
        NotFinite(-f64::INFINITY).to_string(),
        "expected a finite number, found -inf"
    );
}

#[test]
fn bodies_that_cannot_be() {
    let bound = BoundBody::new(&["a"], &[], "", true).unwrap_err();
    assert_eq!(bound.to_string(), "expected 1 circuits, found 0");
    let template = |values: &[f64]| {
        TemplateBody::new("z", &["x"], &["a", "b"], values, "", true)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(template(&[1.0]), "expected 2 values, found 1");
    let infinite = "parameter set 1, value 0: expected a finite number, found inf";
    assert_eq!(template(&[1.0, f64::INFINITY]), infinite);
}

#[test]
fn an_item_that_fits_nowhere() {
    let error = plan(&[5, 90, 5], 20, 100).unwrap_err();
    let text =
        "item 1 alone needs a request of 110 bytes (20 of them in every request), the cap is 100";
    assert_eq!(error.to_string(), text);
    assert_eq!(plan(&[], 20, 10).unwrap(), []);
    assert_eq!(plan(&[30, 49, 1, 80], 20, 100).unwrap(), [0..2, 2..3, 3..4]);
}

/// Item by item, as greedy packing is defined.
fn naive(
    sizes: &[usize],
    cap: usize,
    fixed: impl Fn(Range<usize>) -> usize,
) -> Option<Vec<Range<usize>>> {
    let fits = |items: Range<usize>| {
        let bytes: usize = sizes[items.clone()].iter().sum();
        bytes + items.len() - 1 + fixed(items) <= cap
    };
    let mut chunks: Vec<Range<usize>> = Vec::new();
    for i in 0..sizes.len() {
        match chunks.last_mut() {
            Some(chunk) if fits(chunk.start..i + 1) => chunk.end = i + 1,
            _ if fits(i..i + 1) => chunks.push(i..i + 1),
            _ => return None,
        }
    }
    Some(chunks)
}

/// Members whose length depends on the items.
struct Groups;

impl Groups {
    fn text(items: Range<usize>) -> String {
        format!("\"shot_groups\":[[0,{},10]]", items.len())
    }
}

impl Fragment for Groups {
    fn len(&self, items: Range<usize>) -> usize {
        Self::text(items).len()
    }

    fn write(&self, items: Range<usize>, out: &mut Vec<u8>) {
        out.extend_from_slice(Self::text(items).as_bytes());
    }
}

fn expected_tail(body: &Value, last: bool) {
    assert_eq!(body["mode"], "append");
    assert_eq!(body["finalized"], if last { "true" } else { "false" });
}

proptest! {
    #[test]
    fn texts_round_trip(text in any::<String>(), times in 1..200_usize) {
        let text = text.repeat(times);
        let compressed = compress_text(&text);
        prop_assert_eq!(decompress_text(&compressed, text.len()).unwrap(), text.as_str());
        prop_assert_eq!(compress_text(&text), compressed.as_str());
        prop_assert_eq!(compress_batch(&[&text, &text]), vec![compressed.clone(), compressed]);
        if !text.is_empty() {
            prop_assert!(decompress_text(&compress_text(&text), text.len() - 1).is_err());
        }
    }

    /// Law: what is read from damaged bytes is the text itself (the header's time may change freely).
    #[test]
    fn damaged_bytes_never_read_as_another_text(text in ".{0,80}", at in any::<usize>(), byte: u8) {
        let mut bytes = gzip(text.as_bytes());
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(read) = decompress_text(&encode_base64(&bytes), 1000) {
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn arbitrary_text_is_no_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = decompress_text(&text, 100);
        let bytes = [&[0x1f, 0x8b, 8][..], &bytes].concat();
        if let Ok(text) = decompress_text(&encode_base64(&bytes), 100) {
            prop_assert!(text.len() <= 100);
        }
    }

    #[test]
    fn json_parses_back(text in any::<String>(), number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let mut out = Vec::new();
        write_escaped(&mut out, &text);
        prop_assert_eq!(out.len(), escaped_len(&text));
        prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        let mut out = Vec::new();
        write_number(&mut out, number).unwrap();
        let digits = String::from_utf8(out).unwrap();
        prop_assert_eq!(digits.parse::<f64>().unwrap().to_bits(), number.to_bits());
        prop_assert!(digits.contains(['.', 'e']));
    }

    #[test]
    fn plans_are_greedy(sizes in proptest::collection::vec(0..60_usize, 0..60), fixed in 0..30_usize, cap in 1..200_usize) {
        let chunks = plan(&sizes, fixed, cap);
        prop_assert_eq!(chunks.ok(), naive(&sizes, cap, |_| fixed));
        let growing = |items: Range<usize>| fixed + items.len() / 3;
        prop_assert_eq!(plan_with(&sizes, cap, growing).ok(), naive(&sizes, cap, growing));
    }

    #[test]
    fn bound_bodies(pairs in proptest::collection::btree_map(any::<String>(), "[A-Za-z0-9+/]{0,40}", 1..20), cap in 120..400_usize, last: bool) {
        let labels: Vec<&str> = pairs.keys().map(String::as_str).collect();
        let circuits: Vec<&str> = pairs.values().map(String::as_str).collect();
        let body = BoundBody::new(&labels, &circuits, Groups, last).unwrap();
        let Ok(chunks) = body.plan(cap) else { return Ok(()) };
        prop_assert_eq!(chunks.iter().map(ExactSizeIterator::len).sum::<usize>(), labels.len());
        for items in chunks {
            let bytes = body.write(items.clone());
            prop_assert_eq!(bytes.len(), body.len(items.clone()));
            prop_assert!(bytes.len() <= cap);
            let read: Value = serde_json::from_slice(&bytes).unwrap();
            expected_tail(&read, last && items.end == labels.len());
            prop_assert_eq!(&read["shot_groups"], &json!([[0, items.len(), 10]]));
            let sent = labels[items.clone()].iter().zip(&circuits[items]);
            let sent: serde_json::Map<_, _> = sent.map(|(l, z)| ((*l).into(), json!(z))).collect();
            prop_assert_eq!(&read["circuits"], &Value::Object(sent));
        }
    }

    #[test]
    fn template_bodies(labels in proptest::collection::vec(any::<String>(), 1..20), names in proptest::collection::vec("[a-zβ_\\[\\]\"]{1,6}", 0..4), seed in -9.0..9.0_f64, often in 1..4_usize, cap in 150..600_usize, last: bool) {
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let values: Vec<f64> = (0..labels.len() * names.len()).map(|i| if i % often == 0 { seed } else { seed * i as f64 }).collect();
        let body = TemplateBody::new("H4s/+==", &names, &labels, &values, "\"shots\":1000", last).unwrap();
        let Ok(chunks) = body.plan(cap) else { return Ok(()) };
        for items in chunks {
            let bytes = body.write(items.clone());
            prop_assert_eq!(bytes.len(), body.len(items.clone()));
            prop_assert!(bytes.len() <= cap);
            let read: Value = serde_json::from_slice(&bytes).unwrap();
            expected_tail(&read, last && items.end == labels.len());
            prop_assert_eq!(&read["shots"], &json!(1000));
            prop_assert_eq!(&read["circuit_template"], &json!("H4s/+=="));
            prop_assert_eq!(&read["parameter_names"], &json!(names));
            let row = |i: usize| json!({"label": labels[i], "values": values[i * names.len()..][..names.len()]});
            prop_assert_eq!(&read["parameter_sets"], &Value::Array(items.map(row).collect()));
        }
    }
}
