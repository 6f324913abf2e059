//! Values of diagonal words, against the sum they are defined by.

use proptest::prelude::*;
use vivace_core::parity::parities;

proptest! {
    #[test]
    fn they_are_the_signed_sums(
        (n, matrix) in (0usize..6).prop_flat_map(|n| {
            (Just(n), prop::collection::vec(-1.0f64..1.0, (1 << n) * 3))
        }),
        seed in any::<u32>(),
    ) {
        let size = 1 << n;
        let masks: Vec<u32> = (0..5).map(|k| seed.rotate_left(7 * k) % size as u32).collect();
        let found = parities(&matrix, size, &masks);
        for (row, values) in matrix.chunks(size).zip(found.chunks(masks.len())) {
            for (&mask, &value) in masks.iter().zip(values) {
                let signed = row.iter().enumerate().map(|(outcome, p)| {
                    if (outcome as u32 & mask).count_ones() % 2 == 1 { -p } else { *p }
                });
                prop_assert!((signed.sum::<f64>() - value).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn no_words_have_no_values() {
    assert!(parities(&[1.0], 1, &[]).is_empty());
}
