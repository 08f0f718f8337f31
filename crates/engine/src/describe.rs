//! A plan as text.

use crate::plan::{Plan, Stage};

impl Plan {
    /// The plan as text: a line a stage, a line an instruction.
    pub fn describe(&self) -> String {
        let mut text = format!(
            "{} bytes of workspace, {} local and {} scratch bytes a worker, {} floating-point operations\n",
            self.work,
            self.local,
            self.scratch * 4,
            self.flops
        );
        for (at, stage) in self.stages.iter().enumerate() {
            let (title, instrs) = match stage {
                Stage::Commit => ("commit".to_owned(), &[][..]),
                Stage::Tiles { instrs, cost, .. } => (format!("tiles, about {cost} ns"), &instrs[..]),
                Stage::Samples(s) => {
                    let last = s.variants.last().map_or(&[][..], |v| &v[..]);
                    (
                        format!("samples: {} chunks in {} groups, about {} ns", s.chunks.len(), s.groups.len(), s.cost),
                        last,
                    )
                }
            };
            text += &format!("{at}: {title}\n");
            for instr in instrs {
                let dims: Vec<&[usize]> = instr.outputs.iter().map(|o| o.layout.dims()).collect();
                text += &format!("    {} {dims:?}, {} tasks, about {} ns\n", instr.label, instr.tasks, instr.cost);
            }
        }
        text
    }
}
