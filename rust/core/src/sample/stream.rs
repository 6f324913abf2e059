use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Second part of the ChaCha8 key; changes if the meaning of a stream ever does.
const DOMAIN: &[u8; 16] = b"vivace.sample.v1";

/// The uniform numbers of one row.
pub(super) struct Stream(ChaCha8Rng);

impl Stream {
    pub(super) fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..24].copy_from_slice(DOMAIN);
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The next multiple of 2⁻⁵³ in `[0, 1)`.
    pub(super) fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * STEP
    }
}

/// The seed of the circuit labelled `label` in a run with `seed`.
///
/// `mix(mix(seed + γ) ⊕ fnv1a(label))`, where `fnv1a` is the 64-bit FNV-1a hash of the UTF-8 bytes
/// (<http://www.isthe.com/chongo/tech/comp/fnv/>), `γ = 0x9E3779B97F4A7C15` and `mix` the finalizer
/// of SplitMix64 (Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, OOPSLA 2014,
/// with Stafford's constants “Mix13”). It depends on nothing else: a circuit keeps its counts when
/// the batch is reordered, split or extended.
pub fn derive_seed(seed: u64, label: &str) -> u64 {
    let fnv1a = label.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    mix(mix(seed.wrapping_add(0x9E37_79B9_7F4A_7C15)) ^ fnv1a)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
