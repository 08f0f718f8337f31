//! Which results go past the caches.
//!
//! Writing to memory that is in no cache reads it first, a third of the traffic of an operation that reads as much as it writes. Where a
//! stage touches more than the last cache holds, the beginning of a result has left it before the next stage reads it; unless its own stage
//! reads it, chunk by chunk, nothing is lost by writing it past the caches.

use std::ops::Range;

use hornbeam_kernels::cache;

use crate::arena::LOCAL;
use crate::instr::{Instr, Kernel, Operand};

/// The part of the last cache, one of so many, that a result fills at least to be written past it. Less is hardly worth asking: it stays small beside
/// what else the stage touches.
const SHARE: usize = 8;

/// Bytes that a stage touches at least to write results past the caches. Debug builds do it with few, so that tests do.
pub fn least() -> usize {
    if cfg!(debug_assertions) { 4096 } else { cache::last_level() }
}

/// Marks large results of a stage's instructions that nothing else in the stage touches, if the stage touches `least` bytes for all
/// `rows` of the batch. `memory` gives the root whose memory a root's is: what an update in place has just read is in the caches, and to write it past them
/// is to put it out of them first (Adam over 25 million weights: 10 to 20 % longer).
pub fn mark(instrs: &mut [Instr], rows: usize, least: usize, memory: &dyn Fn(u32) -> u32) {
    if touched(instrs, rows, memory) < least {
        return;
    }
    for at in 0..instrs.len() {
        // Only control flow has more results than bits; its bodies have marks of their own.
        let results = instrs[at].outputs.len().min(u32::BITS as usize);
        let streamed = (0..results).filter(|&i| may_stream(instrs, at, i, rows, least / SHARE, memory));
        instrs[at].streamed = streamed.fold(0, |set, i| set | 1 << i);
    }
}

fn may_stream(
    instrs: &[Instr],
    at: usize,
    output: usize,
    rows: usize,
    least: usize,
    memory: &dyn Fn(u32) -> u32,
) -> bool {
    let instr = &instrs[at];
    let operand = &instr.outputs[output];
    if instr.accumulates || operand.slot.root == LOCAL || operand.slot.part_bytes > 0 {
        return false;
    }
    let own = extent(operand, rows);
    let touches = |other: &Operand| {
        let range = extent(other, rows);
        memory(other.slot.root) == memory(operand.slot.root) && range.start < own.end && own.start < range.end
    };
    own.len() >= least
        && !instrs.iter().any(|other| other.inputs.iter().any(touches))
        && instrs.iter().enumerate().all(|(i, other)| {
            other.outputs.iter().enumerate().all(|(j, result)| (i, j) == (at, output) || !touches(result))
        })
}

/// The bytes of the arrays that a stage reads and writes outside a worker's own memory, each counted once; of what instructions look things up in, as much as they
/// find.
fn touched(instrs: &[Instr], rows: usize, memory: &dyn Fn(u32) -> u32) -> usize {
    let mut bytes = 0;
    let mut ranges: Vec<(u32, Range<usize>)> = Vec::new();
    for instr in instrs {
        let looks_up = matches!(instr.kernel, Kernel::Gather { .. } | Kernel::DynamicSlice);
        if looks_up {
            bytes += instr.outputs.iter().map(|found| extent(found, rows).len()).sum::<usize>();
        }
        let operands = instr.inputs.iter().skip(usize::from(looks_up)).chain(&instr.outputs);
        let shared = operands.filter(|operand| operand.slot.root != LOCAL && operand.slot.part_bytes == 0);
        ranges.extend(shared.map(|operand| (memory(operand.slot.root), extent(operand, rows))));
    }
    ranges.sort_unstable_by_key(|(root, range)| (*root, range.start));
    let mut last = (u32::MAX, 0);
    for (root, range) in ranges {
        let counted = if root == last.0 { last.1 } else { 0 };
        bytes += range.end.saturating_sub(range.start.max(counted));
        last = (root, range.end.max(counted));
    }
    bytes
}

/// The bytes of its root that an operand reaches, with those of all rows.
fn extent(operand: &Operand, rows: usize) -> Range<usize> {
    let size = operand.elem.size() as isize;
    let (low, high) = operand.layout.reach().map_or((0, 0), |(low, high)| (low, high + 1));
    let slot = &operand.slot;
    let start = (slot.offset as isize + (operand.start + low) * size).max(0) as usize;
    let end = (slot.offset as isize + (operand.start + high) * size).max(0) as usize;
    start..end.max(slot.offset + slot.row_bytes * rows)
}

#[cfg(test)]
mod tests {
    use hornbeam_kernels::{Elem, Layout};

    use super::*;
    use crate::arena::{Slot, WORK};

    fn operand(root: u32, offset: usize, row_bytes: usize, len: usize) -> Operand {
        let slot = Slot { root, offset, row_bytes, part_bytes: 0 };
        Operand { slot, elem: Elem::F32, layout: Layout::contiguous(&[len]), start: 0 }
    }

    fn copy(from: Operand, to: Operand) -> Instr {
        Instr {
            kernel: Kernel::Copy,
            inputs: vec![from],
            outputs: vec![to],
            tasks: 1,
            scratch: 0,
            flops: 0,
            bytes: 0,
            cost: 0,
            label: String::new(),
            accumulates: false,
            streamed: 0,
        }
    }

    fn marked(mut instrs: Vec<Instr>, rows: usize) -> Vec<u32> {
        // Root 9 is the new value of what root 2 holds.
        mark(&mut instrs, rows, 4096, &|root| if root == 9 { 2 } else { root });
        instrs.iter().map(|instr| instr.streamed).collect()
    }

    #[test]
    fn large_results_that_the_stage_does_not_touch_again() {
        let x = operand(2, 0, 0, 1024);
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 0, 128))], 0), [1]);
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 0, 127))], 0), [0]);
        // Of a chunk only a part is seen; all rows count.
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 16, 4))], 32), [1]);
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 16, 4))], 31), [0]);
    }

    #[test]
    fn of_stages_that_touch_more_than_the_cache() {
        let of = |floats: usize| vec![copy(operand(2, 0, 0, floats), operand(WORK, 64, 0, 512))];
        assert_eq!(marked(of(512), 0), [1]);
        assert_eq!(marked(of(511), 0), [0]);
        // What is read twice, overlaps or is one worker's own counts once or not at all.
        let read = |root: u32, offset: usize, len: usize| copy(operand(root, offset, 0, len), operand(3, 0, 0, 4));
        let with = |others: Vec<Instr>| marked(of(300).into_iter().chain(others).collect(), 0)[0];
        assert_eq!(with(vec![read(2, 0, 300), read(2, 400, 300), read(LOCAL, 0, 4096)]), 0);
        assert_eq!(with(vec![read(2, 0, 300), read(2, 1200, 300)]), 1);
        assert_eq!(with(vec![read(2, 0, 1), read(2, 0, 508)]), 1);
        assert_eq!(with(vec![read(2, 0, 1), read(2, 0, 507)]), 0);
        // 512 and 300 floats beside; of a table, the 4 that are found and the indices.
        let look_up = |found: usize| Instr {
            kernel: Kernel::DynamicSlice,
            inputs: vec![operand(5, 0, 0, 4096), operand(6, 0, 0, 4)],
            ..copy(operand(5, 0, 0, 4096), operand(7, 0, 0, found))
        };
        assert_eq!(with(vec![look_up(103)]), 0);
        assert_eq!(with(vec![look_up(104)]), 1);
    }

    #[test]
    fn of_more_results_than_bits_the_first() {
        let mut many = copy(operand(2, 0, 0, 1), operand(WORK, 0, 0, 1024));
        many.outputs = (0..40).map(|i| operand(WORK, 4096 * i, 0, 1024)).collect();
        assert_eq!(marked(vec![many], 0), [u32::MAX]);
    }

    #[test]
    fn not_what_is_read_written_twice_or_updated() {
        let x = operand(2, 0, 0, 1024);
        let large = operand(WORK, 64, 128, 64);
        let read = vec![copy(x, large), copy(operand(WORK, 64 + 128 * 31, 0, 1), operand(3, 0, 0, 4))];
        assert_eq!(marked(read, 32), [0, 0]);
        let beside = vec![copy(x, large), copy(operand(WORK, 64 + 128 * 32, 0, 1), operand(3, 0, 0, 4))];
        assert_eq!(marked(beside, 32), [1, 0]);
        assert_eq!(marked(vec![copy(x, large), copy(x, large)], 32), [0, 0]);
        assert_eq!(marked(vec![copy(large, large)], 32), [0]);
        assert_eq!(marked(vec![copy(x, operand(9, 0, 0, 1024))], 0), [0]);
        assert_eq!(marked(vec![copy(operand(2, 0, 0, 4096), operand(LOCAL, 0, 0, 4096))], 32), [0]);
        let mut sums = copy(x, operand(WORK, 64, 0, 4096));
        sums.accumulates = true;
        assert_eq!(marked(vec![sums], 32), [0]);
    }
}
