//! How a batch is cut into chunks that fit a core's cache, and chunks into groups that run in parallel.

use std::ops::Range;

/// Local memory that a chunk aims at: half of a 1 MB L2, the rest is for weights and partial sums.
pub const CHUNK_BYTES: usize = 512 << 10;
/// Most groups, so most partial sums of a weight gradient.
pub const MAX_GROUPS: usize = 16;

/// How a batch is cut.
#[derive(Clone, Debug)]
pub struct Chunking {
    /// The row counts that occur.
    pub rows: Vec<usize>,
    /// First row and index into `rows`, per chunk.
    pub chunks: Vec<(usize, usize)>,
    /// Chunks of every group.
    pub groups: Vec<Range<usize>>,
}

impl Chunking {
    /// Chunks of at most `rows` rows that differ by at most one; without sums every chunk is its own group.
    pub fn new(n: usize, rows: usize, groups: usize, sums: bool) -> Chunking {
        let groups = groups.min(n);
        let count = n.div_ceil(rows).max(groups).next_multiple_of(groups).min(n);
        let bound = |i: usize| n * i / count;
        let mut sizes: Vec<usize> = (0..count).map(|i| bound(i + 1) - bound(i)).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let chunks = (0..count)
            .map(|i| {
                let len = bound(i + 1) - bound(i);
                (bound(i), sizes.iter().position(|&s| s == len).expect("listed above"))
            })
            .collect();
        let groups = if sums { groups } else { count };
        let groups = (0..groups).map(|g| count * g / groups..count * (g + 1) / groups).collect();
        Chunking { rows: sizes, chunks, groups }
    }
}
