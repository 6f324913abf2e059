//! Submissions as request bodies: whatever the form and the cap, they say the same.

#![allow(clippy::unwrap_used)]

use std::io::Read;

use flate2::read::GzDecoder;
use proptest::prelude::*;
use serde_json::Value;
use vivace_core::payload::decompress_text;
use vivace_core::shots::{ShotRange, validate};
use vivace_core::template::{CircuitBatch, TemplateSource};
use vivace_core::upload::{Body, Coding, Form, Upload};

const FORMS: [Form; 3] = [Form::Bound, Form::Smaller, Form::Template];

fn batch(texts: &[String]) -> CircuitBatch {
    let labels: Vec<String> = (0..texts.len()).map(|i| format!("c\"{i}")).collect();
    CircuitBatch::from_texts(&labels, texts).unwrap()
}

/// Circuits of a few structures, in blocks and mixed.
fn circuits(kinds: &[(u8, f64)]) -> Vec<String> {
    let text = |&(kind, angle): &(u8, f64)| {
        let head = "OPENQASM 2.0; include \"qelib1.inc\"; qreg q[3]; creg c[3];";
        let body = match kind % 3 {
            0 => format!("rx({angle:?}) q[0]; cx q[0],q[1];"),
            1 => format!(
                "ry({angle:?}) q[1]; rz(-{:?}^2) q[2]; cz q[1],q[2];",
                angle.abs()
            ),
            _ => "h q[0]; h q[1]; h q[2];".to_owned(),
        };
        format!("{head}{body} measure q -> c;")
    };
    kinds.iter().map(text).collect()
}

fn all_bodies(upload: &Upload, batch: &CircuitBatch) -> Vec<Body> {
    bodies_in(upload, batch, Coding::Identity)
}

fn bodies_in(upload: &Upload, batch: &CircuitBatch, coding: Coding) -> Vec<Body> {
    let (mut bodies, mut from) = (Vec::new(), 0);
    while from < batch.labels.len() {
        let more = upload.write(batch, from, coding).unwrap();
        from = more.last().unwrap().circuits.end;
        bodies.extend(more);
    }
    assert!(upload.write(batch, from, coding).unwrap().is_empty());
    bodies
}

/// What a server makes of a body: label and text of every circuit.
fn read(body: &Body) -> Vec<(String, String)> {
    let json: Value = serde_json::from_slice(&body.bytes).unwrap();
    if let Some(circuits) = json.get("circuits") {
        let pairs = circuits.as_object().unwrap().iter();
        let mut read: Vec<_> = pairs
            .map(|(label, z)| {
                (
                    label.clone(),
                    decompress_text(z.as_str().unwrap(), 1 << 20).unwrap(),
                )
            })
            .collect();
        // serde_json sorts names; labels count up.
        read.sort_by_key(|(label, _)| label[2..].parse::<usize>().unwrap());
        return read;
    }
    let template = decompress_text(json["circuit_template"].as_str().unwrap(), 1 << 20).unwrap();
    let names: Vec<&str> = json["parameter_names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_str().unwrap())
        .collect();
    let rows = json["parameter_sets"].as_array().unwrap().iter();
    rows.map(|row| {
        let labels = [row["label"].as_str().unwrap()];
        let values: Vec<f64> = row["values"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect();
        let source = TemplateSource {
            text: &template,
            names: &names,
            rows: &values,
            labels: &labels,
        };
        let bound = CircuitBatch::from_templates(&[source]).unwrap();
        let text = bound.templates[0]
            .bound_text(bound.templates[0].row(0).unwrap())
            .unwrap();
        (labels[0].to_owned(), text)
    })
    .collect()
}

proptest! {
    #[test]
    fn every_form_and_cap_says_the_same(
        kinds in prop::collection::vec((0..6_u8, -3.0..3.0_f64), 1..60),
        blocks in any::<bool>(),
        cap in 900..4000_usize,
    ) {
        let mut kinds = kinds;
        if blocks {
            kinds.sort_by_key(|(kind, _)| kind % 3);
        }
        let batch = batch(&circuits(&kinds));
        let expected: Vec<(String, String)> = batch.places.iter().zip(&batch.labels).map(|(place, label)| {
            let template = &batch.templates[place.template as usize];
            (label.clone(), template.bound_text(template.row(place.row as usize).unwrap()).unwrap())
        }).collect();
        for form in FORMS {
            let upload = Upload::new(&batch, r#""shots":7"#, &[], cap, form).unwrap();
            let bodies = all_bodies(&upload, &batch);
            let mut next = 0;
            for (i, body) in bodies.iter().enumerate() {
                prop_assert!(body.bytes.len() <= cap);
                prop_assert_eq!(body.circuits.start, next);
                next = body.circuits.end;
                let json: Value = serde_json::from_slice(&body.bytes).unwrap();
                prop_assert_eq!(&json["shots"], 7);
                prop_assert_eq!(&json["mode"], "append");
                let last = if i + 1 == bodies.len() { "true" } else { "false" };
                prop_assert_eq!(&json["finalized"], last);
            }
            let found: Vec<_> = bodies.iter().flat_map(read).collect();
            prop_assert_eq!(&found, &expected);
        }
    }

    #[test]
    fn gzip_changes_nothing_but_the_bytes(
        kinds in prop::collection::vec((0..6_u8, -3.0..3.0_f64), 1..60),
        cap in 900..4000_usize,
    ) {
        let batch = batch(&circuits(&kinds));
        for form in FORMS {
            let upload = Upload::new(&batch, r#""shots":7"#, &[], cap, form).unwrap();
            let decoded = bodies_in(&upload, &batch, Coding::Gzip).into_iter().map(|body| {
                let (mut decoder, mut bytes) = (GzDecoder::new(&body.bytes[..]), Vec::new());
                decoder.read_to_end(&mut bytes).unwrap();
                assert!(decoder.into_inner().is_empty());
                Body { bytes, circuits: body.circuits }
            });
            prop_assert_eq!(decoded.collect::<Vec<_>>(), all_bodies(&upload, &batch));
        }
    }

    #[test]
    fn bodies_are_the_same_from_any_circuit_on(kinds in prop::collection::vec((0..6_u8, -3.0..3.0_f64), 1..60)) {
        let batch = batch(&circuits(&kinds));
        let upload = Upload::new(&batch, "", &[], 1500, Form::Smaller).unwrap();
        let bodies = all_bodies(&upload, &batch);
        for (i, body) in bodies.iter().enumerate() {
            let again = upload.write(&batch, body.circuits.start, Coding::Identity).unwrap();
            prop_assert_eq!(&again[0], &bodies[i]);
        }
    }

    #[test]
    fn shot_ranges_start_again_in_every_body(cut in 1..59_usize, cap in 900..3000_usize) {
        let kinds: Vec<_> = (0..60).map(|i| (0, f64::from(i))).collect();
        let batch = batch(&circuits(&kinds));
        let ranges = validate(&[(cut as i64, 60, 5), (0, cut as i64, 1000)], 60).unwrap();
        let upload = Upload::new(&batch, "", &ranges, cap, Form::Template).unwrap();
        let mut shots = Vec::new();
        for body in all_bodies(&upload, &batch) {
            prop_assert!(body.bytes.len() <= cap);
            let json: Value = serde_json::from_slice(&body.bytes).unwrap();
            let size = json["circuits"].as_object().unwrap().len();
            let mut here = vec![0; size];
            for range in json["shot_groups"].as_array().unwrap() {
                let [start, end, n] = [0, 1, 2].map(|i| range[i].as_u64().unwrap());
                here[start as usize..end as usize].fill(n);
            }
            shots.extend(here);
        }
        let expected: Vec<u64> = (0..60).map(|i| if i < cut { 1000 } else { 5 }).collect();
        prop_assert_eq!(shots, expected);
    }
}

#[test]
fn a_sweep_of_texts_travels_as_one_template() {
    let kinds: Vec<_> = (0..1000).map(|i| (1, f64::from(i) * 0.37)).collect();
    let batch = batch(&circuits(&kinds));
    let size = |form| {
        let upload = Upload::new(&batch, r#""shots":7"#, &[], 996_147, form).unwrap();
        all_bodies(&upload, &batch)
            .iter()
            .map(|body| body.bytes.len())
            .sum::<usize>()
    };
    assert!(size(Form::Smaller) * 2 < size(Form::Bound));
    let rows = Upload::new(&batch, r#""shots":7"#, &[], 996_147, Form::Smaller).unwrap();
    let coded = bodies_in(&rows, &batch, Coding::Gzip);
    assert!(coded[0].bytes.len() * 2 < size(Form::Smaller));
    let ranges = [ShotRange {
        start: 0,
        end: 1000,
        shots: 5,
    }];
    let with_ranges = Upload::new(&batch, "", &ranges, 996_147, Form::Template).unwrap();
    for body in all_bodies(&with_ranges, &batch) {
        assert!(body.bytes.starts_with(b"{\"circuits\""));
    }
}

#[test]
fn however_many_circuits_there_are_a_few_bodies_are_held_at_a_time() {
    let kinds: Vec<_> = (0..20_000).map(|i| (1, f64::from(i) * 0.37)).collect();
    let batch = batch(&circuits(&kinds));
    for (form, cap) in [(Form::Bound, 100_000), (Form::Smaller, 20_000)] {
        let upload = Upload::new(&batch, r#""shots":7"#, &[], cap, form).unwrap();
        let (mut from, mut calls) = (0, Vec::new());
        while from < 20_000 {
            let bodies = upload.write(&batch, from, Coding::Identity).unwrap();
            from = bodies.last().unwrap().circuits.end;
            calls.push(bodies.len());
        }
        assert!(calls.iter().sum::<usize>() > 20, "{calls:?}");
        assert!(calls.iter().all(|&bodies| bodies <= 4), "{calls:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused_before_anything_is_written() {
    let batch = batch(&circuits(&[(0, 0.1), (1, 0.2)]));
    let error = Upload::new(&batch, r#""shots":7"#, &[], 200, Form::Bound).unwrap_err();
    assert_eq!(error.label(), Some("c\"0"));
    assert!(
        error
            .to_string()
            .starts_with("Circuit 'c\"0' alone needs a request of 238 bytes (61 of them in every"),
        "{error}"
    );
    let source = TemplateSource {
        text: "OPENQASM 2.0; qreg q[1]; rx(a) q[0];",
        names: &["a"],
        rows: &[1.0],
        labels: &["x"],
    };
    let batch = CircuitBatch::from_templates(&[source]).unwrap();
    let message = |cap| {
        let upload = Upload::new(&batch, r#""shots":7"#, &[], cap, Form::Template);
        upload.unwrap_err().to_string()
    };
    assert_eq!(
        message(200),
        "Compressed circuit_template (108 bytes) with the request's other fields exceeds the per-request \
         payload cap (0.00 MB)"
    );
    assert!(message(230).starts_with("Circuit 'x' alone needs a request of 2"));
}

#[test]
fn angles_that_come_out_as_no_number_are_refused() {
    let text = "OPENQASM 2.0; qreg q[1]; rx(1/a) q[0];";
    let source = TemplateSource {
        text,
        names: &["a"],
        rows: &[1.0, 0.0],
        labels: &["x", "y"],
    };
    let batch = CircuitBatch::from_templates(&[source]).unwrap();
    let error = Upload::new(&batch, "", &[], 996_147, Form::Template).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Circuit 'y': an angle of gate 'rx' comes out as inf; every angle must be a finite number."
    );
}

/// Templates as they are given: text of the only gate, parameter, labels; every value is 0.5.
fn templates(given: &[(&str, &str, &[&str])]) -> CircuitBatch {
    let texts: Vec<String> = given
        .iter()
        .map(|(gate, _, _)| {
            format!("OPENQASM 2.0; include \"qelib1.inc\"; qreg q[1]; {gate} q[0];")
        })
        .collect();
    let names: Vec<[&str; 1]> = given.iter().map(|(_, name, _)| [*name]).collect();
    let rows: Vec<Vec<f64>> = given
        .iter()
        .map(|(_, _, labels)| vec![0.5; labels.len()])
        .collect();
    let sources: Vec<TemplateSource> = (0..given.len())
        .map(|i| TemplateSource {
            text: &texts[i],
            names: &names[i],
            rows: &rows[i],
            labels: given[i].2,
        })
        .collect();
    CircuitBatch::from_templates(&sources).unwrap()
}

fn bodies_of(batch: &CircuitBatch, cap: usize) -> Vec<(bool, usize)> {
    let upload = Upload::new(batch, r#""shots":7"#, &[], cap, Form::Template).unwrap();
    all_bodies(&upload, batch)
        .iter()
        .map(|body| {
            let json: Value = serde_json::from_slice(&body.bytes).unwrap();
            (json.get("circuit_template").is_some(), body.circuits.len())
        })
        .collect()
}

#[test]
fn templates_given_one_row_at_a_time_share_a_body() {
    let labels: Vec<String> = (0..60).map(|i| format!("r{i}")).collect();
    let label = |i: usize| -> [&str; 1] { [&labels[i]] };
    let rows: Vec<[&str; 1]> = (0..60).map(label).collect();
    let same: Vec<_> = rows.iter().map(|row| ("rx(t)", "t", &row[..])).collect();
    assert_eq!(bodies_of(&templates(&same), 996_147), [(true, 60)]);
    let turns: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(i, row)| (["rx(t)", "ry(t)"][i % 2], "t", &row[..]))
        .collect();
    assert_eq!(bodies_of(&templates(&turns), 996_147), [(false, 60)]);
}

#[test]
fn templates_that_save_more_than_their_requests_travel_as_such() {
    let labels: Vec<String> = (0..2000).map(|i| format!("r{i}")).collect();
    let all: Vec<&str> = labels.iter().map(String::as_str).collect();
    let two = [
        ("rx(t)", "t", &all[..1000]),
        ("ry(s)", "s", &all[1000..1999]),
    ];
    assert_eq!(
        bodies_of(&templates(&two), 996_147),
        [(true, 1000), (true, 999)]
    );
    let small = [("rx(t)", "t", &all[..2]), ("ry(s)", "s", &all[2..3])];
    assert_eq!(bodies_of(&templates(&small), 996_147), [(false, 3)]);
    // Where a text might be too long for a body, templates stay what they are.
    assert_eq!(bodies_of(&templates(&small), 4000), [(true, 2), (true, 1)]);
}
