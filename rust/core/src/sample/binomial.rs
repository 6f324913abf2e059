//! Exact binomial variates.

use super::stream::Stream;

/// Where the rejection sampler takes over: it is valid for a mean of 10 and more.
const SMALL_MEAN: f64 = 10.0;

/// Successes beyond this count with a mean below [`SMALL_MEAN`] have a probability below 10⁻⁶⁰: the
/// search got there through rounding, and starts again.
const MOST_BY_INVERSION: u64 = 110;

/// Successes among `n` trials of probability `p`, `0 ≤ p ≤ 1`.
pub(super) fn binomial(n: u64, p: f64, stream: &mut Stream) -> u64 {
    if p > 0.5 {
        return n - at_most_half(n, 1.0 - p, stream);
    }
    at_most_half(n, p, stream)
}

fn at_most_half(n: u64, p: f64, stream: &mut Stream) -> u64 {
    if n == 0 || p <= 0.0 {
        0
    } else if (n as f64) * p < SMALL_MEAN {
        by_inversion(n, p, stream)
    } else {
        by_rejection(n, p, stream)
    }
}

/// BINV: sums the probabilities of 0, 1, 2, … until they pass a uniform number (Kachitvichyanukul,
/// Schmeiser: *Binomial random variate generation*, CACM 31(2), 1988).
fn by_inversion(n: u64, p: f64, stream: &mut Stream) -> u64 {
    let q = 1.0 - p;
    let odds = p / q;
    let factor = (n as f64 + 1.0) * odds;
    let none = power(q, n);
    let most = n.min(MOST_BY_INVERSION);
    loop {
        let mut left = stream.uniform();
        let mut mass = none;
        for k in 0..=most {
            if left < mass {
                return k;
            }
            left -= mass;
            mass *= factor / (k + 1) as f64 - odds;
        }
    }
}

/// `base` to the power `exponent` by squaring, so by multiplications alone.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

/// BTRS: transformed rejection with squeeze (Hörmann: *The generation of binomial random variates*,
/// Journal of Statistical Computation and Simulation 46, 1993). For `n p ≥ 10`, `p ≤ ½`.
fn by_rejection(n: u64, p: f64, stream: &mut Stream) -> u64 {
    let count = n as f64;
    let spread = (count * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * spread;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let c = count * p + 0.5;
    let squeeze = 0.92 - 4.2 / b;
    loop {
        let v = stream.uniform();
        let u = stream.uniform() - 0.5;
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + c).floor();
        if us >= 0.07 && v <= squeeze {
            return k as u64;
        }
        if !(k >= 0.0 && k <= count) {
            continue;
        }
        let alpha = (2.83 + 5.1 / b) * spread;
        let v = v * alpha / (a / (us * us) + b);
        if libm::log(v) <= log_ratio(count, p, k) {
            return k as u64;
        }
    }
}

/// Logarithm of P(k) / P(m), `m` the mode.
fn log_ratio(n: f64, p: f64, k: f64) -> f64 {
    let m = ((n + 1.0) * p).floor();
    let odds = p / (1.0 - p);
    (m + 0.5) * libm::log((m + 1.0) / (odds * (n - m + 1.0)))
        + (n + 1.0) * libm::log((n - m + 1.0) / (n - k + 1.0))
        + (k + 0.5) * libm::log(odds * (n - k + 1.0) / (k + 1.0))
        + stirling_rest(m)
        + stirling_rest(n - m)
        - stirling_rest(k)
        - stirling_rest(n - k)
}

/// `ln k! − [½ ln 2π + (k + ½) ln(k + 1) − (k + 1)]`, what Stirling's formula leaves (Hörmann 1993).
fn stirling_rest(k: f64) -> f64 {
    const FIRST: [f64; 10] = [
        0.081_061_466_795_327_26,
        0.041_340_695_955_409_29,
        0.027_677_925_684_998_34,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_19,
        0.013_876_128_823_070_75,
        0.011_896_709_945_891_77,
        0.010_411_265_261_972_09,
        0.009_255_462_182_712_733,
        0.008_330_563_433_362_87,
    ];
    if let Some(rest) = FIRST.get(k as usize) {
        return *rest;
    }
    let next = k + 1.0;
    let square = next * next;
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / next
}
