//! Which results go past the caches.
//!
//! Writing to memory that is in no cache reads it first, a third of the traffic of an operation that reads as much as it writes. A result
//! that is larger than the last cache has left it before the next stage reads its beginning; unless its own stage reads it, chunk by chunk,
//! nothing is lost by writing it past the caches.

use std::ops::Range;

use hornbeam_kernels::cache;

use crate::arena::LOCAL;
use crate::instr::{Instr, Operand};

/// Bytes of a result from which on it is written past the caches. Debug builds do it with small ones, too, so that tests do.
pub fn least() -> usize {
    if cfg!(debug_assertions) { 4096 } else { cache::last_level() }
}

/// Marks the results of a stage's instructions that hold at least `least` bytes for all `rows` of the batch, and which nothing else in the
/// stage touches. `memory` gives the root whose memory a root's is: what an update in place has just read is in the caches, and to write it past them
/// is to put it out of them first (Adam over 25 million weights: 10 to 20 % longer).
pub fn mark(instrs: &mut [Instr], rows: usize, least: usize, memory: &dyn Fn(u32) -> u32) {
    for at in 0..instrs.len() {
        // Only control flow has more results than bits; its bodies have marks of their own.
        let results = instrs[at].outputs.len().min(u32::BITS as usize);
        let streamed = (0..results).filter(|&i| may_stream(instrs, at, i, rows, least, memory));
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
    use crate::instr::Kernel;

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
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 0, 1024))], 0), [1]);
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 0, 1023))], 0), [0]);
        // Of a chunk only a part is seen; all rows count.
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 128, 64))], 32), [1]);
        assert_eq!(marked(vec![copy(x, operand(WORK, 64, 128, 64))], 31), [0]);
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
        assert_eq!(marked(vec![copy(x, operand(LOCAL, 0, 0, 4096))], 32), [0]);
        let mut sums = copy(x, operand(WORK, 64, 0, 4096));
        sums.accumulates = true;
        assert_eq!(marked(vec![sums], 32), [0]);
    }
}
