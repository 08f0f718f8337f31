//! How a batch is cut into chunks that fit a core's cache, and chunks into groups that run in parallel.

use std::collections::HashMap;
use std::ops::Range;

use hornbeam_graph::{Op, Ref};

use crate::algorithm;
use crate::batch::Mode;
use crate::cut::even;
use crate::fuse::Work;
use crate::instr::cost;
use crate::place::{Life, Place, assign_local};
use crate::plan::Compiler;
use crate::stage::Key;

/// Local memory that a chunk aims at: half of a 1 MB L2, the rest is for weights and partial sums.
pub const CHUNK_BYTES: usize = 512 << 10;
/// Local memory that a chunk may take for the sake of Winograd's tiles: with too few of them the transformed filters cost more than a
/// chunk that leaves the L2.
const TILED_BYTES: usize = 2 << 20;
/// Most groups, so most partial sums of a weight gradient.
pub const MAX_GROUPS: usize = 16;
/// Groups beyond this many are not worth smaller chunks, if those are in the cache: convolutions over few images at a time leave register tiles
/// half empty, and have too few tiles for Winograd's algorithm.
const FEW_GROUPS: usize = 8;
/// Bytes of a chunk up to which that is so.
const ROOMY_BYTES: usize = 640 << 10;
/// Nanoseconds, by the cost model, that make a group worth while: every group runs all of the stage's instructions, each of which takes
/// up to a microsecond before its first number, and combines its sums with the others'.
const GROUP_COST: u64 = 10_000;

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

impl Compiler<'_> {
    /// Cuts the batch into chunks and places local values; returns the local bytes too.
    pub(crate) fn chunk(&self, units: &[usize], places: &mut HashMap<Key, Place>) -> (Chunking, usize) {
        let n = self.source.n;
        let lives = self.local_lives(units, places);
        // What crosses stages passes through the cache, too.
        let crossing = self.crossing_bytes(units, places);
        let per_row = (assign_local(&lives, 1).1 + crossing).max(1);
        let touched = crossing + lives.iter().map(|l| l.bytes).sum::<usize>();
        let sums: usize = units
            .iter()
            .filter(|&&u| self.units[u].mode == Mode::Partial)
            .flat_map(|&u| self.units[u].writes.iter())
            .map(|&w| self.bytes(w.into()))
            .sum();
        let rows = (CHUNK_BYTES / per_row).clamp(1, n).max(self.rows_for_tiles(units, per_row));
        let cost = self.stage_cost(units);
        // Without sums, a group that is not quite worth while costs nothing but its beginning.
        let worth = if sums > 0 { cost / GROUP_COST } else { cost.div_ceil(GROUP_COST) };
        let mut groups = even(worth.clamp(1, MAX_GROUPS as u64) as usize).min(n);
        // Partial sums cost memory traffic of their own: less of it than half of what the activations cost, those of other stages among
        // them (sums over what lies there are a whole stage of batch normalization).
        while groups > 4 && groups * sums > touched * n / 2 {
            groups /= 2;
        }
        if rows * per_row <= ROOMY_BYTES {
            groups = groups.min((n / rows).max(FEW_GROUPS));
        }
        let chunking = Chunking::new(n, rows, groups, sums > 0);
        let most = chunking.rows.iter().copied().max().unwrap_or(1);
        let (offsets, bytes) = assign_local(&lives, most);
        for (life, offset) in lives.iter().zip(offsets) {
            places.insert(life.key, Place::Local { offset });
        }
        (chunking, bytes)
    }

    /// Estimated time of all rows on one core, in nanoseconds.
    fn stage_cost(&self, units: &[usize]) -> u64 {
        let graph = self.source.graph;
        let unit_cost = |&unit: &usize| {
            let written: usize = self.units[unit].writes.iter().map(|&w| self.bytes(w.into())).sum();
            let node = match self.units[unit].work {
                Work::Node(node, _) => Some(&graph.nodes[node as usize]),
                _ => None,
            };
            if let Some(Op::Gather(_)) = node.map(|node| &node.op) {
                // Of what it looks up, it reads as much as it writes.
                return cost(0, 2 * written);
            }
            let read: usize = self.reads[unit].iter().map(|r| self.bytes(r.key)).sum();
            let flops = node.map_or(0, |node| {
                let types: Vec<_> = node.inputs.iter().map(|&r| graph.ty(r)).collect();
                node.op.flops(&types, &node.types)
            });
            cost(flops, read + written)
        };
        units.iter().map(unit_cost).sum()
    }

    /// Rows that give convolutions by Winograd's algorithm enough tiles, as far as the chunk stays small and all cores have chunks.
    fn rows_for_tiles(&self, units: &[usize], per_row: usize) -> usize {
        let most = (TILED_BYTES / per_row).min(self.source.n / 8);
        let wanted = units.iter().filter_map(|&u| match self.units[u].work {
            Work::Node(node, _) if self.winograd.contains(&node) => {
                let a_row = algorithm::tiles_at_once(self.source, node, Some(1)).max(1);
                let gradient = self.units[u].mode == Mode::Partial;
                Some((algorithm::TILES * if gradient { 4 } else { 2 }).div_ceil(a_row))
            }
            _ => None,
        });
        wanted.filter(|&rows| rows <= most).max().unwrap_or(1)
    }

    /// Bytes a row of the values in memory of all stages that these units read or write.
    fn crossing_bytes(&self, units: &[usize], places: &HashMap<Key, Place>) -> usize {
        let reads = units.iter().flat_map(|&u| self.reads[u].iter().filter(|r| !r.whole).map(|r| r.key));
        let writes = units.iter().flat_map(|&u| self.units[u].writes.iter().map(|&w| Key::from(w)));
        let mut keys: Vec<Key> = reads.chain(writes).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| !matches!(places.get(key), Some(Place::Local { .. })));
        keys.into_iter().map(|key| self.row_bytes(key)).sum()
    }

    fn local_lives(&self, units: &[usize], places: &HashMap<Key, Place>) -> Vec<Life> {
        let mut lives: Vec<Life> = Vec::new();
        for (first, &unit) in units.iter().enumerate() {
            let mut taken = Vec::new();
            for &write in &self.units[unit].writes {
                let key = Key::from(write);
                if !matches!(places.get(&key), Some(Place::Local { .. })) {
                    continue;
                }
                let last = units.iter().rposition(|&u| self.reads[u].iter().any(|r| r.key == key)).unwrap_or(first);
                let size = self.source.graph.ty(write).dtype.size();
                let over = lives.iter().position(|old| {
                    let Key::Value(node, output) = old.key else { return false };
                    let same_size = self.source.graph.ty(Ref { node, output }).dtype.size() == size;
                    old.last == first && same_size && !taken.contains(&old.key) && self.reads_in_place(unit, old.key)
                });
                taken.extend(over.map(|i| lives[i].key));
                lives.push(Life { key, first, last: last.max(first), bytes: self.row_bytes(key), over });
            }
        }
        lives
    }
}
