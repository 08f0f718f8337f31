//! Operations that only look at memory differently (reshape, transpose, broadcast, slice, reverse) cost nothing: their values are
//! layouts over another node's memory.

use hornbeam_graph::{Graph, Op, Ref};
use hornbeam_kernels::Layout;

use crate::batch::{Mode, Value};

/// A value as a layout over the memory of a computed node or parameter.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// Whose memory.
    pub base: Ref,
    /// Dims and strides over it.
    pub layout: Layout,
    /// Element offset of the first element.
    pub start: isize,
}

/// A graph with what the analyses found, as the later passes see it.
pub struct Source<'a> {
    /// The graph.
    pub graph: &'a Graph,
    /// Batch size, 1 where unknown.
    pub n: usize,
    /// How every node depends on the batch and is computed.
    pub modes: &'a [(Value, Mode)],
    /// View operations that are computed into memory of their own all the same.
    pub copied: Vec<bool>,
}

impl Source<'_> {
    /// Whether the node's value is only another look at its operand's.
    pub fn is_view(&self, node: u32) -> bool {
        let at = node as usize;
        !self.copied[at]
            && matches!(
                self.graph.nodes[at].op,
                Op::Reshape(_)
                    | Op::Transpose(_)
                    | Op::Broadcast(_)
                    | Op::Slice(_)
                    | Op::Reverse(_)
                    | Op::StopGradient(_)
            )
    }

    /// Dims of a value when a chunk has `rows` samples (all of them when `None`).
    pub fn dims(&self, r: Ref, rows: Option<usize>) -> Vec<usize> {
        let mut dims = self.graph.ty(r).shape.dims().to_vec();
        if let (Some(rows), Value::Batched(k)) = (rows, self.modes[r.node as usize].0) {
            dims[0] = rows * k;
        }
        dims
    }

    /// The memory that holds a value, and how it lies there; `None` when it has to be copied into order first (a reshape of what does
    /// not lie in order).
    pub fn resolve(&self, r: Ref, rows: Option<usize>) -> Option<Alias> {
        // Views of views are followed to the memory first, then applied from there on: chains may be long.
        let mut chain = Vec::new();
        let mut at = r;
        while self.is_view(at.node) {
            chain.push(at);
            at = self.graph.nodes[at.node as usize].inputs[0];
        }
        let mut alias = Alias { base: at, layout: Layout::contiguous(&self.dims(at, rows)), start: 0 };
        for &view in chain.iter().rev() {
            alias = self.apply(&alias, view, &self.dims(view, rows))?;
        }
        Some(alias)
    }

    /// One view applied to what is known of its operand.
    pub fn apply(&self, alias: &Alias, view: Ref, dims: &[usize]) -> Option<Alias> {
        let Alias { base, layout, start } = *alias;
        let (layout, start) = view_of(&self.graph.nodes[view.node as usize].op, &layout, start, dims)?;
        Some(Alias { base, layout, start })
    }
}

/// How a view operation (`reshape`, `transpose`, ...) whose result has `dims` sees memory that its operand sees with `layout` from
/// element `start` on; `None` when it would have to be copied first, or is no view.
pub fn view_of(op: &Op, layout: &Layout, start: isize, dims: &[usize]) -> Option<(Layout, isize)> {
    let strides = layout.strides();
    Some(match op {
        Op::StopGradient(_) => (*layout, start),
        Op::Reshape(_) => (reshaped(layout, dims)?, start),
        Op::Transpose(op) => (layout.permuted(&op.order), start),
        Op::Broadcast(_) => (stretch(layout, dims), start),
        Op::Slice(op) => {
            let offset: isize = op.starts.iter().zip(strides).map(|(&s, &stride)| s as isize * stride).sum();
            let steps: Vec<isize> = op.strides.iter().zip(strides).map(|(&s, &stride)| s as isize * stride).collect();
            (Layout::strided(dims, &steps), start + offset)
        }
        Op::Reverse(op) => {
            let mut steps = strides.to_vec();
            let mut first = start;
            for &axis in &op.axes {
                first += (dims[axis] as isize - 1).max(0) * steps[axis];
                steps[axis] = -steps[axis];
            }
            (Layout::strided(dims, &steps), first)
        }
        _ => return None,
    })
}

/// The layout under other dims, where that needs no copy: elements in order, all the same element, or axes of size 1 put in or out.
fn reshaped(layout: &Layout, dims: &[usize]) -> Option<Layout> {
    if layout.is_contiguous() {
        return Some(Layout::contiguous(dims));
    }
    if layout.strides().iter().zip(layout.dims()).all(|(&stride, &dim)| stride == 0 || dim == 1) {
        return Some(Layout::strided(dims, &vec![0; dims.len()]));
    }
    let mut real = layout.dims().iter().zip(layout.strides()).filter(|&(&dim, _)| dim != 1);
    let mut strides = Vec::with_capacity(dims.len());
    for &dim in dims {
        if dim == 1 {
            strides.push(0);
            continue;
        }
        let (&there, &stride) = real.next()?;
        if there != dim {
            return None;
        }
        strides.push(stride);
    }
    real.next().is_none().then(|| Layout::strided(dims, &strides))
}

/// The layout stretched to `dims` by NumPy's rule: aligned at the last axis, dims of 1 (and leading axes that are not there) repeat.
pub fn stretch(layout: &Layout, dims: &[usize]) -> Layout {
    let missing = dims.len() - layout.dims().len();
    let strides: Vec<isize> = (0..dims.len())
        .map(|axis| match axis.checked_sub(missing) {
            Some(own) if layout.dims()[own] == dims[axis] => layout.strides()[own],
            // A value stretched over all rows before keeps its full batch here when the chunk has fewer: its stride is 0 either way.
            Some(own) => {
                assert!(layout.dims()[own] == 1 || layout.strides()[own] == 0, "a layout does not stretch to {dims:?}");
                0
            }
            None => 0,
        })
        .collect();
    Layout::strided(dims, &strides)
}

/// Marks the views that must be computed into memory of their own: reshapes of what does not lie in order, and operands of kernels that
/// want their elements in order.
pub fn mark_copies(source: &mut Source) {
    // A view over one that is copied lies in another memory than it did when it was looked at: until nothing changes.
    while mark_some(source) {}
}

/// One pass over the nodes; whether it marked anything.
fn mark_some(source: &mut Source) -> bool {
    let before = source.copied.iter().filter(|&&c| c).count();
    for at in source.graph.params..source.graph.nodes.len() {
        let node = &source.graph.nodes[at];
        if source.is_view(at as u32) {
            if source.resolve(Ref { node: at as u32, output: 0 }, None).is_none() {
                source.copied[at] = true;
            }
            continue;
        }
        for (i, &input) in node.inputs.iter().enumerate() {
            let in_order = source.resolve(input, None).is_some_and(|alias| alias.layout.is_contiguous());
            if !in_order && wants_order(&node.op, i) {
                source.copied[input.node as usize] = true;
            }
        }
    }
    source.copied.iter().filter(|&&c| c).count() > before
}

fn wants_order(op: &Op, operand: usize) -> bool {
    match op {
        Op::Unary(_) | Op::Binary(_) | Op::Select(_) | Op::Cast(_) | Op::Reduce(_) | Op::ArgReduce(_) => false,
        Op::Reshape(_) | Op::Transpose(_) | Op::Broadcast(_) | Op::Slice(_) | Op::Reverse(_) | Op::StopGradient(_) => {
            false
        }
        Op::Concat(_) | Op::MatMul(_) => false,
        Op::Pad(_) | Op::DynamicSlice(_) => operand != 0,
        Op::DynamicUpdateSlice(_) => operand > 1,
        _ => true,
    }
}
