//! Reads a plan as a hostile reviewer: within a stage, nobody may touch the bytes that another task writes.

use hornbeam_engine::arena::LOCAL;
use hornbeam_engine::instr::{Instr, Kernel, Operand};
use hornbeam_engine::plan::{Plan, Stage};

/// Bytes of a root that an operand reaches over the whole batch.
fn extent(operand: &Operand, rows: usize) -> Option<(u32, isize, isize)> {
    let size = operand.elem.size() as isize;
    let (low, high) = operand.layout.reach()?;
    let origin = operand.slot.offset as isize + operand.start * size;
    let last = (operand.slot.row_bytes * rows) as isize;
    Some((operand.slot.root, origin + low * size, origin + (high + 1) * size + last))
}

/// The first overlap of a write with somebody else's read or write in a stage.
pub fn hazards(plan: &Plan) -> Option<String> {
    let params = plan.params.len() as u32;
    // An updated variable's output may be the parameter's own memory.
    let same = |root: u32| match plan.updates.iter().find(|u| 2 + params + u.0 as u32 == root) {
        Some(&(_, param)) => 2 + param as u32,
        None => root,
    };
    let overlap = |a: &Operand, b: &Operand| {
        let (Some(a), Some(b)) = (extent(a, 0), extent(b, 0)) else { return false };
        same(a.0) == same(b.0) && a.1 < b.2 && b.1 < a.2
    };
    plan.stages.iter().enumerate().find_map(|(at, stage)| match stage {
        Stage::Commit => None,
        Stage::Tiles { instrs, .. } => tiles(instrs, &overlap).map(|what| format!("stage {at}: {what}")),
        Stage::Samples(samples) => {
            let rows = samples.chunks.iter().map(|c| c.0).max().unwrap_or(0);
            let alone = samples.groups.len() == 1;
            samples
                .variants
                .iter()
                .find_map(|instrs| chunks(instrs, rows, alone))
                .map(|what| format!("stage {at}: {what}"))
        }
    })
}

/// Whether an operand may lie where a result of its own instruction lies: it is read at the same positions only.
fn in_place(instr: &Instr, input: usize) -> bool {
    match &instr.kernel {
        Kernel::Elementwise { .. } => true,
        Kernel::MatMul { after: Some(after), .. } => after.operands.contains(&Some(input)),
        _ => false,
    }
}

fn tiles(instrs: &[Instr], overlap: &impl Fn(&Operand, &Operand) -> bool) -> Option<String> {
    for (i, writer) in instrs.iter().enumerate() {
        for (j, other) in instrs.iter().enumerate() {
            for out in &writer.outputs {
                let mut inputs = other.inputs.iter().enumerate();
                let read = inputs.any(|(at, x)| (i != j || !in_place(other, at)) && overlap(out, x));
                let written = i != j && other.outputs.iter().any(|x| overlap(out, x));
                if read || written {
                    return Some(format!("{} writes what {} uses", writer.label, other.label));
                }
            }
        }
    }
    None
}

/// Groups of chunks run in parallel: what one writes outside of its worker's own memory, another may read only by the same rows. A group
/// that is `alone` may sum up in the result itself, which nobody reads before the stage is over.
fn chunks(instrs: &[Instr], rows: usize, alone: bool) -> Option<String> {
    for writer in instrs {
        for out in writer.outputs.iter().filter(|o| o.slot.root != LOCAL) {
            let sum = alone && writer.accumulates;
            if !sum && out.slot.row_bytes == 0 && out.slot.part_bytes == 0 && !out.layout.is_empty() {
                return Some(format!("all chunks of {} write the same bytes", writer.label));
            }
            let Some(written) = extent(out, rows) else { continue };
            for reader in instrs {
                for x in reader.inputs.iter().filter(|x| x.slot.root == out.slot.root) {
                    let Some(read) = extent(x, rows) else { continue };
                    let meets = written.1 < read.2 && read.1 < written.2;
                    let own_rows = x.slot.row_bytes == out.slot.row_bytes && x.slot.offset == out.slot.offset;
                    if meets && (sum || !own_rows) {
                        return Some(format!("{} writes rows that {} reads across chunks", writer.label, reader.label));
                    }
                }
            }
        }
    }
    None
}
