//! Greedy packing of items into requests whose length is known exactly.

use std::fmt;
use std::ops::Range;

/// Longest request body the service takes, in bytes: 0.95 MiB, rounded down.
pub const DEFAULT_CAP: usize = 996_147;

/// An item whose request is too long even when it travels alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Which item.
    pub index: usize,
    /// Length of the request that holds this item only.
    pub size: usize,
    /// The part of `size` that is not the item: what every request repeats.
    pub fixed: usize,
    /// Longest request allowed.
    pub cap: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TooLarge {
            index,
            size,
            fixed,
            cap,
        } = self;
        write!(
            f,
            "item {index} alone needs a request of {size} bytes ({fixed} of them in every request), \
             the cap is {cap}"
        )
    }
}

impl std::error::Error for TooLarge {}

/// Pack items in order, as many as fit into each request.
///
/// A request is `fixed` bytes, its items, and a comma between each two of them.
pub fn plan(item_sizes: &[usize], fixed: usize, cap: usize) -> Result<Vec<Range<usize>>, TooLarge> {
    plan_with(item_sizes, cap, |_| fixed)
}

/// [`plan`] where the part beside the items depends on which items they are.
///
/// `fixed` tells the length of that part for a range of items. It is asked about O(log n) ranges per
/// request. Whatever it answers, no request exceeds `cap`; the packing is greedy (no request could
/// take one more item) if a request never gets shorter by taking one more.
pub fn plan_with(
    item_sizes: &[usize],
    cap: usize,
    mut fixed: impl FnMut(Range<usize>) -> usize,
) -> Result<Vec<Range<usize>>, TooLarge> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < item_sizes.len() {
        let most = reach(&item_sizes[start..], cap);
        let mut fits = |number: usize| {
            let items = item_sizes[start..start + number].iter().sum::<usize>() + number - 1;
            items.saturating_add(fixed(start..start + number)) <= cap
        };
        let number = if most > 0 && fits(1) {
            largest(1, most, &mut fits)
        } else {
            0
        };
        if number == 0 {
            let fixed = fixed(start..start + 1);
            let size = fixed.saturating_add(item_sizes[start]);
            return Err(TooLarge {
                index: start,
                size,
                fixed,
                cap,
            });
        }
        chunks.push(start..start + number);
        start += number;
    }
    Ok(chunks)
}

/// How many items fit if nothing came beside them.
fn reach(item_sizes: &[usize], cap: usize) -> usize {
    let mut total = 0_usize;
    let over = item_sizes.iter().position(|&size| {
        total = total.saturating_add(size);
        let excess = total > cap;
        total = total.saturating_add(1);
        excess
    });
    over.unwrap_or(item_sizes.len())
}

/// Largest number in `low..=high` that fits, given that `low` does.
fn largest(mut low: usize, mut high: usize, fits: &mut impl FnMut(usize) -> bool) -> usize {
    // The part beside the items is usually small: look near the top first.
    if fits(high) {
        return high;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}
