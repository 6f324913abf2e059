//! Counts in flat arrays: packing, order, totals, and blocks put together.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use vivace_core::counts::*;

#[test]
fn outcomes_are_packed_big_endian() {
    let rows = [vec![(0, 3), (1, 4), (3, 5)], vec![], vec![(2, 6)]];
    let found = CountRows::from_outcomes(&rows, &[0, 8], 9);
    assert_eq!(found.offsets, [0, 3, 3, 4]);
    assert_eq!(found.bits, [0, 0, 0, 1, 1, 1, 1, 0]);
    assert_eq!(found.counts, [3, 4, 5, 6]);
    assert_eq!((found.len(), found.total(0), found.total(1)), (3, 12, 0));
}

#[test]
fn raw_keys_are_turned_round_sorted_and_added_up() {
    let rows = [vec![
        ("1000", 1),
        ("01", 2),
        ("0100", 4),
        ("", 8),
        ("1111", 16),
    ]];
    let found = CountRows::from_keys(&rows, 3);
    assert_eq!(found.bits, [0b000, 0b001, 0b010, 0b111]);
    assert_eq!(found.counts, [8, 1, 6, 16]);
    let none = CountRows::from_keys(&[vec![("", 5), ("1", 2)]], 0);
    assert_eq!((none.bits.len(), none.counts), (0, vec![7]));
}

fn block(circuits: &[u32]) -> Block<'_> {
    Block {
        circuits,
        width: 1,
        offsets: &[0, 1, 1],
        bits: &[1],
        counts: &[9],
    }
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let widths = || [3_u32, 9].into_iter();
    assert_eq!(starts(widths(), &[0, 2, 3], 4, 3), Ok(vec![0, 2, 4]));
    for offsets in [&[0, 2][..], &[1, 2, 3], &[0, 4, 3], &[0, 2, 4], &[0, -1, 3]] {
        assert_eq!(starts(widths(), offsets, 4, 3), Err(TableError::Offsets));
    }
    let bits = starts(widths(), &[0, 2, 3], 5, 3).unwrap_err();
    assert_eq!(
        bits.to_string(),
        "Expected 4 bytes of packed outcomes, found 5."
    );
    for (n, circuits) in [(2, [0, 0]), (2, [0, 2]), (3, [0, 1])] {
        let found = CountsTable::gather(n, &[block(&circuits)]);
        assert_eq!(found, Err(TableError::Circuits));
    }
    let good = CountsTable::gather(2, &[block(&[1, 0])]).unwrap();
    assert_eq!((good.offsets, good.widths), (vec![0, 0, 1], vec![1, 1]));
}

proptest! {
    /// Circuits cut into blocks in any way come back in order, each with its own counts.
    #[test]
    fn blocks_are_put_together(owners in prop::collection::vec(0_usize..4, 0..40)) {
        let widths = [1_u32, 7, 8, 19];
        let mut parts = vec![(Vec::new(), Vec::new()); 4];
        for (circuit, &owner) in owners.iter().enumerate() {
            let outcomes: Vec<_> = (0..circuit as u64 % 3).map(|k| (k % 2 + k / 2, k + circuit as u64)).collect();
            parts[owner].0.push(circuit as u32);
            parts[owner].1.push(outcomes);
        }
        let rows: Vec<_> = parts.iter().zip(widths)
            .map(|((_, rows), width)| CountRows::from_outcomes(rows, &[0], width)).collect();
        let blocks: Vec<_> = parts.iter().zip(&rows).zip(widths).map(|(((circuits, _), rows), width)| Block {
            circuits, width, offsets: &rows.offsets, bits: &rows.bits, counts: &rows.counts,
        }).collect();
        let table = CountsTable::gather(owners.len(), &blocks).unwrap();
        let begins = starts(table.widths.iter().copied(), &table.offsets, table.bits.len(), table.counts.len()).unwrap();
        for (circuit, &owner) in owners.iter().enumerate() {
            prop_assert_eq!(table.widths[circuit], widths[owner]);
            let span = table.offsets[circuit] as usize..table.offsets[circuit + 1] as usize;
            let row = parts[owner].0.iter().position(|own| *own as usize == circuit).unwrap();
            let expected: Vec<_> = parts[owner].1[row].iter().map(|(_, count)| *count as i64).collect();
            prop_assert_eq!(&table.counts[span], &expected);
            let size = row_bytes(widths[owner]);
            let bits = &table.bits[begins[circuit]..begins[circuit + 1]];
            let last: Vec<_> = bits.chunks(size).map(|row| u64::from(row[size - 1])).collect();
            let expected: Vec<_> = parts[owner].1[row].iter().map(|(outcome, _)| outcome & 1).collect();
            prop_assert_eq!(last, expected);
        }
    }
}
