//! `y = epilogue(x * w)`: tiles of output pixels, across rows and images, by panels of output channels.

use super::padding::{Window, copy_padded};
use super::short::{Row, RowFn, offsets, row_function};
use super::{ConvShape, OutputPart, image_step};
use crate::gemm::contraction::{Contraction, Rows};
use crate::gemm::tile::Reduction;
use crate::gemm::{Epilogue, RawEpilogue, panel_width};
use crate::{Isa, View, ViewMut};

/// Elements of input that are worked on before the next panel of the filter reads them again: 256 KB, a quarter of the
/// smallest L2 of the AVX-512 servers.
const BLOCK: usize = 64 * 1024;

/// How the output is cut: so many images, so many rows of each.
struct Block {
    images: usize,
    rows: usize,
}

fn block(shape: &ConvShape, rows: usize) -> Block {
    let line = shape.reach_w().max(1) * shape.in_c.max(1);
    let image = shape.reach_h(rows).max(1) * line;
    if image <= BLOCK {
        return Block { images: (BLOCK / image).clamp(1, shape.batch.max(1)), rows };
    }
    let lines = (BLOCK / line).max(shape.reach_h(1));
    Block { images: 1, rows: ((lines - shape.reach_h(1)) / shape.stride_h + 1).min(rows) }
}

/// Elements of scratch that [`forward`] needs, for any range of rows.
pub fn forward_scratch(shape: &ConvShape) -> usize {
    if !shape.is_padded() {
        return 0;
    }
    let line = shape.reach_w() * shape.in_c;
    let all = shape.batch * shape.reach_h(shape.out_h) * line;
    all.min(BLOCK.max(shape.reach_h(1) * line))
}

/// Computes a part of every image: `y` is `[batch, part.rows.len(), out_w, part.columns.len()]`, and so are the epilogue's
/// residual and mask; the bias has a value for each of these columns.
///
/// `packed` comes from [`pack_filter`](super::pack_filter) for the same `isa`, all of it; `x` and `y` lie without gaps but for the step
/// from image to image, and in `y` the columns of other parts; `scratch` holds [`forward_scratch`] elements. Panics when dims do not match.
#[allow(clippy::too_many_arguments, reason = "the operands of a convolution and the part that is asked for")]
pub fn forward(
    isa: Isa,
    shape: &ConvShape,
    x: View,
    packed: &[f32],
    part: &OutputPart,
    mut y: ViewMut,
    ep: &Epilogue,
    scratch: &mut [f32],
) {
    assert!(packed.len() >= super::packed_filter_len(shape), "the packed filter is too short");
    assert!(scratch.len() >= forward_scratch(shape), "the convolution needs more scratch");
    let x_step = image_step(x.dims(), x.strides(), shape.x_dims(), "x");
    let (y_dims, y_step) = part.check(isa, shape, &y);
    let OutputPart { rows, columns } = part;
    let epilogue = RawEpilogue::new(ep, &y_dims);
    let (x, y, channels) = (x.as_ptr::<f32>(), y.as_mut_ptr::<f32>(), shape.in_c);
    let y_line = (shape.out_w * shape.out_c) as isize;
    let block = block(shape, rows.len());
    for image in (0..shape.batch).step_by(block.images.max(1)) {
        let images = block.images.min(shape.batch - image);
        for row in (0..rows.len()).step_by(block.rows.max(1)) {
            let height = block.rows.min(rows.len() - row);
            let top = ((rows.start + row) * shape.stride_h) as isize - shape.pad_top as isize;
            let source = x.wrapping_offset(image as isize * x_step);
            let input = if shape.is_padded() {
                let window = Window {
                    image: [shape.in_h, shape.in_w, channels],
                    origin: [top, -(shape.pad_left as isize)],
                    size: [shape.reach_h(height), shape.reach_w()],
                };
                let size = window.size[0] * window.size[1] * channels;
                for i in 0..images {
                    let copy = &mut scratch[i * size..(i + 1) * size];
                    // SAFETY: the image exists in x, and `copy` is as long as the window.
                    unsafe { copy_padded(&window, source.wrapping_offset(i as isize * x_step), copy.as_mut_ptr()) };
                }
                Input { x: scratch.as_ptr(), step: size as isize, line: (shape.reach_w() * channels) as isize }
            } else {
                let line = (shape.in_w * channels) as isize;
                Input { x: source.wrapping_offset(top * line), step: x_step, line }
            };
            let target = y.wrapping_offset(image as isize * y_step + row as isize * y_line);
            let plain = !epilogue.accumulate && epilogue.residual.is_null() && epilogue.mask.is_null();
            let whole = columns.len() == shape.out_c;
            if let Some(function) = row_function(isa, shape).filter(|_| plain && whole) {
                // SAFETY: as for the contraction below; the function is that of `isa`.
                unsafe {
                    rows_of_short(isa, shape, function, &input, packed, &epilogue, [images, height], target, y_step)
                };
                continue;
            }
            let packed = &packed[columns.start * shape.depth()..];
            let mut contraction = contraction(isa, shape, &input, packed, [images, height], target, [y_step, y_line]);
            contraction.columns = 0..columns.len();
            contraction.accumulate = epilogue.accumulate;
            contraction.by_rows = shape.goes_by_rows(isa);
            let strides = |strides: &[isize; 8]| [strides[0], strides[1], strides[2]];
            contraction.rows.residual = strides(&epilogue.residual_strides);
            contraction.rows.mask = strides(&epilogue.mask_strides);
            epilogue.finish(&mut contraction, [image, row]);
            // SAFETY: the views promise their elements; every pixel of the block reads inside the image or its padded
            // copy, and the filter's length was checked.
            unsafe { contraction.run(isa) };
        }
    }
}

/// Input rows that hold every tap of the block's pixels: the first tap of the first pixel, and the steps from image to
/// image and from row to row.
struct Input {
    x: *const f32,
    step: isize,
    line: isize,
}

/// The convolution of `images` x `height` output rows at `y`, whose steps from image to image and row to row are given, without columns.
fn contraction(
    isa: Isa,
    shape: &ConvShape,
    input: &Input,
    packed: &[f32],
    [images, height]: [usize; 2],
    y: *mut f32,
    [y_step, y_line]: [isize; 2],
) -> Contraction {
    let channels = shape.in_c as isize;
    let rows = Rows {
        counts: [images, height, shape.out_w],
        a: [input.step, shape.stride_h as isize * input.line, shape.stride_w as isize * channels],
        out: [y_step, y_line, shape.out_c as isize],
        ..Rows::default()
    };
    let panel = panel_width(isa) as isize;
    let run = shape.kernel_w as isize * channels;
    let tap_h = shape.dilation_h as isize * input.line;
    let reduction = if shape.dilation_w == 1 || shape.kernel_w == 1 {
        // The taps of a filter row and their channels are one run of memory.
        Reduction { counts: [1, shape.kernel_h, run as usize], a: [0, tap_h, 1], b: [0, run * panel, panel] }
    } else {
        Reduction {
            counts: [shape.kernel_h, shape.kernel_w, shape.in_c],
            a: [tap_h, shape.dilation_w as isize * channels, 1],
            b: [run * panel, channels * panel, panel],
        }
    };
    let mut contraction = Contraction::plain(input.x, rows, reduction, packed.as_ptr(), y);
    contraction.b_panel = shape.depth() as isize * panel;
    contraction
}

/// The block by the kernel for few products: row by row, all its channels while the row's input is hot.
///
/// # Safety
/// `function` is one of `isa` for this shape; the inputs, the filter and the outputs of the block are valid.
#[allow(clippy::too_many_arguments, reason = "the parts of one loop of forward")]
unsafe fn rows_of_short(
    isa: Isa,
    shape: &ConvShape,
    (function, channels): (RowFn, usize),
    input: &Input,
    packed: &[f32],
    epilogue: &RawEpilogue,
    [images, height]: [usize; 2],
    y: *mut f32,
    y_step: isize,
) {
    let panel = panel_width(isa);
    let mut row = Row {
        x: input.x,
        x_step: shape.stride_w * shape.in_c,
        offsets: offsets(shape, input.line),
        products: shape.depth(),
        weights: packed.as_ptr(),
        panel,
        y,
        y_step: shape.out_c,
        pixels: shape.out_w,
        bias: epilogue.bias,
        relu: epilogue.relu,
    };
    for image in 0..images as isize {
        for line in 0..height {
            row.x = input.x.wrapping_offset(image * input.step + (line * shape.stride_h) as isize * input.line);
            let first = y.wrapping_offset(image * y_step).wrapping_add(line * shape.out_w * shape.out_c);
            for channel in (0..shape.out_c).step_by(channels) {
                row.weights = packed.as_ptr().wrapping_add(channel / panel * panel * shape.depth() + channel % panel);
                row.y = first.wrapping_add(channel);
                row.bias = if epilogue.bias.is_null() { epilogue.bias } else { epilogue.bias.wrapping_add(channel) };
                // SAFETY: the caller's contract; `channels` divides out_c.
                unsafe { function(&row) };
            }
        }
    }
}
