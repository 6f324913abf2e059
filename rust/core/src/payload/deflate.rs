//! Deflate for request bodies, which are digits or base64 with the same few words around them.
//!
//! A general encoder looks for repetitions at every byte, and finds short ones among random digits that
//! take about as many bits to point at as the digits do. Here none start inside a list of numbers, and all
//! are of six bytes or more, so most bytes are just counted and coded: rows of angles come out as short as
//! from zlib-rs at level 2 or shorter, in a quarter of the time. Everything goes into one block with Huffman
//! codes of its own (RFC 1951, section 3.2.7).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

const MIN_MATCH: usize = 6;
const MAX_MATCH: usize = 258;
const WINDOW: usize = 1 << 15;
const HASH_BITS: u32 = 12;

const END: usize = 256;
const SYMBOLS: usize = 286;
const DISTANCES: usize = 30;

/// Order in which the lengths of the codes for code lengths are sent.
const ORDER: [usize; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// Bytes that a JSON list of numbers is made of.
static IN_NUMBER: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = *b"0123456789.,-";
    let mut i = 0;
    while i < bytes.len() {
        table[bytes[i] as usize] = true;
        i += 1;
    }
    table
};

/// Append `bytes` as a whole deflate stream.
pub(super) fn deflate(bytes: &[u8], out: &mut Vec<u8>) {
    let matches = find_matches(bytes);
    let mut symbols = [0_u32; SYMBOLS];
    let mut distances = [0_u32; DISTANCES];
    for (literals, found) in pieces(bytes, &matches) {
        for &byte in literals {
            symbols[byte as usize] += 1;
        }
        if let Some(found) = found {
            symbols[length_symbol(found.len).0] += 1;
            distances[distance_symbol(found.distance).0] += 1;
        }
    }
    symbols[END] += 1;
    let lengths = code_lengths(&symbols, 15);
    let distance_lengths = code_lengths(&distances, 15);
    let mut bits = Bits { out, held: 0, n: 0 };
    write_head(&mut bits, &[&lengths[..], &distance_lengths].concat());
    let (symbols, distances) = (codes(&lengths), codes(&distance_lengths));
    for (literals, found) in pieces(bytes, &matches) {
        for &byte in literals {
            bits.put(symbols[byte as usize]);
        }
        if let Some(found) = found {
            let (symbol, extra) = length_symbol(found.len);
            bits.put(symbols[symbol]);
            bits.put(extra);
            let (symbol, extra) = distance_symbol(found.distance);
            bits.put(distances[symbol]);
            bits.put(extra);
        }
    }
    bits.put(symbols[END]);
    bits.end();
}

/// Bytes that repeat those `distance` before them.
struct Match {
    start: usize,
    len: usize,
    distance: usize,
}

/// Repetitions of what came last with the same six bytes.
fn find_matches(bytes: &[u8]) -> Vec<Match> {
    let mut last = vec![usize::MAX; 1 << HASH_BITS];
    let mut matches = Vec::new();
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        if IN_NUMBER[word[0] as usize] {
            at += 1;
            continue;
        }
        let six = u64::from_le_bytes(*word) << 16;
        let slot = (six.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - HASH_BITS)) as usize;
        let before = std::mem::replace(&mut last[slot], at);
        let distance = at.wrapping_sub(before);
        let len = if before < at && distance <= WINDOW {
            let pairs = bytes[at..].iter().zip(&bytes[before..]).take(MAX_MATCH);
            pairs.take_while(|(a, b)| a == b).count()
        } else {
            0
        };
        if len < MIN_MATCH {
            at += 1;
            continue;
        }
        let start = at;
        matches.push(Match {
            start,
            len,
            distance,
        });
        at += len;
    }
    matches
}

/// Literals and the match after them, in turns; after the last literals there is none.
fn pieces<'a>(
    bytes: &'a [u8],
    matches: &'a [Match],
) -> impl Iterator<Item = (&'a [u8], Option<&'a Match>)> {
    let mut done = 0;
    matches.iter().map(Some).chain([None]).map(move |found| {
        let (start, end) = found.map_or((bytes.len(), bytes.len()), |m| (m.start, m.start + m.len));
        let literals = &bytes[done..start];
        done = end;
        (literals, found)
    })
}

/// So many bits, the lowest first.
#[derive(Clone, Copy, Default)]
struct Code {
    bits: u16,
    len: u8,
}

/// Symbol of a length, and the bits after it.
fn length_symbol(len: usize) -> (usize, Code) {
    match len - 3 {
        255 => (285, Code::default()),
        rest @ 0..8 => (257 + rest, Code::default()),
        rest => {
            let extra = rest.ilog2() - 2;
            let symbol = 257 + 4 * extra as usize + (rest >> extra);
            (symbol, low_bits(rest, extra))
        }
    }
}

/// Symbol of a distance, and the bits after it.
fn distance_symbol(distance: usize) -> (usize, Code) {
    match distance - 1 {
        rest @ 0..4 => (rest, Code::default()),
        rest => {
            let extra = rest.ilog2() - 1;
            (2 * extra as usize + (rest >> extra), low_bits(rest, extra))
        }
    }
}

fn low_bits(value: usize, n: u32) -> Code {
    Code {
        bits: (value & ((1 << n) - 1)) as u16,
        len: n as u8,
    }
}

/// Lengths of Huffman codes, none beyond the limit; 0 for what does not occur.
fn code_lengths(counts: &[u32], limit: u8) -> Vec<u8> {
    let mut counts = counts.to_vec();
    // Decoders want complete codes, so there are two symbols at least.
    for symbol in 0..2 {
        if counts.iter().filter(|&&count| count > 0).count() < 2 {
            counts[symbol] = counts[symbol].max(1);
        }
    }
    loop {
        let lengths = huffman(&counts);
        if lengths.iter().all(|&len| len <= limit) {
            return lengths;
        }
        // Flatter counts make a flatter tree.
        for count in &mut counts {
            *count = count.div_ceil(2);
        }
    }
}

/// Depth of every symbol in the Huffman tree.
fn huffman(counts: &[u32]) -> Vec<u8> {
    let used = counts.iter().enumerate().filter(|(_, count)| **count > 0);
    let mut heap: BinaryHeap<_> = used
        .map(|(symbol, &count)| Reverse((u64::from(count), symbol)))
        .collect();
    let mut parents = vec![0; counts.len()];
    while let (Some(Reverse((a, left))), Some(Reverse((b, right)))) = (heap.pop(), heap.pop()) {
        let node = parents.len();
        parents.push(0);
        (parents[left], parents[right]) = (node, node);
        heap.push(Reverse((a + b, node)));
        if heap.len() == 1 {
            break;
        }
    }
    let mut depths = vec![0; parents.len()];
    for node in (0..parents.len()).rev() {
        if parents[node] > 0 {
            depths[node] = depths[parents[node]] + 1;
        }
    }
    depths.truncate(counts.len());
    depths
}

/// The codes of given lengths, as RFC 1951, section 3.2.2 assigns them.
fn codes(lengths: &[u8]) -> Vec<Code> {
    let mut next = [0_u16; 17];
    for &len in lengths.iter().filter(|len| **len > 0) {
        next[len as usize + 1] += 1;
    }
    for len in 1..next.len() {
        next[len] = (next[len] + next[len - 1]) << 1;
    }
    let code = |&len: &u8| {
        let code = &mut next[len as usize];
        let bits = code.reverse_bits().checked_shr(16 - u32::from(len));
        *code += u16::from(len > 0);
        Code {
            bits: bits.unwrap_or(0),
            len,
        }
    };
    lengths.iter().map(code).collect()
}

/// The head of the one block: lengths of the codes for symbols and distances.
fn write_head(bits: &mut Bits, lengths: &[u8]) {
    let mut items: Vec<(usize, Code)> = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let (value, mut left) = (run[0], run.len());
        if value > 0 {
            items.push((value.into(), Code::default()));
            left -= 1;
        }
        while left > 0 {
            let (symbol, extra, least, most) = match (value, left) {
                (0, 11..) => (18, 7, 11, 138),
                (0, 3..) => (17, 3, 3, 10),
                (1.., 3..) => (16, 2, 3, 6),
                _ => (value.into(), 0, 1, 1),
            };
            let n = left.min(most);
            items.push((symbol, low_bits(n - least, extra)));
            left -= n;
        }
    }
    let mut counts = [0; ORDER.len()];
    for (symbol, _) in &items {
        counts[*symbol] += 1;
    }
    let item_lengths = code_lengths(&counts, 7);
    let codes = codes(&item_lengths);
    // The last block, with codes of its own; how many codes there are of each kind, less the fewest.
    for (value, n) in [
        (1, 1),
        (2, 2),
        (SYMBOLS - 257, 5),
        (DISTANCES - 1, 5),
        (ORDER.len() - 4, 4),
    ] {
        bits.put(low_bits(value, n));
    }
    for symbol in ORDER {
        bits.put(low_bits(item_lengths[symbol].into(), 3));
    }
    for (symbol, extra) in items {
        bits.put(codes[symbol]);
        bits.put(extra);
    }
}

/// Bits on their way into bytes.
struct Bits<'a> {
    out: &'a mut Vec<u8>,
    held: u64,
    n: u32,
}

impl Bits<'_> {
    #[inline]
    fn put(&mut self, code: Code) {
        self.held |= u64::from(code.bits) << self.n;
        self.n += u32::from(code.len);
        if self.n >= 32 {
            self.out
                .extend_from_slice(&(self.held as u32).to_le_bytes());
            self.held >>= 32;
            self.n -= 32;
        }
    }

    fn end(self) {
        let rest = self.n.div_ceil(8) as usize;
        self.out.extend_from_slice(&self.held.to_le_bytes()[..rest]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decoders refuse codes that are longer than the limit, or leave bit patterns without a meaning.
    #[test]
    fn codes_are_complete_and_within_the_limit() {
        let fibonacci = |n| {
            let pairs = std::iter::successors(Some((1, 1)), |&(a, b)| Some((b, a + b)));
            pairs.map(|(a, _)| a).take(n).collect()
        };
        let cases: [(Vec<u32>, u8); 7] = [
            (fibonacci(40), 15),
            (fibonacci(19), 7),
            (vec![1; 286], 15),
            (vec![0; 30], 15),
            (vec![9, 0, 0], 7),
            (vec![0, 0, 9], 7),
            (vec![u32::MAX; 30], 15),
        ];
        for (counts, limit) in cases {
            let lengths = code_lengths(&counts, limit);
            let used = lengths.iter().filter(|len| **len > 0);
            let patterns: u32 = used.map(|&len| 1 << (limit - len)).sum();
            assert_eq!(patterns, 1 << limit, "{counts:?}");
            let coded = |(&count, &len): (&u32, &u8)| count == 0 || len > 0;
            assert!(counts.iter().zip(&lengths).all(coded));
        }
    }
}
