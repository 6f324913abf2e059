//! Sampling: frozen vectors, faults, and the distribution of the counts.

#![allow(clippy::unwrap_used)]

use vivace_core::sample::*;

const SEEDS: u64 = 800;

#[test]
fn seeds_are_frozen() {
    let cases = [
        (0, "", DERIVED[0]),
        (42, "c0", DERIVED[1]),
        (42, "c1", DERIVED[2]),
        (43, "c0", DERIVED[3]),
        (u64::MAX, "β/α", DERIVED[4]),
    ];
    for (seed, label, derived) in cases {
        assert_eq!(derive_seed(seed, label), derived, "{seed} {label}");
    }
}

#[test]
fn counts_are_frozen() {
    let few = sample_counts(&geometric(8), 20, 42).unwrap();
    let many = sample_counts(&geometric(8), 100_000, 42).unwrap();
    assert_eq!(few, FEW);
    assert_eq!(many, MANY);
}

fn geometric(n: usize) -> Vec<f64> {
    normalised((0..n).map(|i| 0.5f64.powi(i as i32)))
}

fn normalised(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let weights: Vec<f64> = weights.collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

#[test]
fn faults_are_named() {
    let row = |p: &[f64], shots| sample_counts(p, shots, 1).map_err(|e| e.to_string());
    let not = "expected a finite number, not negative.";
    let cases: &[(&[f64], u64, String)] = &[
        (
            &[0.5, f64::NAN],
            1,
            format!("Row 0 has the probability NaN for outcome 1; {not}"),
        ),
        (
            &[0.5, f64::INFINITY],
            1,
            format!("Row 0 has the probability inf for outcome 1; {not}"),
        ),
        (
            &[1.5, -0.5],
            1,
            format!("Row 0 has the probability -0.5 for outcome 1; {not}"),
        ),
        (
            &[0.5, 0.25],
            1,
            "Row 0 has probabilities that sum to 0.75; expected 1.".into(),
        ),
        (
            &[],
            1,
            "Row 0 has probabilities that sum to 0; expected 1.".into(),
        ),
        (
            &[1.0],
            MAX_SHOTS + 1,
            "Row 0 asks for 1099511627777 shots; at most 1099511627776 are possible.".into(),
        ),
    ];
    for (p, shots, message) in cases {
        assert_eq!(row(p, *shots), Err(message.clone()));
    }
    let rows = |m: &[f64], n, s: &[u64], seeds: &[u64]| {
        sample_rows(m, n, s, seeds).unwrap_err().to_string()
    };
    assert_eq!(
        rows(&[1.0, 0.0, 0.3, 0.3, 9.0, 0.0], 2, &[1; 3], &[1; 3]),
        "Row 1 has probabilities that sum to 0.6; expected 1."
    );
    let shape =
        "Expected one row of 2 probabilities, one number of shots and one seed per circuit; got";
    assert_eq!(
        rows(&[1.0], 2, &[1], &[1]),
        format!("{shape} 1 probabilities, 1 shots, 1 seeds.")
    );
    assert_eq!(
        rows(&[1.0, 0.0], 2, &[1], &[]),
        format!("{shape} 2 probabilities, 1 shots, 0 seeds.")
    );
    assert!(sample_rows(&[], 0, &[1], &[1]).is_err());
    assert_eq!(sample_rows(&[], 2, &[], &[]), Ok(vec![]));
}

#[test]
fn totals_hold_and_impossible_outcomes_never_appear() {
    let p = [
        0.0,
        1e-300,
        0.3,
        -1e-13,
        0.0,
        0.7 - 1e-9,
        0.0,
        1e-9,
        0.0,
        0.0,
    ];
    for shots in [0, 1, 7, 39, 40, 41, 1000, 1 << 33, MAX_SHOTS] {
        for seed in 0..200 {
            let counts = sample_counts(&p, shots, seed).unwrap();
            assert_eq!(counts.iter().map(|(_, c)| c).sum::<u64>(), shots);
            assert!(counts.iter().all(|(o, c)| p[*o as usize] > 0.0 && *c > 0));
            assert!(counts.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}

#[test]
fn rows_depend_on_nothing_but_themselves() {
    let rows: Vec<Vec<f64>> = (0..300)
        .map(|r| normalised((1..=12).map(|i| (1 + i * (r + 3) % 17) as f64)))
        .collect();
    let shots: Vec<u64> = (0..300).map(|r| r * 7).collect();
    let seeds: Vec<u64> = (0..300).map(|r| derive_seed(5, &format!("c{r}"))).collect();
    let alone: Vec<_> = (0..300)
        .map(|r| sample_counts(&rows[r], shots[r], seeds[r]).unwrap())
        .collect();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let together = pool.install(|| sample_rows(&rows.concat(), 12, &shots, &seeds));
        assert_eq!(together.unwrap(), alone);
    }
}

/// ln Γ(x), Lanczos' approximation (g = 7, 9 terms).
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = C[0] + (1..9).map(|i| C[i] / (x + i as f64)).sum::<f64>();
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// P(χ² > x) with `freedom` degrees of freedom: 1 − the series of the lower incomplete gamma function.
fn chi_square_tail(x: f64, freedom: usize) -> f64 {
    let (a, x) = (freedom as f64 / 2.0, x / 2.0);
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for n in 1..2000 {
        term *= x / (a + n as f64);
        sum += term;
    }
    (1.0 - sum * (a * x.ln() - x - ln_gamma(a)).exp()).clamp(0.0, 1.0)
}

/// √n × the greatest distance between the values' distribution and the uniform one.
fn kolmogorov_smirnov(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = |(i, v): (usize, &f64)| (v - i as f64 / n).max((i + 1) as f64 / n - v);
    values.iter().enumerate().map(distance).fold(0.0, f64::max) * n.sqrt()
}

fn chi_square(observed: &[u64], expected: &[f64]) -> f64 {
    observed
        .iter()
        .zip(expected)
        .map(|(o, e)| (*o as f64 - e).powi(2) / e)
        .sum()
}

/// p-values of the counts of one row over many seeds are uniform (1.95: a chance of 0.1 %, decided once
/// for all by the fixed seeds).
fn p_values_are_uniform(p: &[f64], shots: u64) {
    let possible: Vec<usize> = (0..p.len()).filter(|&outcome| p[outcome] > 0.0).collect();
    let expected: Vec<f64> = possible
        .iter()
        .map(|&outcome| p[outcome] * shots as f64)
        .collect();
    let p_value = |seed| {
        let mut observed = vec![0; possible.len()];
        for (outcome, count) in sample_counts(p, shots, derive_seed(seed, "uniform")).unwrap() {
            // An impossible outcome would fail here.
            observed[possible.binary_search(&(outcome as usize)).unwrap()] = count;
        }
        chi_square_tail(chi_square(&observed, &expected), possible.len() - 1)
    };
    let statistic = kolmogorov_smirnov((0..SEEDS).map(p_value).collect());
    assert!(
        statistic < 1.95,
        "{shots} shots, {} outcomes: {statistic}",
        p.len()
    );
}

#[test]
fn one_number_per_shot_is_multinomial() {
    // Impossible outcomes in between make shots few for the number of outcomes, and many for each possible one.
    let spread = |weights: &[f64]| -> Vec<f64> {
        let padded = weights.iter().flat_map(|w| [0.0, *w, 0.0, 0.0, 0.0]);
        normalised(padded)
    };
    p_values_are_uniform(&spread(&[1.0; 64]), 1000);
    p_values_are_uniform(
        &spread(&(0..64).map(|i| 1.0 + f64::from(i % 5)).collect::<Vec<_>>()),
        1023,
    );
    p_values_are_uniform(
        &spread(&(1..=300).map(f64::from).chain([3e4]).collect::<Vec<_>>()),
        4700,
    );
}

#[test]
fn one_binomial_per_outcome_is_multinomial() {
    p_values_are_uniform(&normalised((0..16).map(|_| 1.0)), 1000);
    p_values_are_uniform(&geometric(8), 5000);
    p_values_are_uniform(&normalised((1..=16).map(|i| f64::from(i).powi(3))), 100_000);
    p_values_are_uniform(&normalised([1e6, 1.0, 2.0, 1e5, 3.0].into_iter()), 1 << 36);
}

/// Counts of one outcome against the exact probabilities of the binomial distribution.
#[test]
fn binomials_are_exact() {
    const DRAWS: u64 = 40_000;
    for (n, p) in [
        (40, 0.01),
        (40, 0.2),
        (40, 0.3),
        (40, 0.5),
        (40, 0.77),
        (500, 0.019),
        (500, 0.021),
        (100_000, 2e-4),
    ] {
        let mut observed = vec![0u64; 200];
        for seed in 0..DRAWS {
            let counts = sample_counts(&[p, 1.0 - p], n, seed).unwrap();
            let successes = counts.iter().find(|(o, _)| *o == 0).map_or(0, |(_, c)| *c);
            observed[successes as usize] += 1;
        }
        let (n, ln_n) = (n as f64, ln_gamma(n as f64 + 1.0));
        let mass = |k: f64| {
            let ln = ln_n - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
                + k * p.ln()
                + (n - k) * (1.0 - p).ln();
            DRAWS as f64 * ln.exp()
        };
        let (mut seen, mut expected) = (vec![0], vec![0.0]);
        for (k, seen_k) in observed.iter().enumerate().take(n as usize + 1) {
            if expected.last().is_some_and(|e| *e >= 10.0) {
                seen.push(0);
                expected.push(0.0);
            }
            *seen.last_mut().unwrap() += seen_k;
            *expected.last_mut().unwrap() += mass(k as f64);
        }
        let (o, e) = (seen.pop().unwrap(), expected.pop().unwrap());
        *seen.last_mut().unwrap() += o;
        *expected.last_mut().unwrap() += e;
        let tail = chi_square_tail(chi_square(&seen, &expected), seen.len() - 1);
        assert!(tail > 1e-3, "n={n} p={p}: {tail}");
    }
}

/// Frozen: a change breaks the promise of the module `sample`. The seeds were checked with a second implementation.
const DERIVED: [u64; 5] = [
    12591593934349417548,
    8109721157802381011,
    5961301865657281426,
    9689336213918757884,
    5661052024090470360,
];
const FEW: &[(u64, u64)] = &[(0, 12), (1, 5), (2, 2), (3, 1)];
const MANY: &[(u64, u64)] = &[
    (0, 50293),
    (1, 24959),
    (2, 12647),
    (3, 6249),
    (4, 3126),
    (5, 1587),
    (6, 769),
    (7, 370),
];
