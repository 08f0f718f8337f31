//! Where the values of a plan lie: outputs, workspace, local memory of a chunk, partial sums.

use std::collections::HashMap;

use super::Compiler;
use crate::arena::WORK;
use crate::batch::Mode;
use crate::fuse::Work;
use crate::place::{Intervals, Place};
use crate::stage::{Key, Order};

impl Compiler<'_> {
    /// Places of parameters, of values in outputs, and of values that stay inside a samples stage (without their offsets yet).
    pub(super) fn placements(&self, orders: &[Order]) -> HashMap<Key, Place> {
        let mut places = HashMap::new();
        for param in 0..self.source.graph.params as u32 {
            let place = Place::Root { root: 2 + param, offset: 0, row_bytes: self.row_bytes(Key::Value(param, 0)) };
            places.insert(Key::Value(param, 0), place);
        }
        let kept = 2 + (self.source.graph.params + self.source.graph.outputs.len()) as u32;
        for (i, &(node, _, _)) in self.packs.kept.iter().enumerate() {
            places.insert(Key::Pack(node), Place::Root { root: kept + i as u32, offset: 0, row_bytes: 0 });
        }
        for (&key, &output) in &self.delivered {
            let root = 2 + self.source.graph.params as u32 + output as u32;
            places.insert(key, Place::Root { root, offset: 0, row_bytes: self.row_bytes(key) });
        }
        for order in orders {
            let Order::Samples(units) = order else { continue };
            for &unit in units {
                for &write in &self.units[unit].writes {
                    let key = Key::from(write);
                    let outside = self.reads.iter().enumerate().any(|(other, reads)| {
                        reads.iter().any(|r| r.key == key && (r.whole || !units.contains(&other)))
                    });
                    if self.units[unit].mode == Mode::Sample && !outside && !places.contains_key(&key) {
                        places.insert(key, Place::Local { offset: 0 });
                    }
                }
            }
        }
        places
    }

    /// Gives every value that crosses stages a place in the workspace for as long as it is read.
    pub(super) fn place_work(&self, orders: &[Order], places: &mut HashMap<Key, Place>, work: &mut Intervals) {
        let mut stage_of = vec![0; self.units.len()];
        for (at, order) in orders.iter().enumerate() {
            if let Order::Tiles(units) | Order::Samples(units) = order {
                units.iter().for_each(|&u| stage_of[u] = at);
            }
        }
        let mut last: HashMap<Key, usize> = HashMap::new();
        for (unit, reads) in self.reads.iter().enumerate() {
            for read in reads {
                let end = last.entry(read.key).or_default();
                *end = (*end).max(stage_of[unit]);
            }
        }
        for (unit, &at) in stage_of.iter().enumerate() {
            let mut keys: Vec<Key> = self.units[unit].writes.iter().map(|&w| Key::from(w)).collect();
            if let Work::Pack(node) = self.units[unit].work {
                keys.push(Key::Pack(node));
            }
            for key in keys {
                if places.contains_key(&key) {
                    continue;
                }
                let end = last.get(&key).copied().unwrap_or(at).max(at);
                let offset = work.place(at, end, self.bytes(key));
                places.insert(key, Place::Root { root: WORK, offset, row_bytes: self.row_bytes(key) });
            }
        }
    }

    /// Places of partial sums. The sums of a single group are the result.
    pub(super) fn place_slabs(
        &self,
        at: usize,
        units: &[usize],
        groups: usize,
        places: &mut HashMap<Key, Place>,
        work: &mut Intervals,
    ) {
        for &unit in units.iter().filter(|&&u| self.units[u].mode == Mode::Partial) {
            for &write in &self.units[unit].writes {
                if groups == 1 {
                    let whole = places[&Key::from(write)];
                    places.insert(Key::Slabs(write.node), whole);
                    continue;
                }
                let part = self.bytes(write.into()).next_multiple_of(64);
                let offset = work.place(at, at + 1, part * groups);
                places.insert(Key::Slabs(write.node), Place::Slabs { offset, part_bytes: part });
            }
        }
    }
}
