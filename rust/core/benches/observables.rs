//! Pauli words, shot ranges and sampling at the sizes of performance.md.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use vivace_core::{pauli, sample, shots};

/// 20 000 different words of 40 letters, all four letters equally likely.
fn words() -> String {
    let mut state = 1u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b"IXYZ"[(state >> 33) as usize & 3] as char
    };
    let words: Vec<String> = (0..20_000)
        .map(|_| (0..40).map(|_| letter()).collect())
        .collect();
    words.join(";")
}

fn pauli_words(c: &mut Criterion) {
    let text = words();
    let wire = pauli::encode_wire(&text).expect("valid");
    let mut group = c.benchmark_group("pauli 20000x40");
    group.bench_function("check", |b| b.iter(|| pauli::check(black_box(&text))));
    group.bench_function("parse", |b| {
        b.iter(|| pauli::Observables::parse(black_box(&text)).map(|o| o.n_groups()))
    });
    group.bench_function("encode_wire", |b| {
        b.iter(|| pauli::encode_wire(black_box(&text)))
    });
    group.bench_function("decode_wire", |b| {
        b.iter(|| pauli::decode_wire(black_box(&wire), 1 << 20))
    });
}

fn shot_ranges(c: &mut Criterion) {
    let raw: Vec<shots::RawRange> = (0..20_000)
        .map(|i| (i * 5, i * 5 + 5, 100 + i % 7))
        .collect();
    let chunks: Vec<_> = (0..100).map(|i| i * 1000..i * 1000 + 1000).collect();
    let ranges = shots::validate(&raw, 100_000).expect("a tiling");
    let mut group = c.benchmark_group("shots 20000 ranges");
    group.bench_function("validate", |b| {
        b.iter(|| shots::validate(black_box(&raw), 100_000))
    });
    group.bench_function("restrict to 100 chunks", |b| {
        b.iter(|| shots::restrict(black_box(&ranges), black_box(&chunks)))
    });
}

fn sampling(c: &mut Criterion) {
    let mut group = c.benchmark_group("sample");
    for (qubits, shots) in [(4, 100), (4, 1000), (4, 100_000), (10, 1000), (10, 100_000)] {
        let weights: Vec<f64> = (0..1 << qubits)
            .map(|i: u64| (i * 7919 % 101 + 1) as f64)
            .collect();
        let sum: f64 = weights.iter().sum();
        let row: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        let mut seed = 0;
        group.bench_function(format!("n={qubits} shots={shots}"), |b| {
            b.iter(|| {
                seed += 1;
                sample::sample_counts(black_box(&row), shots, seed)
            })
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).without_plots()
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(1));
    targets = pauli_words, shot_ranges, sampling
}
criterion_main!(benches);
