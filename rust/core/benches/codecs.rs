//! Histograms and compressed texts at the sizes of performance.md.
//!
//! "Per outcome" is the time of a case divided by its throughput's elements.

use std::hint::black_box;
use std::io::Write;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compression, write::GzEncoder};
use vivace_core::histogram::{Histogram, decode};
use vivace_core::payload;

fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// `unique` different outcomes of `n_bits` ≤ 64 bits; a third of them counted once.
fn histogram(unique: usize, n_bits: u32) -> Vec<u8> {
    let mut state = 1;
    let mut outcomes = std::collections::BTreeSet::new();
    while outcomes.len() < unique {
        outcomes.insert(random(&mut state) >> (64 - n_bits));
    }
    let row_bytes = n_bits.div_ceil(8) as usize;
    let bits = outcomes
        .iter()
        .flat_map(|outcome| outcome.to_be_bytes()[8 - row_bytes..].to_vec())
        .collect();
    let counts = (0..unique)
        .map(|_| (random(&mut state) % 3 * 50 + 1) as i64)
        .collect();
    let histogram = Histogram::from_rows(bits, counts, n_bits).expect("distinct outcomes");
    histogram.encode(None).expect("fits QH1")
}

fn histograms(c: &mut Criterion) {
    let cases = [
        (16, 4),
        (16, 20),
        (1000, 10),
        (20_000, 20),
        (20_000, 60),
        (20_000, 64),
    ];
    for (unique, n_bits) in cases {
        let bytes = histogram(unique, n_bits);
        let mut group = c.benchmark_group(format!("qh1 {unique}x{n_bits}"));
        group.throughput(Throughput::Elements(unique as u64));
        group.bench_function("arrays", |b| {
            b.iter(|| decode(black_box(&bytes), None, None).expect("valid"))
        });
        let decoded = decode(&bytes, None, None).expect("valid");
        group.bench_function("keys as strings", |b| {
            b.iter_batched(
                || Vec::with_capacity(unique),
                |mut keys: Vec<String>| {
                    keys.extend((0..unique).map(|i| decoded.key(i)));
                    keys
                },
                BatchSize::SmallInput,
            )
        });
        group.bench_function("encode", |b| b.iter(|| decoded.encode(None)));
    }
}

/// A hardware-efficient ansatz as bound text: what a submission is made of.
fn circuit(n: usize, layers: usize, state: &mut u64) -> String {
    let mut text = format!("OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[{n}];\ncreg c[{n}];\n");
    for _ in 0..layers {
        for qubit in 0..n {
            for gate in ["ry", "rz"] {
                let angle =
                    (random(state) >> 11) as f64 / (1_u64 << 53) as f64 * std::f64::consts::TAU;
                text.push_str(&format!("{gate}({angle:.8}) q[{qubit}];\n"));
            }
        }
        for qubit in 1..n {
            text.push_str(&format!("cx q[{}],q[{qubit}];\n", qubit - 1));
        }
    }
    (0..n).for_each(|qubit| text.push_str(&format!("measure q[{qubit}] -> c[{qubit}];\n")));
    text
}

fn bare_gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(text.as_bytes()).expect("a vector");
    encoder.finish().expect("a vector")
}

fn texts(c: &mut Criterion) {
    let mut state = 1;
    for (n, layers) in [(4, 2), (12, 4), (40, 20)] {
        let text = circuit(n, layers, &mut state);
        let mut group = c.benchmark_group(format!("text of {} bytes", text.len()));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("bare flate2", |b| b.iter(|| bare_gzip(black_box(&text))));
        group.bench_function("gzip + base64", |b| {
            b.iter(|| payload::compress_text(black_box(&text)))
        });
        let compressed = payload::compress_text(&text);
        group.bench_function("back", |b| {
            b.iter(|| payload::decompress_text(black_box(&compressed), 1 << 24))
        });
    }
    let batch: Vec<String> = (0..1000).map(|_| circuit(12, 4, &mut state)).collect();
    let bytes: usize = batch.iter().map(String::len).sum();
    let mut group = c.benchmark_group("1000 texts");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("bare flate2, one core", |b| {
        b.iter(|| batch.iter().map(|text| bare_gzip(text)).collect::<Vec<_>>())
    });
    group.bench_function("batch, all cores", |b| {
        b.iter(|| payload::compress_batch(black_box(&batch)))
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30);
    targets = histograms, texts
}
criterion_main!(benches);
