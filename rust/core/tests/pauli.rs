//! Pauli words: tables of messages, and each fast path against a plain reference.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::io::{Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use vivace_core::pauli::*;

const EMPTY: &str = "Hamiltonian operators must be non-empty semicolon-separated strings.";
const LETTER: &str = "Hamiltonian operators must contain only I, X, Y, Z characters.";
const LENGTH: &str = "All Hamiltonian operators must have the same length.";

#[test]
fn faults_are_named() {
    let cases = [
        ("", format!("{EMPTY} Group 0, term 0 is empty.")),
        ("|XX", format!("{EMPTY} Group 0, term 0 is empty.")),
        ("XX|", format!("{EMPTY} Group 1, term 0 is empty.")),
        ("XX;", format!("{EMPTY} Group 0, term 1 is empty.")),
        (";XX", format!("{EMPTY} Group 0, term 0 is empty.")),
        ("XX;;YY", format!("{EMPTY} Group 0, term 1 is empty.")),
        ("II;XX;YY;XQ", format!("{LETTER} Word 'XQ' (group 0, term 3) has 'Q' at position 1.")),
        ("II|zz", format!("{LETTER} Word 'zz' (group 1, term 0) has 'z' at position 0.")),
        ("XX; YY", format!("{LETTER} Word ' YY' (group 0, term 1) has ' ' at position 0.")),
        ("XX\n", format!("{LETTER} Word 'XX\\n' (group 0, term 0) has '\\n' at position 2.")),
        ("XΩ", format!("{LETTER} Word 'XΩ' (group 0, term 0) has 'Ω' at position 1.")),
        ("XXX;YY", format!("{LENGTH} Word 'YY' (group 0, term 1) has 2 letters, the first word of its group has 3.")),
        ("XX|X;YY;Z", format!("{LENGTH} Word 'YY' (group 1, term 1) has 2 letters, the first word of its group has 1.")),
        ("XX;YY;XX", "Hamiltonian operators must not repeat. Word 'XX' (group 0, term 2) was given before (group 0, term 0).".into()),
    ];
    for (text, message) in cases {
        assert_eq!(
            Observables::parse(text).unwrap_err().to_string(),
            message,
            "{text:?}"
        );
    }
    let long = format!("{}Q", "X".repeat(100));
    let message = Observables::parse(&long).unwrap_err().to_string();
    assert!(
        message.contains(&format!("Word '{}…'", "X".repeat(60))),
        "{message}"
    );
}

#[test]
fn groups_and_words() {
    let observables = Observables::parse("XYZ;XXZ|ZI;IZ").unwrap();
    assert_eq!(
        (observables.n_groups(), observables.text()),
        (2, "XYZ;XXZ|ZI;IZ")
    );
    let words = |group| observables.words(group).collect::<Vec<_>>();
    assert_eq!(words(0), ["XYZ", "XXZ"]);
    assert_eq!(words(1), ["ZI", "IZ"]);
    assert_eq!(words(ALL_GROUPS), ["XYZ", "XXZ", "ZI", "IZ"]);
    assert_eq!(words(2), Vec::<&str>::new());
    assert_eq!(
        (observables.n_words(1), observables.n_words(ALL_GROUPS)),
        (2, 4)
    );
}

#[test]
fn a_word_in_two_groups_matters_only_when_flattened() {
    let observables = Observables::parse("ZZ;XX|YY;ZZ").unwrap();
    let message = observables.check_flattened().unwrap_err().to_string();
    assert_eq!(
        message,
        "Hamiltonian operators must not repeat. Word 'ZZ' (group 1, term 1) was given before (group 0, term 0)."
    );
    assert_eq!(
        Observables::parse("ZZ;XX|YY").unwrap().check_flattened(),
        Ok(())
    );
}

#[test]
fn the_map_of_groups() {
    let all = ALL_GROUPS;
    assert_eq!(groups_per_circuit(1, None, 2).unwrap(), [0, 0]);
    assert_eq!(groups_per_circuit(2, None, 2).unwrap(), [all, all]);
    assert_eq!(
        groups_per_circuit(2, Some(&[(1, 3), (0, 2)]), 4).unwrap(),
        [1, 0, 0, all]
    );
    assert_eq!(
        groups_per_circuit(1, Some(&[(2, 2)]), 2).unwrap(),
        [all, all]
    );
    let message =
        |n, map: &[(i64, i64)]| groups_per_circuit(n, Some(map), 4).unwrap_err().to_string();
    assert_eq!(
        message(2, &[(0, 1)]),
        "circuit_ham_map length (1) must match number of ham_ops groups (2)."
    );
    assert_eq!(
        message(1, &[(3, 1)]),
        "circuit_ham_map range 0 [3, 1) ends before it starts."
    );
    assert_eq!(
        message(1, &[(0, 5)]),
        "circuit_ham_map range 0 [0, 5) is out of bounds for n_circuits=4."
    );
    assert_eq!(
        message(2, &[(0, 1), (-1, 1)]),
        "circuit_ham_map range 1 [-1, 1) is out of bounds for n_circuits=4."
    );
}

fn gunzip(data: &str) -> String {
    let gz = STANDARD.decode(data).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(gz.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn wire(n: &str, sparse: &str) -> String {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(sparse.as_bytes()).unwrap();
    format!("@gzs{n}:{}", STANDARD.encode(gz.finish().unwrap()))
}

#[test]
fn the_example_of_the_protocol() {
    let encoded = encode_wire("ZIIZ;IIII;IXYI|XX").unwrap();
    let (first, second) = encoded.split_once('|').unwrap();
    assert_eq!(gunzip(first.strip_prefix("@gzs4:").unwrap()), "Z0Z3;I;X1Y2");
    assert_eq!(gunzip(second.strip_prefix("@gzs2:").unwrap()), "X0X1");
    assert_eq!(decode_wire(&encoded, 100).unwrap(), "ZIIZ;IIII;IXYI|XX");
    // What CPython's gzip.compress(b"Z0Z3;I;X1Y2", mtime=0) gives.
    let python = "@gzs4:H4sIAAAAAAACA4syiDK29rSOMIw0AgDuFSepCwAAAA==";
    assert_eq!(decode_wire(python, 100).unwrap(), "ZIIZ;IIII;IXYI");
}

#[test]
fn unencodable_text() {
    let cases = [
        (
            "",
            "dense_ham_ops must be a non-empty semicolon-separated Pauli string".to_owned(),
        ),
        (
            "XX;;YY",
            "dense_ham_ops must be a non-empty semicolon-separated Pauli string".to_owned(),
        ),
        (
            "XX;XYZ;Y;ZZ",
            "All Pauli terms must have the same length; got lengths {1, 2, 3}".to_owned(),
        ),
        (
            "XA",
            format!("{LETTER} Word 'XA' (group 0, term 0) has 'A' at position 1."),
        ),
    ];
    for (text, message) in cases {
        assert_eq!(
            encode_wire(text).unwrap_err().to_string(),
            message,
            "{text:?}"
        );
    }
    let wide = "I".repeat(MAX_WIDTH + 1);
    let message = encode_wire(&wide).unwrap_err().to_string();
    assert_eq!(
        message,
        "Observables, group 0: words have 1048577 letters; at most 1048576 can be sent."
    );
}

#[test]
fn undecodable_text() {
    let width = "word length must be a plain number from 1 to 1048576, got";
    let cases = [
        (
            "@gzs4".to_owned(),
            "expected ':' after '@gzs' and the word length".to_owned(),
        ),
        (wire("", "I"), format!("{width} ''")),
        (wire("0", "I"), format!("{width} '0'")),
        (wire("04", "I"), format!("{width} '04'")),
        (wire("+4", "I"), format!("{width} '+4'")),
        (wire("1048577", "I"), format!("{width} '1048577'")),
        (
            wire("99999999999999999999999", "I"),
            format!("{width} '99999999999999999999'"),
        ),
        (wire("4", ""), "term 0 is empty".into()),
        (wire("4", "I;"), "term 1 is empty".into()),
        (
            wire("4", "II"),
            "term 0 has something other than X, Y or Z before an index".into(),
        ),
        (
            wire("4", "I0"),
            "term 0 has something other than X, Y or Z before an index".into(),
        ),
        (
            wire("4", "X1;x2"),
            "term 1 has something other than X, Y or Z before an index".into(),
        ),
        (
            wire("4", "XY1"),
            "term 0 has a letter without an index".into(),
        ),
        (
            wire("4", "X01"),
            "term 0 has an index with a leading zero".into(),
        ),
        (
            wire("4", "X00"),
            "term 0 has an index with a leading zero".into(),
        ),
        (
            wire("4", "X4"),
            "term 0 has an index beyond the word length".into(),
        ),
        (
            wire("4", "X99999999999999999999999"),
            "term 0 has an index beyond the word length".into(),
        ),
        (
            wire("4", "X2Y2"),
            "term 0 has indices that do not increase".into(),
        ),
        (
            wire("4", "X2Y1"),
            "term 0 has indices that do not increase".into(),
        ),
    ];
    for (text, reason) in cases {
        let message = decode_wire(&text, 1 << 24).unwrap_err().to_string();
        assert_eq!(
            message,
            format!("Observables, group 0: {reason}."),
            "{text:?}"
        );
    }
    let good = wire("4", "X1");
    for bad in [
        good[..good.len() - 1].to_owned(),
        good.replace("@gzs4:", "@gzs4:!"),
        good[..12].to_owned(),
    ] {
        assert!(
            matches!(decode_wire(&bad, 100), Err(PauliError::Wire { .. })),
            "{bad:?}"
        );
    }
    let mut after = STANDARD.decode(&good[6..]).unwrap();
    let end = after.len();
    after.push(0);
    let after = STANDARD.encode(after);
    let message = decode_wire(&format!("@gzs4:{after}"), 100)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        format!("Observables, group 0: 1 bytes after the end of the gzip data, from byte {end}.")
    );
    let message = decode_wire("XX|xx", 100).unwrap_err().to_string();
    assert_eq!(
        message,
        format!("{LETTER} Word 'xx' (group 1, term 0) has 'x' at position 0.")
    );
}

#[test]
fn expansion_is_bounded_before_it_happens() {
    let too_large =
        |text: &str, max| matches!(decode_wire(text, max), Err(PauliError::TooLarge { .. }));
    let words = |n: usize| vec!["I"; n].join(";");
    assert!(too_large(&wire("1048576", "I"), 1 << 19));
    assert!(too_large(&wire("1048576", &words(100_000)), 1 << 24));
    assert!(too_large(&wire("4", &words(1_000_000)), 1000));
    assert!(too_large("XXXX", 3));
    assert_eq!(
        decode_wire(&wire("1048576", "I"), 1 << 20).unwrap().len(),
        1 << 20
    );
    let text = "XX;YY|ZZ|II";
    let encoded = encode_wire(text).unwrap();
    for max in 0..text.len() {
        assert!(too_large(&encoded, max) && too_large(text, max), "{max}");
    }
    assert_eq!(decode_wire(&encoded, text.len()).unwrap(), text);
}

/// One character at a time.
fn naive_check(text: &str) -> Result<(), String> {
    for (g, group) in text.split('|').enumerate() {
        let mut expected = None;
        for (t, word) in group.split(';').enumerate() {
            if word.is_empty() {
                return Err(format!("{EMPTY} Group {g}, term {t} is empty."));
            }
            for (i, c) in word.chars().enumerate() {
                if !"IXYZ".contains(c) {
                    return Err(format!(
                        "{LETTER} Word '{word}' (group {g}, term {t}) has '{c}' at position {i}."
                    ));
                }
            }
            let (n, first) = (word.len(), *expected.get_or_insert(word.len()));
            if n != first {
                let letters = if n == 1 { "letter" } else { "letters" };
                return Err(format!(
                    "{LENGTH} Word '{word}' (group {g}, term {t}) has {n} {letters}, the first word of its group has {first}."
                ));
            }
        }
    }
    Ok(())
}

fn naive_sparse(group: &str) -> String {
    let word = |word: &str| {
        let letters = word.char_indices().filter(|(_, c)| *c != 'I');
        let sparse: String = letters.map(|(i, c)| format!("{c}{i}")).collect();
        if sparse.is_empty() {
            "I".to_owned()
        } else {
            sparse
        }
    };
    group.split(';').map(word).collect::<Vec<_>>().join(";")
}

fn dense(widths: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let group = (widths, 1usize..20).prop_flat_map(|(width, words)| {
        prop::collection::vec(
            prop::collection::vec(prop::sample::select(vec!['I', 'I', 'X', 'Y', 'Z']), width),
            words,
        )
    });
    prop::collection::vec(group, 1..4).prop_map(|groups| {
        let group = |g: Vec<Vec<char>>| {
            g.into_iter()
                .map(String::from_iter)
                .collect::<Vec<_>>()
                .join(";")
        };
        groups.into_iter().map(group).collect::<Vec<_>>().join("|")
    })
}

proptest! {
    #[test]
    fn check_agrees_on_any_text(text in "[IXYZXYZ;;|Qλ]{0,40}") {
        prop_assert_eq!(check(&text).map_err(|e| e.to_string()), naive_check(&text));
    }

    #[test]
    fn check_agrees_on_nearly_valid_text(text in dense(1..30), at in any::<prop::sample::Index>(), c in "[IX;|Q ]") {
        prop_assert_eq!(check(&text), Ok(()));
        let at = at.index(text.len());
        let changed = format!("{}{c}{}", &text[..at], &text[at + 1..]);
        let naive = naive_check(&changed);
        if changed.len() < 60 {
            prop_assert_eq!(check(&changed).map_err(|e| e.to_string()), naive);
        } else {
            prop_assert_eq!(check(&changed).is_ok(), naive.is_ok());
        }
    }

    #[test]
    fn parse_finds_repeats(text in dense(1..4)) {
        let repeats = text.split('|').any(|g| { let mut seen = HashSet::new(); g.split(';').any(|w| !seen.insert(w)) });
        match Observables::parse(&text) {
            Ok(parsed) => {
                prop_assert!(!repeats);
                let words: Vec<_> = text.split(['|', ';']).collect();
                prop_assert_eq!(parsed.words(ALL_GROUPS).collect::<Vec<_>>(), words);
            }
            Err(error) => {
                let duplicate = matches!(error, PauliError::Duplicate { .. });
                prop_assert!(repeats && duplicate);
            }
        }
    }

    #[test]
    fn wire_round_trip(text in dense(1..130)) {
        let encoded = encode_wire(&text).unwrap();
        for (part, group) in encoded.split('|').zip(text.split('|')) {
            prop_assert_eq!(gunzip(part.split_once(':').unwrap().1), naive_sparse(group));
        }
        prop_assert_eq!(decode_wire(&encoded, text.len()).unwrap(), text);
    }

    #[test]
    fn any_sparse_text_is_canonical_or_refused(sparse in "[XYZI0-3;]{0,12}", n in 1usize..5) {
        if let Ok(dense) = decode_wire(&wire(&n.to_string(), &sparse), 1000) {
            prop_assert_eq!(naive_sparse(&dense), sparse);
        }
    }

    #[test]
    fn first_range_wins(map in prop::collection::vec((0i64..12, 0i64..12), 0..6)) {
        let map: Vec<_> = map.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
        let naive: Vec<u32> = (0..12)
            .map(|i| map.iter().position(|(a, b)| (*a..*b).contains(&i)).map_or(ALL_GROUPS, |g| g as u32))
            .collect();
        prop_assert_eq!(groups_per_circuit(map.len(), Some(&map), 12).unwrap(), naive);
    }
}
