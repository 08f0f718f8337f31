//! The epilogue of gradients whose sums pass through memory.

use super::ConvShape;
use crate::Isa;
use crate::gemm::RawEpilogue;
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::tile::Reduction;

/// Ends the sums of `rows` rows of the images from `first` on, at `dx` and `dx_step` apart, with everything of the epilogue but its
/// accumulation: a contraction over nothing adds zero to every pixel and has one.
///
/// # Safety
/// The machine has `isa`; `dx` and the epilogue's operands are valid for the images, of as many as `images`, and overlap only element by
/// element.
pub(super) unsafe fn end(
    isa: Isa,
    shape: &ConvShape,
    epilogue: &RawEpilogue,
    [first, images, rows]: [usize; 3],
    dx: *mut f32,
    dx_step: isize,
) {
    if epilogue.bias.is_null() && epilogue.residual.is_null() && !epilogue.relu && epilogue.mask.is_null() {
        return;
    }
    let strides = |strides: &[isize; 8]| [strides[0], strides[1], strides[2]];
    let rows = Rows {
        counts: [images, rows, shape.in_w],
        out: [dx_step, (shape.in_w * shape.in_c) as isize, shape.in_c as isize],
        residual: strides(&epilogue.residual_strides),
        mask: strides(&epilogue.mask_strides),
        ..Rows::default()
    };
    let nothing = Reduction { counts: [0; 3], a: [0; 3], b: [0; 3] };
    let mut contraction = Contraction::plain(dx, rows, nothing, dx, dx);
    contraction.columns = 0..shape.in_c;
    epilogue.finish(&mut contraction, [first]);
    contraction.accumulate = true;
    // SAFETY: the grid is dx's own, and nothing is read of A and B.
    unsafe { contraction.run(isa) };
}
