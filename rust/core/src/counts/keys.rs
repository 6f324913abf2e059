//! Packed outcomes to text keys.

/// The eight characters of each byte.
static CHARS: [[u8; 8]; 256] = {
    let mut table = [[b'0'; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            table[byte][7 - bit] = b'0' + (byte >> bit & 1) as u8;
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Fill `key` with the last `key.len()` bits of `row`.
#[inline]
pub fn write_key(row: &[u8], key: &mut [u8]) {
    let (head, tail) = key.as_rchunks_mut::<8>();
    let split = row.len() - tail.len();
    for (chars, &byte) in tail.iter_mut().zip(&row[split..]) {
        *chars = CHARS[byte as usize];
    }
    if let Some(&byte) = row[..split].last() {
        let chars = &CHARS[byte as usize][8 - head.len()..];
        for (to, from) in head.iter_mut().zip(chars) {
            *to = *from;
        }
    }
}
