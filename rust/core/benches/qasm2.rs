//! Reading and checking OpenQASM 2, in bytes per second.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vivace_core::qasm2;

const QUBITS: usize = 20;

/// A layered ansatz of about a megabyte: rotations, entanglers, measurements at the end of each block.
fn ansatz(angle: impl Fn(usize) -> String) -> String {
    let mut text =
        format!("OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[{QUBITS}];\ncreg c[{QUBITS}];\n");
    for layer in 0..1000 {
        for i in 0..QUBITS {
            let _ = writeln!(text, "ry({}) q[{i}];", angle(layer * QUBITS + i));
        }
        for i in 1..QUBITS {
            let _ = writeln!(text, "cx q[{}],q[{i}];", i - 1);
        }
        if layer % 4 == 3 {
            for i in 0..QUBITS {
                let _ = writeln!(text, "measure q[{i}] -> c[{i}];");
            }
        }
    }
    text
}

fn decimals(i: usize) -> String {
    format!(
        "0.{:08}",
        (i as u64).wrapping_mul(2_654_435_761) % 100_000_000
    )
}

fn programs() -> [(&'static str, String); 4] {
    let gates: String = (0..80_000)
        .map(|i| format!("cx q[{}],q[{}];\n", i % 19, i % 19 + 1))
        .collect();
    [
        ("ansatz", ansatz(decimals)),
        (
            "long angles",
            ansatz(|i| format!("{:?}", (i as f64).sin() * 3.0)),
        ),
        (
            "fractions of pi",
            ansatz(|i| format!("{}*pi/{}", i % 7 + 1, i % 16 + 1)),
        ),
        ("cx only", format!("OPENQASM 2.0;qreg q[20];\n{gates}")),
    ]
}

fn checking(c: &mut Criterion) {
    let mut group = c.benchmark_group("validate");
    for (name, text) in &programs() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| b.iter(|| qasm2::validate(black_box(text), &[])));
    }
    group.finish();
}

fn reading(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for (name, text) in &programs() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |b| {
            b.iter(|| qasm2::parse(black_box(text), &[]).map(|p| p.ops.len()))
        });
    }
    group.finish();
}

criterion_group!(benches, checking, reading);
criterion_main!(benches);
