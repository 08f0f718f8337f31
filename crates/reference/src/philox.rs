//! Counter-based random numbers: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//!
//! The convention: key = the two words of the seed; counter words = `[i / 4 (low), i / 4 (high), counter, draw]` for the
//! flat index `i`, which takes word `i % 4`.

use hornbeam_graph::ops::Random;
use hornbeam_graph::ops::random::RandomKind;

use crate::value::Value;

/// Four random words of a counter and a key.
pub fn philox4x32_10(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for round in 0..10 {
        if round > 0 {
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        let a = 0xD251_1F53_u64 * counter[0] as u64;
        let b = 0xCD9E_8D57_u64 * counter[2] as u64;
        let high = |product: u64| (product >> 32) as u32;
        counter = [high(b) ^ counter[1] ^ key[0], b as u32, high(a) ^ counter[3] ^ key[1], a as u32];
    }
    counter
}

/// The four words that elements `4 quad .. 4 quad + 4` share, in attempt `attempt` (0 but for truncated normals).
pub fn random_bits(quad: u64, attempt: u32, stream: [u32; 2], key: [u32; 2]) -> [u32; 4] {
    let high = ((quad >> 32) as u32).wrapping_add(attempt << 24);
    philox4x32_10([quad as u32, high, stream[0], stream[1]], key)
}

/// 24 bits as a number in [0, 1).
fn uniform(bits: u32) -> f64 {
    (bits >> 8) as f64 / (1 << 24) as f64
}

/// Box and Muller's transform of two of a quad's words: lanes 0 and 1 share the first pair, 2 and 3 the second.
fn normal(words: [u32; 4], lane: usize) -> f64 {
    let pair = lane / 2 * 2;
    let radius = (-2.0 * (1.0 - uniform(words[pair])).ln()).sqrt();
    let angle = std::f64::consts::TAU * uniform(words[pair + 1]);
    radius * if lane.is_multiple_of(2) { angle.cos() } else { angle.sin() }
}

pub(crate) fn random(op: &Random, seed: &Value, counter: &Value) -> Vec<f64> {
    let key = [seed.data[0] as i32 as u32, seed.data[1] as i32 as u32];
    let stream = [counter.data[0] as i32 as u32, op.draw];
    let element = |i: usize| {
        let lane = i % 4;
        let words = |attempt| random_bits((i / 4) as u64, attempt, stream, key);
        match op.kind {
            RandomKind::Bits => words(0)[lane] as i32 as f64,
            RandomKind::Uniform => uniform(words(0)[lane]),
            RandomKind::Normal => normal(words(0), lane),
            RandomKind::TruncatedNormal => {
                let mut draws = (0..256).map(|attempt| normal(words(attempt), lane));
                draws.find(|x| x.abs() <= 2.0).expect("256 rejections in a row have probability 1e-343")
            }
        }
    };
    (0..op.shape.size()).map(element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers of the authors' library (Random123, kat_vectors).
    #[test]
    fn philox_meets_the_published_vectors() {
        let rows = [
            ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
            (
                [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
                [0xa4093822, 0x299f31d0],
                [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            ),
        ];
        for (counter, key, expected) in rows {
            assert_eq!(philox4x32_10(counter, key), expected);
        }
    }
}
