/// Append the count keys of a row of outcomes: `n_bits` characters each, rightmost = classical bit 0.
///
/// Bit *k* of an outcome is the value of classical bit `bits[k]`; all other classical bits are 0.
pub fn write_keys(outcomes: &[(u64, u64)], bits: &[u32], n_bits: usize, out: &mut Vec<u8>) {
    for &(outcome, _) in outcomes {
        let start = out.len();
        out.resize(start + n_bits, b'0');
        for (k, &bit) in bits.iter().enumerate() {
            out[start + n_bits - 1 - bit as usize] = b'0' + (outcome >> k & 1) as u8;
        }
    }
}
