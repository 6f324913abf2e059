//! A schoolbook decoder of QH1 / QH2: bits in vectors, one at a time, no care for speed.
//!
//! It knows the format and nothing of the decoder under test. `None` stands for any refusal.

use std::collections::BTreeMap;

/// Least significant bit first, no zeros at the end.
type Number = Vec<bool>;

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// A varint of no more groups than the widest value of its slot, and no wider than its limbs.
    fn number(&mut self, width: usize) -> Option<Number> {
        let mut number = Vec::new();
        for _ in 0..width.div_ceil(7).max(1) {
            let byte = self.byte()?;
            number.extend((0..7).map(|bit| byte >> bit & 1 == 1));
            if byte < 0x80 {
                while number.last() == Some(&false) {
                    number.pop();
                }
                return Some(number);
            }
        }
        None
    }

    fn u64(&mut self) -> Option<u64> {
        let number = self.number(64).filter(|number| number.len() <= 64)?;
        Some(
            number
                .iter()
                .rev()
                .fold(0, |value, &bit| value << 1 | u64::from(bit)),
        )
    }
}

fn add(a: &Number, b: &Number) -> Number {
    let mut sum = Vec::new();
    let mut carry = 0;
    for i in 0..a.len().max(b.len()) + 1 {
        let bit = |number: &Number| u8::from(number.get(i) == Some(&true));
        carry += bit(a) + bit(b);
        sum.push(carry & 1 == 1);
        carry >>= 1;
    }
    while sum.last() == Some(&false) {
        sum.pop();
    }
    sum
}

fn key(number: &Number, width: usize) -> String {
    (0..width)
        .rev()
        .map(|bit| {
            if number.get(bit) == Some(&true) {
                '1'
            } else {
                '0'
            }
        })
        .collect()
}

/// Flags of all outcomes, from a run block that must be used up.
fn flags(block: &[u8], unique: usize) -> Option<Vec<bool>> {
    let mut block = Bytes(block);
    let mut flags = Vec::new();
    let runs = if block.0.is_empty() { 0 } else { block.u64()? };
    if runs > 0 {
        let mut flag = match block.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        for _ in 0..runs {
            for _ in 0..block.u64()? {
                flags.push(flag);
                if flags.len() > unique {
                    return None;
                }
            }
            flag = !flag;
        }
    }
    (block.0.is_empty() && flags.len() == unique).then_some(flags)
}

/// Width and counts of a payload.
pub fn decode(payload: &[u8]) -> Option<(u32, BTreeMap<String, u64>)> {
    let mut bytes = Bytes(payload.get(3..)?);
    let width = match &payload[..3] {
        b"QH1" => u64::from(bytes.byte()?),
        b"QH2" => bytes.u64()?,
        _ => return None,
    };
    let width = usize::try_from(width)
        .ok()
        .filter(|&width| width <= 1 << 20)?;
    let (unique, total) = (bytes.u64()?, bytes.u64()?);
    if bytes.u64()? != unique || unique > payload.len() as u64 {
        return None;
    }
    let mut outcome = Number::new();
    let mut keys = Vec::new();
    for i in 0..unique {
        let gap = bytes.number(width)?;
        if gap.is_empty() && i > 0 {
            return None;
        }
        outcome = add(&outcome, &gap);
        if outcome.len() > width {
            return None;
        }
        keys.push(key(&outcome, width));
    }
    let rle_len = usize::try_from(bytes.u64()?).ok()?;
    let block = bytes.0.get(..rle_len)?;
    bytes.0 = &bytes.0[rle_len..];
    let flags = flags(block, keys.len())?;
    if bytes.u64()? != flags.iter().filter(|&&flag| !flag).count() as u64 {
        return None;
    }
    let mut counts = BTreeMap::new();
    let mut sum = 0_u128;
    for (key, single) in keys.into_iter().zip(flags) {
        let count = if single {
            1
        } else {
            u128::from(bytes.u64()?) + 2
        };
        sum += count;
        counts.insert(key, u64::try_from(count).ok()?);
    }
    let sound = bytes.0.is_empty() && sum == u128::from(total) && sum < 1 << 63;
    sound.then_some((width as u32, counts))
}
