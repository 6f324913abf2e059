//! Shot ranges: a table of messages, and each function against a plain reference.

#![allow(clippy::unwrap_used)]

use std::ops::Range;

use proptest::prelude::*;
use vivace_core::shots::*;

#[test]
fn faults_are_named() {
    let cases: &[(&[RawRange], usize, &str)] = &[
        (
            &[(0, 2, 0)],
            2,
            "Shot range 0 [0, 2) with 0 shots has non-positive shot count.",
        ),
        (
            &[(0, 1, 5), (1, 2, -3)],
            2,
            "Shot range 1 [1, 2) with -3 shots has non-positive shot count.",
        ),
        (
            &[(-1, 2, 5)],
            2,
            "Shot range 0 [-1, 2) with 5 shots is out of bounds for n_circuits=2.",
        ),
        (
            &[(0, 3, 5)],
            2,
            "Shot range 0 [0, 3) with 5 shots is out of bounds for n_circuits=2.",
        ),
        (
            &[(1, 1, 5)],
            2,
            "Shot range 0 [1, 1) with 5 shots is out of bounds for n_circuits=2.",
        ),
        (
            &[(2, 1, 5)],
            2,
            "Shot range 0 [2, 1) with 5 shots is out of bounds for n_circuits=2.",
        ),
        (
            &[(0, i64::MAX, 5)],
            2,
            "Shot range 0 [0, 9223372036854775807) with 5 shots is out of bounds for n_circuits=2.",
        ),
        (
            &[(0, 2, 5), (1, 3, 5)],
            3,
            "Shot range 1 [1, 3) with 5 shots overlaps an earlier range at index 1.",
        ),
        (
            &[(1, 3, 5), (0, 2, 5)],
            3,
            "Shot range 1 [0, 2) with 5 shots overlaps an earlier range at index 1.",
        ),
        (
            &[(0, 3, 5), (1, 2, 5), (9, 9, 9)],
            3,
            "Shot range 1 [1, 2) with 5 shots overlaps an earlier range at index 1.",
        ),
        (
            &[(0, 2, 5), (3, 4, 5)],
            4,
            "Shot ranges do not cover every circuit; missing indices [2] (first gap: [2, 3)).",
        ),
        (
            &[(3, 4, 5), (1, 2, 5)],
            6,
            "Shot ranges do not cover every circuit; missing indices [0, 2, 4, 5] (first gap: [0, 1)).",
        ),
        (
            &[],
            11,
            "Shot ranges do not cover every circuit; missing indices [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …] (first gap: [0, 11)).",
        ),
        (
            &[],
            10,
            "Shot ranges do not cover every circuit; missing indices [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] (first gap: [0, 10)).",
        ),
    ];
    for (ranges, n, message) in cases {
        assert_eq!(validate(ranges, *n).unwrap_err().to_string(), *message);
    }
    assert_eq!(validate(&[], 0), Ok(vec![]));
}

#[test]
fn a_huge_gap_costs_nothing() {
    assert!(validate(&[(1, 2, 1)], usize::MAX >> 1).is_err());
}

#[test]
fn shift_moves_or_refuses() {
    let range = ShotRange {
        start: 2,
        end: 5,
        shots: 7,
    };
    assert_eq!(
        range.shift(-2),
        Some(ShotRange {
            start: 0,
            end: 3,
            shots: 7
        })
    );
    assert_eq!(range.shift(-3), None);
}

#[test]
fn buckets_are_ascending() {
    let ranges = validate(&[(3, 4, 10), (0, 2, 10), (2, 3, 5)], 4).unwrap();
    assert_eq!(
        bucket_by_shots(&ranges),
        [(5, vec![2]), (10, vec![0, 1, 3])]
    );
}

/// Marks circuit by circuit.
fn naive_validate(ranges: &[RawRange], n: usize) -> Result<Vec<u64>, ShotError> {
    let mut covered = vec![0u64; n];
    for (index, &range) in ranges.iter().enumerate() {
        let (start, end, shots) = range;
        if shots <= 0 {
            return Err(ShotError::Shots { index, range });
        }
        if start < 0 || start >= end || end > n as i64 {
            return Err(ShotError::Bounds {
                index,
                range,
                n_circuits: n,
            });
        }
        for (circuit, slot) in covered
            .iter_mut()
            .enumerate()
            .take(end as usize)
            .skip(start as usize)
        {
            if *slot > 0 {
                return Err(ShotError::Overlap {
                    index,
                    range,
                    circuit,
                });
            }
            *slot = shots as u64;
        }
    }
    let missing: Vec<usize> = (0..n).filter(|i| covered[*i] == 0).collect();
    let Some(&start) = missing.first() else {
        return Ok(covered);
    };
    let end = (start..n).find(|i| covered[*i] > 0).unwrap_or(n);
    let more = missing.len() > 10;
    Err(ShotError::Gap {
        missing: missing.into_iter().take(10).collect(),
        more,
        first: start..end,
    })
}

/// Every chunk looks at every range.
fn naive_restrict(ranges: &[ShotRange], chunk: &Range<usize>) -> Vec<ShotRange> {
    let clip = |r: &ShotRange| (r.start.max(chunk.start), r.end.min(chunk.end), r.shots);
    let inside = ranges
        .iter()
        .map(clip)
        .filter(|(start, end, _)| start < end);
    inside
        .map(|(start, end, shots)| ShotRange {
            start: start - chunk.start,
            end: end - chunk.start,
            shots,
        })
        .collect()
}

/// A tiling in any order.
fn tiling() -> impl Strategy<Value = (Vec<RawRange>, usize)> {
    prop::collection::vec((1i64..5, 1i64..4), 0..12).prop_flat_map(|parts| {
        let mut at = 0;
        let ranges: Vec<RawRange> = parts
            .iter()
            .map(|(width, shots)| {
                at += width;
                (at - width, at, *shots)
            })
            .collect();
        (Just(ranges).prop_shuffle(), Just(at as usize))
    })
}

proptest! {
    #[test]
    fn validate_agrees_with_marking(
        ranges in prop::collection::vec((-1i64..12, -1i64..14, 0i64..9), 0..6), n in 0usize..13,
    ) {
        let fast = validate(&ranges, n).map(|r| per_circuit(&r, n));
        prop_assert_eq!(fast, naive_validate(&ranges, n));
    }

    #[test]
    fn tilings_are_accepted((ranges, n) in tiling()) {
        let fast = validate(&ranges, n).map(|r| per_circuit(&r, n));
        prop_assert_eq!(fast, naive_validate(&ranges, n));
        prop_assert!(naive_validate(&ranges, n).is_ok());
    }

    #[test]
    fn restrict_agrees_with_looking_at_all(
        (ranges, n) in tiling(), chunks in prop::collection::vec((0usize..50, 0usize..50), 0..8),
    ) {
        let ranges = validate(&ranges, n).unwrap();
        let chunks: Vec<_> = chunks.into_iter().map(|(a, b)| a..b).collect();
        let naive: Vec<_> = chunks.iter().map(|c| naive_restrict(&ranges, c)).collect();
        prop_assert_eq!(restrict(&ranges, &chunks), naive);
    }

    #[test]
    fn chunks_of_a_tiling_are_tilings((ranges, n) in tiling(), size in 1usize..7) {
        let ranges = validate(&ranges, n).unwrap();
        let whole = per_circuit(&ranges, n);
        let chunks: Vec<_> = (0..n).step_by(size).map(|at| at..(at + size).min(n)).collect();
        for (part, chunk) in restrict(&ranges, &chunks).iter().zip(&chunks) {
            prop_assert_eq!(&per_circuit(part, chunk.len())[..], &whole[chunk.clone()]);
        }
    }
}
