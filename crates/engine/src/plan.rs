//! Compilation: from a graph to a plan of stages with every operand's place in memory. Shapes, dtypes and the instruction set decide
//! everything; the number of threads and the clock decide nothing, so results have the same bits on any number of threads.

mod places;
mod updates;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use hornbeam_graph::{Graph, Ref, Result, TensorType, simplify};
use hornbeam_kernels::Isa;

use crate::algorithm::{self, Precision};
use crate::alias::{self, Source};
use crate::arena::{LOCAL, Slot, WORK};
use crate::batch::{self, Mode, Value};
use crate::chunk::Chunking;
use crate::fuse::{self, Limits, Unit, Work};
use crate::instr::Instr;
use crate::join;
use crate::lower::{self, Lowering};
use crate::pack::{self, PackKey, Packs};
use crate::place::{Intervals, Place};
use crate::recompute;
use crate::stage::{self, Key, Order, Read};
use crate::streaming;

/// What to compile: the key of the program cache.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spec {
    /// The function. Its last outputs are the new values of the parameters in `updates`.
    pub graph: Graph,
    /// Batch size and the parameters that have it as leading axis.
    pub batch: Option<(usize, Vec<bool>)>,
    /// Parameters that are variables to be written, one for each of the last outputs.
    pub updates: Vec<usize>,
    /// Parameters that are variables: they keep packed copies of themselves.
    pub variables: Vec<usize>,
    /// What it may do for speed.
    pub precision: Precision,
}

/// A packed copy that a variable keeps.
#[derive(Debug)]
pub struct KeptPack {
    /// The variable's parameter.
    pub param: usize,
    /// Which copy.
    pub key: PackKey,
    /// Its size.
    pub bytes: usize,
    /// Makes it; run when the variable has changed since.
    pub instr: Instr,
}

/// A compiled graph: stages over memory that is described, not held.
#[derive(Debug)]
pub struct Plan {
    /// The instruction set that it was compiled for (packed layouts differ).
    pub isa: Isa,
    /// What runs.
    pub stages: Vec<Stage>,
    /// Types of the parameters.
    pub params: Vec<TensorType>,
    /// Types of the outputs.
    pub outputs: Vec<TensorType>,
    /// Outputs that are new values of variables: (output, parameter).
    pub updates: Vec<(usize, usize)>,
    /// Packed copies of variables; they lie in the roots after the outputs.
    pub packs: Vec<KeptPack>,
    /// Bytes of workspace.
    pub work: usize,
    /// Bytes of local memory a worker.
    pub local: usize,
    /// Scratch numbers a worker.
    pub scratch: usize,
    /// Floating-point operations of a run.
    pub flops: u64,
    /// Estimated time of a run on one core, in nanoseconds.
    pub cost: u64,
}

/// A step of a plan; stages run one after the other.
#[derive(Debug)]
pub enum Stage {
    /// Independent instructions, each cut into tasks; `ends[i]` is the number of tasks up to and with instruction `i`.
    Tiles { instrs: Vec<Instr>, ends: Vec<usize>, cost: u64 },
    /// Instructions that run in order over chunks of samples.
    Samples(Samples),
    /// Errors found so far end the run here.
    Commit,
}

/// A samples stage: groups of chunks run in parallel, the chunks of a group one after the other into the group's partial sums.
#[derive(Debug)]
pub struct Samples {
    /// Instructions for each number of rows that a chunk can have.
    pub variants: Vec<Vec<Instr>>,
    /// First row and variant of every chunk.
    pub chunks: Vec<(usize, usize)>,
    /// Chunks of every group.
    pub groups: Vec<Range<usize>>,
    /// Estimated time on one core, in nanoseconds.
    pub cost: u64,
}

/// Fewer samples than this are shared by tile: there are not enough to keep cores busy.
const MIN_SAMPLES: usize = 4;

/// What came of an attempt to compile.
enum Built {
    Plan(Box<Plan>),
    /// A fusion does not fit the elementwise machine, or updates in place wait for each other.
    Unfit,
    /// Convolutions that have too few tiles for Winograd's algorithm.
    FewTiles(Vec<u32>),
}

/// A way to compile: the next one is tried where one does not fit.
#[derive(Clone, Copy)]
struct How {
    limits: Limits,
    /// Variables are updated in place.
    direct: bool,
    /// Products take in the elementwise work on their results.
    joined: bool,
}

const LIMITS: [Limits; 3] = [
    Limits { nodes: 28, reads: 12, writes: 6 },
    Limits { nodes: 10, reads: 8, writes: 3 },
    Limits { nodes: 1, reads: 4, writes: 1 },
];

/// Compiles a graph.
///
/// # Errors
/// Config: an operation has no kernel and no decomposition.
pub fn compile(spec: &Spec, isa: Isa) -> Result<Plan> {
    let mut graph = prepare(&spec.graph)?;
    let updates = updates::detach(&mut graph, &spec.updates);
    let guessed = spec.batch.clone().or_else(|| batch::guess(&graph));
    let (n, batched) = guessed.filter(|&(n, _)| n >= MIN_SAMPLES).unwrap_or((0, Vec::new()));
    let modes = batch::analyze(&graph, n, &batched);
    let mut source = Source { graph: &graph, n: n.max(1), modes: &modes, copied: updates.1 };
    alias::mark_copies(&mut source);
    let mut winograd = algorithm::candidates(&source, spec.precision);
    for limits in LIMITS {
        for (direct, joined) in [(true, true), (true, false), (false, false)] {
            // Once more where a chunk turned out to have too few tiles for some convolutions.
            loop {
                let how = How { limits, direct, joined };
                let compiler = Compiler::new(&source, isa, how, &updates.0, &spec.variables, &winograd);
                match compiler.build()? {
                    Built::Plan(plan) => return Ok(*plan),
                    Built::Unfit => break,
                    Built::FewTiles(nodes) => winograd.retain(|node| !nodes.contains(node)),
                }
            }
        }
    }
    unreachable!("single operations always fit the machine, and copies always have an order")
}

fn prepare(graph: &Graph) -> Result<Graph> {
    let simple = simplify::simplify(graph);
    let primitive = simplify::decompose_all(&simple, lower::has_kernel)?;
    // Last: simplifying would make one of equal values again.
    Ok(recompute::recompute(&simplify::simplify(&primitive)))
}

/// A compilation in progress.
pub(crate) struct Compiler<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) isa: Isa,
    pub(crate) units: Vec<Unit>,
    pub(crate) reads: Vec<Vec<Read>>,
    packs: Packs,
    updates: &'a [(usize, usize)],
    pub(crate) winograd: &'a HashSet<u32>,
    /// Values that lie in an output's memory.
    delivered: HashMap<Key, usize>,
    writers: Vec<(usize, Option<u32>)>,
}

impl<'a> Compiler<'a> {
    fn new(
        source: &'a Source<'a>,
        isa: Isa,
        how: How,
        updates: &'a [(usize, usize)],
        variables: &[usize],
        winograd: &'a HashSet<u32>,
    ) -> Compiler<'a> {
        let mut units = fuse::fuse(source, how.limits);
        if how.joined {
            join::join(source, isa, &mut units);
        }
        let packs = pack::add_packs(source, isa, variables, updates, winograd, &mut units);
        let mut compiler = Compiler {
            source,
            isa,
            reads: units.iter().map(|unit| stage::reads(source, unit, &packs.by)).collect(),
            units,
            packs,
            updates,
            winograd,
            delivered: HashMap::new(),
            writers: Vec::new(),
        };
        compiler.place_outputs(how.direct);
        compiler
    }

    fn build(self) -> Result<Built> {
        let Some(orders) = stage::schedule(self.source, &self.units, &self.reads, &self.writers) else {
            return Ok(Built::Unfit);
        };
        let mut places = self.placements(&orders);
        let mut work = Intervals::default();
        self.place_work(&orders, &mut places, &mut work);
        let mut local = 0;
        let mut chunkings = HashMap::new();
        for (at, order) in orders.iter().enumerate() {
            if let Order::Samples(units) = order {
                let (chunking, bytes) = self.chunk(units, &mut places);
                local = local.max(bytes);
                self.place_slabs(at, units, chunking.groups.len(), &mut places, &mut work);
                chunkings.insert(at, chunking);
            }
        }
        let few = self.few_tiles(&orders, &chunkings);
        if !few.is_empty() {
            return Ok(Built::FewTiles(few));
        }
        let lowering = Lowering {
            source: self.source,
            isa: self.isa,
            packs: &self.packs.by,
            places: &places,
            outputs: 2 + self.source.graph.params,
            winograd: self.winograd,
        };
        let mut stages = Vec::new();
        for (at, order) in orders.iter().enumerate() {
            let stage = match order {
                Order::Commit => Stage::Commit,
                Order::Tiles(units) => {
                    let mut instrs = Vec::new();
                    for &unit in units {
                        let Some(instr) = lowering.unit(&self.units[unit], None)? else { return Ok(Built::Unfit) };
                        instrs.push(with_bodies(instr, at, &mut work));
                    }
                    streaming::mark(&mut instrs, 0, streaming::least(), &|root| self.memory(root));
                    tiles(instrs)
                }
                Order::Combine(sums) => {
                    let groups = chunkings[&(at - 1)].groups.len();
                    // The sums of a single group are the result.
                    let combined = if groups > 1 { &sums[..] } else { &[] };
                    tiles(combined.iter().map(|&r| lowering.combine(r, groups)).collect())
                }
                Order::Samples(units) => {
                    let chunking = chunkings.remove(&at).expect("planned above");
                    let chunking2 = chunking.clone();
                    let mut variants = Vec::new();
                    for rows in &chunking.rows {
                        let mut instrs = Vec::new();
                        for &unit in units {
                            let Some(instr) = lowering.unit(&self.units[unit], Some(*rows))? else {
                                return Ok(Built::Unfit);
                            };
                            instrs.push(instr);
                        }
                        streaming::mark(&mut instrs, self.source.n, streaming::least(), &|root| self.memory(root));
                        variants.push(instrs);
                    }
                    chunkings.insert(at, chunking2);
                    samples(variants, chunking)
                }
            };
            stages.push(stage);
        }
        let mut packs = Vec::new();
        for (node, param, key) in &self.packs.kept {
            let unit = Unit { work: Work::Pack(*node), mode: Mode::Tile, writes: Vec::new() };
            let instr = lowering.unit(&unit, None)?.expect("packing is not elementwise");
            packs.push(KeptPack { param: *param, key: key.clone(), bytes: self.bytes(Key::Pack(*node)), instr });
        }
        let instrs = || stages.iter().flat_map(Stage::instrs);
        Ok(Built::Plan(Box::new(Plan {
            isa: self.isa,
            params: self.source.graph.param_types(),
            outputs: self.source.graph.output_types(),
            updates: self.updates.to_vec(),
            packs,
            work: work.size(),
            local: local.max(instrs().map(Instr::local).max().unwrap_or(0)),
            scratch: instrs().map(|i| i.scratch).max().unwrap_or(0),
            flops: self.source.graph.flops(),
            cost: stages.iter().map(Stage::cost).sum(),
            stages,
        })))
    }

    /// Convolutions by Winograd's algorithm that would run over too few tiles at a time.
    fn few_tiles(&self, orders: &[Order], chunkings: &HashMap<usize, Chunking>) -> Vec<u32> {
        let mut few = Vec::new();
        for (at, order) in orders.iter().enumerate() {
            let (units, rows) = match order {
                Order::Tiles(units) => (units, None),
                Order::Samples(units) => (units, chunkings[&at].rows.iter().copied().min()),
                Order::Combine(_) | Order::Commit => continue,
            };
            for &unit in units {
                if let Work::Node(node, _) = self.units[unit].work
                    && self.winograd.contains(&node)
                    && algorithm::tiles_at_once(self.source, node, rows)
                        < algorithm::least_tiles(self.source, node, rows)
                {
                    few.push(node);
                }
            }
        }
        few
    }

    /// Bytes per sample of a batched value, 0 for others.
    pub(crate) fn row_bytes(&self, key: Key) -> usize {
        let Key::Value(node, output) = key else { return 0 };
        match self.source.modes[node as usize].0 {
            Value::Batched(_) => self.source.graph.ty(Ref { node, output }).bytes() / self.source.n,
            Value::Fixed => 0,
        }
    }

    pub(crate) fn bytes(&self, key: Key) -> usize {
        match key {
            Key::Value(node, output) => self.source.graph.ty(Ref { node, output }).bytes(),
            Key::Pack(node) => pack::packed_bytes(self.source, node, self.winograd),
            Key::Slabs(_) | Key::Bodies(_) => 0,
        }
    }
}

/// Control flow: its bodies' workspace lies in this plan's.
fn with_bodies(mut instr: Instr, at: usize, work: &mut Intervals) -> Instr {
    let bytes = instr.body_work();
    if bytes > 0 {
        instr.set_body_work(work.place(at, at, bytes));
    }
    instr
}

fn tiles(instrs: Vec<Instr>) -> Stage {
    let mut total = 0;
    let ends = instrs
        .iter()
        .map(|instr| {
            total += instr.tasks;
            total
        })
        .collect();
    let cost = instrs.iter().map(|i| i.cost).sum();
    Stage::Tiles { instrs, ends, cost }
}

fn samples(variants: Vec<Vec<Instr>>, chunking: Chunking) -> Stage {
    let of = |variant: usize| -> u64 { variants[variant].iter().map(|i: &Instr| i.cost).sum() };
    let cost = chunking.chunks.iter().map(|c| of(c.1)).sum();
    Stage::Samples(Samples { cost, variants, chunks: chunking.chunks, groups: chunking.groups })
}

impl Stage {
    /// All instructions.
    pub fn instrs(&self) -> Box<dyn Iterator<Item = &Instr> + '_> {
        match self {
            Stage::Tiles { instrs, .. } => Box::new(instrs.iter()),
            Stage::Samples(samples) => Box::new(samples.variants.iter().flatten()),
            Stage::Commit => Box::new(std::iter::empty()),
        }
    }

    fn cost(&self) -> u64 {
        match self {
            Stage::Tiles { cost, .. } => *cost,
            Stage::Samples(samples) => samples.cost,
            Stage::Commit => 0,
        }
    }
}

/// The slot of a place.
pub fn slot(place: &Place) -> Slot {
    match *place {
        Place::Root { root, offset, row_bytes } => Slot { root, offset, row_bytes, part_bytes: 0 },
        Place::Local { offset } => Slot { root: LOCAL, offset, row_bytes: 0, part_bytes: 0 },
        Place::Slabs { offset, part_bytes } => Slot { root: WORK, offset, row_bytes: 0, part_bytes },
    }
}
