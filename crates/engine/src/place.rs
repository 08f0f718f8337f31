//! Memory planning: intervals of time get intervals of memory that do not overlap.

use crate::arena::stagger;
use crate::stage::Key;

/// Where a value lies.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In a root, moving by `row_bytes` a sample.
    Root { root: u32, offset: usize, row_bytes: usize },
    /// In the worker's local memory.
    Local { offset: usize },
    /// Partial sums in the workspace.
    Slabs { offset: usize, part_bytes: usize },
}

/// First-fit placement of lifetimes in one memory.
#[derive(Debug, Default)]
pub struct Intervals {
    placed: Vec<Interval>,
    size: usize,
}

#[derive(Debug)]
struct Interval {
    first: usize,
    last: usize,
    start: usize,
    end: usize,
}

impl Intervals {
    /// Bytes used at most.
    pub fn size(&self) -> usize {
        self.size
    }

    /// An offset of `bytes` that nothing else uses from time `first` to `last`, both included.
    pub fn place(&mut self, first: usize, last: usize, bytes: usize) -> usize {
        let shift = stagger(self.placed.len(), bytes);
        let bytes = bytes.max(1).next_multiple_of(64) + shift;
        let mut taken: Vec<(usize, usize)> =
            self.placed.iter().filter(|i| i.first <= last && first <= i.last).map(|i| (i.start, i.end)).collect();
        taken.sort_unstable();
        let mut start = 0;
        for (from, to) in taken {
            if start + bytes <= from {
                break;
            }
            start = start.max(to);
        }
        self.placed.push(Interval { first, last, start, end: start + bytes });
        self.size = self.size.max(start + bytes);
        start + shift
    }
}

/// A value of a samples stage: bytes a row, and the first and last instruction that uses it.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    /// Which value.
    pub key: Key,
    /// Position of the instruction that writes it.
    pub first: usize,
    /// Position of the last that reads it.
    pub last: usize,
    /// Bytes per sample.
    pub bytes: usize,
    /// An earlier value in the list whose memory this one takes over: the instruction that writes this one is the last to read it, at the same
    /// positions.
    pub over: Option<usize>,
}

/// Offsets of all values for chunks of `rows` samples, and the bytes needed. Largest first, which wastes least.
pub fn assign_local(lives: &[Life], rows: usize) -> (Vec<usize>, usize) {
    // Values that take over each other's memory are one lifetime, named by its first.
    let mut root: Vec<usize> = (0..lives.len()).collect();
    let mut last: Vec<usize> = lives.iter().map(|l| l.last).collect();
    for (i, life) in lives.iter().enumerate() {
        if let Some(over) = life.over {
            root[i] = root[over];
            last[root[i]] = last[root[i]].max(life.last);
        }
    }
    let mut memory = Intervals::default();
    let mut order: Vec<usize> = (0..lives.len()).filter(|&i| root[i] == i).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(lives[i].bytes));
    let mut offsets = vec![0; lives.len()];
    for i in order {
        offsets[i] = memory.place(lives[i].first, last[i], lives[i].bytes * rows);
    }
    for i in 0..lives.len() {
        offsets[i] = offsets[root[i]];
    }
    (offsets, memory.size())
}
