use std::fmt;

use super::rows::row_bytes;

/// Counts of some circuits of a batch, all of one width.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Their positions in the batch.
    pub circuits: &'a [u32],
    /// Classical bits of each.
    pub width: u32,
    /// Where each begins, and where the last one ends.
    pub offsets: &'a [i64],
    /// Packed outcomes.
    pub bits: &'a [u8],
    /// How often each was seen.
    pub counts: &'a [i64],
}

/// Counts of a batch: its circuits in order, of any widths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountsTable {
    /// Classical bits of each circuit.
    pub widths: Vec<u32>,
    /// Where the counts of each circuit begin, and where those of the last one end.
    pub offsets: Vec<i64>,
    /// Packed outcomes, as many bytes each as their circuit's width takes.
    pub bits: Vec<u8>,
    /// How often each was seen.
    pub counts: Vec<i64>,
}

/// Arrays that do not belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// Offsets that do not ascend from 0 to the number of counts.
    Offsets,
    /// Bits that are not the outcomes of so many counts.
    Bits {
        /// Bytes that the counts need.
        expected: usize,
        /// Bytes that are there.
        found: usize,
    },
    /// Blocks that do not give every circuit its counts exactly once.
    Circuits,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offsets => f.write_str(
                "Expected offsets that ascend from 0 to the number of counts, one more than circuits.",
            ),
            Self::Bits { expected, found } => {
                write!(f, "Expected {expected} bytes of packed outcomes, found {found}.")
            }
            Self::Circuits => f.write_str("Expected counts for every circuit, each exactly once."),
        }
    }
}

impl std::error::Error for TableError {}

/// The bytes at which each circuit's outcomes begin, and the number of all.
///
/// # Errors
/// The arrays do not belong together.
pub fn starts(
    widths: impl ExactSizeIterator<Item = u32>,
    offsets: &[i64],
    bits: usize,
    counts: usize,
) -> Result<Vec<usize>, TableError> {
    let ascend = offsets.is_sorted() && offsets.first() == Some(&0);
    if !ascend || offsets.len() != widths.len() + 1 || offsets.last() != Some(&(counts as i64)) {
        return Err(TableError::Offsets);
    }
    let mut starts = Vec::with_capacity(offsets.len());
    let mut at = 0_usize;
    starts.push(0);
    for (width, span) in widths.zip(offsets.windows(2)) {
        at = at.saturating_add(((span[1] - span[0]) as usize).saturating_mul(row_bytes(width)));
        starts.push(at);
    }
    let expected = at;
    if expected != bits {
        return Err(TableError::Bits {
            expected,
            found: bits,
        });
    }
    Ok(starts)
}

impl CountsTable {
    /// The circuits of all blocks in the order of the batch.
    ///
    /// # Errors
    /// [`TableError::Circuits`], or the arrays of a block do not belong together.
    pub fn gather(n_circuits: usize, blocks: &[Block<'_>]) -> Result<Self, TableError> {
        const NOWHERE: (u32, u32) = (u32::MAX, 0);
        let mut places = vec![NOWHERE; n_circuits];
        let mut begins = Vec::with_capacity(blocks.len());
        let (mut bytes, mut counts) = (0, 0);
        for (number, block) in blocks.iter().enumerate() {
            let widths = std::iter::repeat_n(block.width, block.circuits.len());
            begins.push(starts(
                widths,
                block.offsets,
                block.bits.len(),
                block.counts.len(),
            )?);
            for (row, &circuit) in block.circuits.iter().enumerate() {
                match places.get_mut(circuit as usize) {
                    Some(place) if *place == NOWHERE => *place = (number as u32, row as u32),
                    _ => return Err(TableError::Circuits),
                }
            }
            (bytes, counts) = (bytes + block.bits.len(), counts + block.counts.len());
        }
        let mut table = CountsTable {
            widths: Vec::with_capacity(n_circuits),
            offsets: Vec::with_capacity(n_circuits + 1),
            bits: Vec::with_capacity(bytes),
            counts: Vec::with_capacity(counts),
        };
        table.offsets.push(0);
        for (number, row) in places {
            let (Some(block), row) = (blocks.get(number as usize), row as usize) else {
                return Err(TableError::Circuits);
            };
            let begins = &begins[number as usize];
            let span = block.offsets[row] as usize..block.offsets[row + 1] as usize;
            table.widths.push(block.width);
            table
                .bits
                .extend_from_slice(&block.bits[begins[row]..begins[row + 1]]);
            table.counts.extend_from_slice(&block.counts[span]);
            table.offsets.push(table.counts.len() as i64);
        }
        Ok(table)
    }
}
