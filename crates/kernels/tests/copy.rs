//! Copies between random layouts, fills, gathers, scatter-adds and summation trees.

mod seeded;

use hornbeam_kernels::copy::{copy, fill};
use hornbeam_kernels::gather::{gather, scatter_add, sum_tree};
use hornbeam_kernels::{Elem, Layout, View, ViewMut, isa};
use seeded::{Operand, Seeded, random_dims};

/// A target that is a permutation (with reversals) of contiguous memory, and the offset of its first element.
fn permuted_target(rng: &mut Seeded, dims: &[usize]) -> (Layout, usize) {
    let mut order: Vec<usize> = (0..dims.len()).collect();
    for i in (1..dims.len()).rev() {
        order.swap(i, rng.below(i + 1));
    }
    let (mut strides, mut step, mut first) = (vec![0isize; dims.len()], 1isize, 0);
    for &axis in &order {
        strides[axis] = step;
        if rng.below(4) == 0 {
            strides[axis] = -step;
            first += step * (dims[axis] as isize - 1).max(0);
        }
        step *= dims[axis] as isize;
    }
    (Layout::strided(dims, &strides), first as usize)
}

/// Lines of every short length: a part of the last axis cut out and put in place, and elements repeated.
#[test]
fn short_lines() {
    const WIDE: usize = 24;
    let values: Vec<f32> = (0..7 * 5 * WIDE).map(|i| i as f32).collect();
    for n in 1..=WIDE {
        let rows = Layout::strided(&[7, 5, n], &[(5 * WIDE) as isize, WIDE as isize, 1]);
        let first = WIDE - n;
        let part = View::from_slice(&values[first..], &[7 * 5 * WIDE - first]).with_layout(rows);
        let mut cut = vec![0.0f32; 7 * 5 * n];
        copy(part, ViewMut::from_slice(&mut cut, &[7, 5, n]));
        let expected: Vec<f32> = values.chunks(WIDE).flat_map(|row| row[first..].to_vec()).collect();
        assert_eq!(cut, expected, "{n} of {WIDE}, cut out");

        let mut placed = vec![-1.0f32; 7 * 5 * WIDE];
        let place = ViewMut::from_slice(&mut placed, &[7, 5, WIDE]).narrow(2, first, n);
        copy(View::from_slice(&cut, &[7, 5, n]), place);
        let expected: Vec<f32> =
            values.iter().enumerate().map(|(i, &v)| if i % WIDE < first { -1.0 } else { v }).collect();
        assert_eq!(placed, expected, "{n} of {WIDE}, put in place");

        let once = View::from_slice(&values[..35], &[35]).with_layout(Layout::strided(&[7, 5, n], &[5, 1, 0]));
        let mut repeated = vec![0.0f32; 35 * n];
        copy(once, ViewMut::from_slice(&mut repeated, &[7, 5, n]));
        let expected: Vec<f32> = values[..35].iter().flat_map(|&v| vec![v; n]).collect();
        assert_eq!(repeated, expected, "{n} times");
    }
}

#[test]
fn random_layouts() {
    let mut rng = Seeded(31);
    for case in 0..200 {
        let dims = if case % 4 == 0 { vec![1 + rng.below(50), 1 + rng.below(50)] } else { random_dims(&mut rng) };
        let count: usize = dims.iter().product();
        let elem = rng.pick(&[Elem::F32, Elem::I32, Elem::Bf16, Elem::U8, Elem::Bool]);
        let source = Operand::random(&mut rng, &dims, elem);
        let (layout, first) = permuted_target(&mut rng, &dims);
        let size = elem.size();
        let mut words = vec![0u32; count.max(1)];
        let base = words.as_mut_ptr().cast::<u8>();
        // SAFETY: the layout reaches `count` elements around `first`, all in the buffer.
        copy(source.view(), unsafe { ViewMut::from_raw(base.wrapping_add(first * size), elem, layout) });
        // SAFETY: the buffer is as large as before and nothing writes it now.
        let target = unsafe { View::from_raw(base.wrapping_add(first * size), elem, layout) };
        for flat in 0..count {
            let (mut rest, mut offset) = (flat, 0isize);
            for (&dim, &stride) in dims.iter().zip(layout.strides()).rev() {
                offset += (rest % dim) as isize * stride;
                rest /= dim;
            }
            let at = target.as_bytes_ptr().wrapping_offset(offset * size as isize);
            // SAFETY: `at` is an element of the target.
            let got = unsafe {
                match elem {
                    Elem::F32 => f64::from(at.cast::<f32>().read()),
                    Elem::I32 => f64::from(at.cast::<i32>().read()),
                    Elem::Bf16 => f64::from(f32::from_bits(u32::from(at.cast::<u16>().read()) << 16)),
                    _ => f64::from(at.read()),
                }
            };
            assert_eq!(got, source.at(flat), "case {case} {dims:?} {elem:?}");
        }
    }
}

#[test]
fn fills() {
    let mut x = [0.0f32; 12];
    fill(ViewMut::from_slice(&mut x, &[3, 4]), 1.5f32.to_bits());
    assert_eq!(x, [1.5; 12]);
    let mut y = [0u8; 12];
    let part = ViewMut::from_slice(&mut y, &[3, 4]).narrow(1, 1, 2);
    fill(part, 0x107);
    assert_eq!(y, [0, 7, 7, 0, 0, 7, 7, 0, 0, 7, 7, 0]);
    fill(ViewMut::from_slice(&mut [0i32; 0], &[0]), 1);
}

#[test]
fn gathers() {
    let mut rng = Seeded(32);
    for (outer, n, inner, k) in
        // The last two are so large that rows are asked for ahead.
        [
            (1, 5, 3, 8),
            (2, 7, 16, 3),
            (3, 1, 1, 4),
            (1, 60, 784, 32),
            (2, 4, 0, 2),
            (2, 3, 5, 0),
            (2, 1400, 784, 9),
            (1, 520, 9000, 3),
        ]
    {
        for elem in [Elem::F32, Elem::U8, Elem::F32] {
            let strides = if elem == Elem::F32 && rng.below(2) == 0 {
                [1, outer as isize, (outer * n) as isize]
            } else {
                [(n * inner) as isize, inner as isize, 1]
            };
            let x = Operand::strided(&mut rng, &[outer, n, inner], &strides, elem);
            let ids: Vec<i32> = (0..k).map(|_| rng.below(n) as i32).collect();
            let mut out = vec![0u32; outer * k * inner];
            // SAFETY: the buffer has four bytes for every element.
            let view =
                unsafe { ViewMut::from_raw(out.as_mut_ptr().cast(), elem, Layout::contiguous(&[outer, k, inner])) };
            assert_eq!(gather(x.view(), View::from_slice(&ids, &[k]), view), Ok(()));
            for o in 0..outer {
                for (i, &id) in ids.iter().enumerate() {
                    for j in 0..inner {
                        let flat = (o * k + i) * inner + j;
                        let got = if elem == Elem::F32 {
                            f64::from(f32::from_bits(out[flat]))
                        } else {
                            f64::from(out[flat / 4].to_ne_bytes()[flat % 4])
                        };
                        assert_eq!(got, x.at((o * n + id as usize) * inner + j));
                    }
                }
            }
        }
    }
    let x = [1.0f32, 2.0, 3.0];
    let mut out = [9.0f32; 3];
    let ids = [1, 3, -1];
    let view = ViewMut::from_slice(&mut out, &[1, 3, 1]);
    assert_eq!(gather(View::from_slice(&x, &[1, 3, 1]), View::from_slice(&ids, &[3]), view), Err(1));
    assert_eq!(out, [9.0; 3]);
}

#[test]
fn scatter_adds_in_order() {
    let mut rng = Seeded(33);
    for (n, inner, k) in [(5, 3, 20), (4, 33, 9), (1, 1, 5), (3, 64, 0)] {
        let updates = rng.floats(k * inner, 1.0);
        let ids: Vec<i32> = (0..k).map(|_| rng.below(n) as i32).collect();
        let mut want = vec![1.0f32; n * inner];
        for i in 0..k {
            for j in 0..inner {
                want[ids[i] as usize * inner + j] += updates[i * inner + j];
            }
        }
        for isa in isa::available() {
            let mut x = vec![1.0f32; n * inner];
            let (ids, updates) = (View::from_slice(&ids, &[k]), View::from_slice(&updates, &[k, inner]));
            assert_eq!(scatter_add(isa, ViewMut::from_slice(&mut x, &[n, inner]), ids, updates), Ok(()));
            assert_eq!(x, want);
            let bad = [0, n as i32];
            let two = [0.0f32; 2];
            let mut x = vec![0.0f32; n];
            let (ids, updates) = (View::from_slice(&bad, &[2]), View::from_slice(&two, &[2, 1]));
            assert_eq!(scatter_add(isa, ViewMut::from_slice(&mut x, &[n, 1]), ids, updates), Err(1));
        }
    }
}

#[test]
fn trees_depend_on_the_number_of_parts_only() {
    let mut rng = Seeded(34);
    for parts in [0usize, 1, 2, 3, 7, 16] {
        for len in [1usize, 15, 64, 200] {
            let x = rng.floats(parts * len, 1.0);
            // Pairs of equal size first: ((0 1) (2 3)) ((4 5) 6).
            fn tree(x: &[f32]) -> f32 {
                match x {
                    [] => 0.0,
                    [one] => *one,
                    _ => {
                        let half = x.len().next_power_of_two() / 2;
                        tree(&x[..half]) + tree(&x[half..])
                    }
                }
            }
            for isa in isa::available() {
                let cut = len / 3;
                let mut got = vec![9.0f32; len];
                let view = View::from_slice(&x, &[parts, len]);
                let (first, second) = got.split_at_mut(cut);
                sum_tree(isa, view, ViewMut::from_slice(first, &[cut]), 0..cut);
                sum_tree(isa, view, ViewMut::from_slice(second, &[len - cut]), cut..len);
                for (i, &value) in got.iter().enumerate() {
                    let column: Vec<f32> = (0..parts).map(|p| x[p * len + i]).collect();
                    assert_eq!(value, tree(&column), "{parts} parts, {}", isa.name());
                }
            }
        }
    }
}
