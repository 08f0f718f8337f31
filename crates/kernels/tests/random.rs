//! Philox: known answers, independence of cuts, moments and distribution, unbiased permutations.

use hornbeam_kernels::random::{fill_bits, normal, permutation, philox, truncated_normal, uniform};
use hornbeam_kernels::{Isa, ViewMut, isa};

type Fill = fn(Isa, [u32; 2], [u32; 2], u64, ViewMut);

fn floats(fill: Fill, isa: Isa, start: u64, n: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; n];
    fill(isa, [3, 4], [5, 6], start, ViewMut::from_slice(&mut out, &[n]));
    out
}

/// The test vectors that come with the paper's Random123 library.
#[test]
fn known_answers() {
    assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    let counter = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
    assert_eq!(philox(counter, [0xa409_3822, 0x299f_31d0]), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
}

#[test]
fn bits_are_the_words_of_the_blocks() {
    for isa in isa::available() {
        // The last start makes the low counter word wrap within a vector.
        for start in [0u64, 1, 7, 1000, (1 << 34) - 22] {
            for n in [1usize, 3, 64, 65, 1001] {
                let mut got = vec![0i32; n];
                fill_bits(isa, [1, 2], [8, 9], start, ViewMut::from_slice(&mut got, &[n]));
                for (i, &word) in got.iter().enumerate() {
                    let index = start + i as u64;
                    let block = index / 4;
                    let want = philox([block as u32, (block >> 32) as u32, 8, 9], [1, 2])[(index % 4) as usize];
                    assert_eq!(word as u32, want, "{} {start} {i}", isa.name());
                }
            }
        }
    }
}

#[test]
fn any_part_can_be_drawn_alone() {
    for isa in isa::available() {
        for fill in [uniform as Fill, normal, truncated_normal] {
            let whole = floats(fill, isa, 0, 1000);
            for (start, n) in [(0, 1), (1, 5), (63, 200), (500, 500), (997, 3)] {
                assert_eq!(floats(fill, isa, start as u64, n), whole[start..start + n]);
            }
        }
    }
}

#[test]
fn levels_agree() {
    for fill in [uniform as Fill, normal, truncated_normal] {
        let want = floats(fill, Isa::Portable, 0, 4000);
        for isa in isa::available() {
            for (got, want) in floats(fill, isa, 0, 4000).into_iter().zip(&want) {
                assert!((got - want).abs() <= 4e-6, "{}: {got} {want}", isa.name());
            }
        }
    }
}

#[test]
fn moments_and_distribution() {
    let n = 200_000;
    let isa = isa::detect();
    let moments = |x: &[f32]| {
        let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
        let power = |k: i32| x.iter().map(|&x| (f64::from(x) - mean).powi(k)).sum::<f64>() / n as f64;
        (mean, power(2), power(4))
    };
    let u = floats(uniform, isa, 0, n);
    assert!(u.iter().all(|&x| (0.0..1.0).contains(&x)));
    let (mean, variance, _) = moments(&u);
    assert!((mean - 0.5).abs() < 0.003 && (variance - 1.0 / 12.0).abs() < 0.001);
    // Chi-square over 64 bins: 63 degrees of freedom, so 130 is far out (p below 1e-6).
    let mut bins = [0f64; 64];
    u.iter().for_each(|&x| bins[(x * 64.0) as usize] += 1.0);
    let expected = n as f64 / 64.0;
    assert!(bins.iter().map(|count| (count - expected).powi(2) / expected).sum::<f64>() < 130.0);

    let (mean, variance, fourth) = moments(&floats(normal, isa, 0, n));
    assert!(mean.abs() < 0.01 && (variance - 1.0).abs() < 0.015 && (fourth - 3.0).abs() < 0.1);
    let z = floats(normal, isa, 0, n);
    let correlation = z.windows(2).map(|w| f64::from(w[0]) * f64::from(w[1])).sum::<f64>() / n as f64;
    assert!(correlation.abs() < 0.01);

    let t = floats(truncated_normal, isa, 0, n);
    assert!(t.iter().all(|x| x.abs() <= 2.0));
    // The variance of a normal cut at two standard deviations.
    let (mean, variance, _) = moments(&t);
    assert!(mean.abs() < 0.01 && (variance - 0.7737).abs() < 0.01, "{variance}");
}

#[test]
fn permutations() {
    let draw = |epoch: u64, n: usize| {
        let mut order = vec![0i32; n];
        permutation(Isa::Portable, [7, 8], epoch, &mut order);
        order
    };
    // More than the words that are drawn at a time.
    for isa in isa::available() {
        let mut order = vec![0i32; 3000];
        permutation(isa, [7, 8], 1 << 40, &mut order);
        assert_eq!(order, draw(1 << 40, 3000), "{}", isa.name());
    }
    for n in [0, 1, 2, 10, 1000] {
        let mut sorted = draw(3, n);
        sorted.sort_unstable();
        assert!(sorted.iter().enumerate().all(|(i, &x)| x as usize == i));
    }
    assert_eq!(draw(1, 100), draw(1, 100));
    assert_ne!(draw(1, 100), draw(2, 100));
    // Every order of four is as likely: 24 bins, chi-square with 23 degrees of freedom.
    let mut bins = std::collections::HashMap::new();
    let rounds = 24_000;
    for epoch in 0..rounds {
        *bins.entry(draw(epoch, 4)).or_insert(0f64) += 1.0;
    }
    let expected = rounds as f64 / 24.0;
    let chi: f64 = bins.values().map(|count| (count - expected).powi(2) / expected).sum();
    assert!(bins.len() == 24 && chi < 70.0, "{chi}");
}
