//! Copies of input rows with a zero border.

/// A window of an image, in the coordinates of its padded copy.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// Height, width and channels of the image.
    pub image: [usize; 3],
    /// The image's row and column that come first in the copy; negative in the border.
    pub origin: [isize; 2],
    /// Rows and columns of the copy.
    pub size: [usize; 2],
}

/// Copies the window of the image at `from` to `to`, with zeros where it leaves the image.
///
/// # Safety
/// `from` is valid for the whole image, `to` for writes of the window; they do not overlap.
pub(super) unsafe fn copy_padded(window: &Window, from: *const f32, to: *mut f32) {
    let [height, width, channels] = window.image;
    let [rows, columns] = window.size;
    // Columns of the copy: zeros, then the image's columns first..first + inside, then zeros.
    let left = (-window.origin[1]).clamp(0, columns as isize) as usize;
    let first = window.origin[1].clamp(0, width as isize) as usize;
    let inside = (width - first).min(columns - left);
    for row in 0..rows {
        let y = window.origin[0] + row as isize;
        // SAFETY: the row lies in the window's copy, and inside..  in the image's row y, which exists.
        unsafe {
            let line = std::slice::from_raw_parts_mut(to.add(row * columns * channels), columns * channels);
            if y < 0 || y >= height as isize || inside == 0 {
                line.fill(0.0);
                continue;
            }
            line[..left * channels].fill(0.0);
            let source = from.add((y as usize * width + first) * channels);
            line[left * channels..(left + inside) * channels]
                .copy_from_slice(std::slice::from_raw_parts(source, inside * channels));
            line[(left + inside) * channels..].fill(0.0);
        }
    }
}
