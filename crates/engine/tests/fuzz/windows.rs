//! Growing by movements and by windows over images.

use hornbeam_engine::graph::ops::conv::{self, Window};
use hornbeam_engine::graph::ops::elementwise::{self as ew, UnaryKind};
use hornbeam_engine::graph::ops::movement;
use hornbeam_engine::graph::ops::pool::{self, PoolWindow};
use hornbeam_engine::graph::{DType, Result, Shape, Tensor};

use super::grow::Garden;

impl Garden {
    pub fn reshape(&mut self) -> Result<Tensor> {
        let x = self.find(|t| t.shape().size() > 0).expect("there are tensors");
        let dims = x.shape().dims().to_vec();
        let mut to: Vec<i64> = dims.iter().map(|&d| d as i64).collect();
        match self.choices.below(6) {
            0 => return movement::reshape(&x, &[-1]),
            1 => to.insert(self.choices.below(to.len() + 1), 1),
            2 if dims.len() > 2 => to = vec![to[0], -1],
            3 if dims.len() > 1 => {
                let at = self.choices.below(dims.len() - 1);
                to.splice(at..at + 2, [to[at] * to[at + 1]]);
            }
            4 if !dims.is_empty() && dims.len() < 5 => {
                let at = self.choices.below(dims.len());
                let half = [2, 3].into_iter().find(|&d| dims[at].is_multiple_of(d)).unwrap_or(1) as i64;
                to.splice(at..=at, [to[at] / half, half]);
            }
            _ => return movement::reshape(&x, &[1, -1]),
        }
        if to.len() > 6 { Ok(x) } else { movement::reshape(&x, &to) }
    }

    pub fn transpose(&mut self) -> Result<Tensor> {
        let x = self.find(|t| t.shape().rank() > 1).expect("there are matrices");
        let mut order: Vec<usize> = (0..x.shape().rank()).collect();
        let (a, b) = (self.choices.below(order.len()), self.choices.below(order.len()));
        order.swap(a, b);
        if self.choices.once_in(3) {
            return movement::reverse(&x, &[a as i64]);
        }
        movement::transpose(&x, &order)
    }

    pub fn slice(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.shape().iter().any(|&d| d > 1))?;
        let rank = x.shape().rank();
        let axis = (0..rank).rev().find(|&a| x.shape()[a] > 1 && !self.choices.once_in(3)).unwrap_or(0);
        let dim = x.shape()[axis];
        let start = self.choices.below(dim.max(1));
        let limit = start + self.choices.below(dim - start + 1);
        let (mut starts, mut limits, mut strides) = (vec![0; rank], x.shape().to_vec(), vec![1; rank]);
        (starts[axis], limits[axis], strides[axis]) = (start, limit, 1 + self.choices.below(2));
        Some(movement::slice(&x, &starts, &limits, &strides))
    }

    pub fn pad(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.dtype() == DType::F32 && t.shape().rank() > 0 && t.shape().size() > 0)?;
        let rank = x.shape().rank();
        let axis = self.choices.below(rank);
        let (mut low, mut high, mut interior) = (vec![0i64; rank], vec![0i64; rank], vec![0; rank]);
        low[axis] = self.choices.below(4) as i64 - 1;
        high[axis] = self.choices.below(3) as i64;
        interior[axis] = self.choices.below(2);
        Some(
            movement::scalar(self.choices.of(&[0.0, 0.5]), DType::F32)
                .and_then(|v| movement::pad(&x, &v, &low, &high, &interior)),
        )
    }

    pub fn concat(&mut self) -> Option<Result<Tensor>> {
        let x = self.find(|t| t.shape().rank() > 0)?;
        let axis = self.choices.below(x.shape().rank());
        let (shape, dtype) = (x.shape(), x.dtype());
        let fits = move |t: &Tensor| {
            t.dtype() == dtype
                && t.shape().rank() == shape.rank()
                && (0..shape.rank()).all(|a| a == axis || t.shape()[a] == shape[a])
        };
        let mut all = vec![x];
        for _ in 0..1 + self.choices.below(2) {
            all.push(self.find(fits)?);
        }
        Some(movement::concat(&all, axis as i64))
    }

    pub fn broadcast(&mut self) -> Result<Tensor> {
        let most = self.most;
        let x = self.find(|t| t.shape().size() * 3 <= most && t.shape().rank() < 6).expect("there are small tensors");
        let mut dims = x.shape().to_vec();
        for dim in dims.iter_mut().filter(|d| **d == 1) {
            *dim = self.choices.of(&[1, 2, 3]);
        }
        let lead = self.choices.of(&[0, 2, self.n]);
        if lead > 0 && x.shape().size() * lead <= most {
            dims.insert(0, lead);
        }
        if dims.iter().product::<usize>() > most {
            return movement::stop_gradient(&x);
        }
        movement::broadcast_to(&x, Shape::new(&dims)?)
    }

    /// A tensor that can be seen as images, as such.
    fn images(&mut self) -> Option<Tensor> {
        self.find(|t| t.dtype() == DType::F32 && t.shape().rank() == 4 && t.shape().size() > 0)
    }

    pub fn convolve(&mut self) -> Option<Result<Vec<Tensor>>> {
        let x = self.images()?;
        let [kh, kw] = [1 + self.choices.below(3), 1 + self.choices.below(3)];
        let filters = self.choices.of(&[1, 2, 4, 8, 17]);
        let window = Window {
            strides: [1 + self.choices.below(2), 1 + self.choices.below(2)],
            dilation: [1, 1 + self.choices.below(2)],
            pad_h: [self.choices.below(2), 1],
            pad_w: [self.choices.below(2), 1],
        };
        if x.shape()[1] + window.pad_h[0] + 1 < kh
            || x.shape()[2] + window.pad_w[0] + 1 < (kw - 1) * window.dilation[1] + 1
        {
            return None;
        }
        let kernel = self.param(&[kh, kw, x.shape()[3], filters], DType::F32, false);
        let depth = (kh * kw * x.shape()[3]) as f64;
        let mut build = || -> Result<Vec<Tensor>> {
            let scaled = if self.choices.once_in(2) { ew::scale(&kernel, 1.0 / depth.sqrt())? } else { kernel.clone() };
            let mut y = conv::conv2d(&x, &scaled, window)?;
            if self.choices.once_in(2) {
                let bias = self.param(&[filters], DType::F32, false);
                y = ew::add(&y, &bias)?;
            }
            if let Some(other) = self.find(|t| t.ty() == y.ty())
                && self.choices.once_in(2)
            {
                y = ew::add(&y, &other)?;
            }
            if self.choices.once_in(2) {
                y = ew::unary(UnaryKind::Relu, &y)?;
            }
            Ok(vec![ew::scale(&y, 0.7)?])
        };
        Some(build())
    }

    pub fn pool_window(&mut self) -> Option<Result<Vec<Tensor>>> {
        let x = self.images()?;
        let size = [1 + self.choices.below(2), 1 + self.choices.below(3)];
        let strides = [1 + self.choices.below(2), 1 + self.choices.below(2)];
        let pad = self.choices.below(size[0].min(size[1]));
        let window = PoolWindow { size, strides, pad_h: [pad, 0], pad_w: [0, pad], dilation: [1, 1] };
        if x.shape()[1] + pad < size[0] || x.shape()[2] + pad < size[1] {
            return None;
        }
        let pooled = if self.choices.once_in(2) { pool::max_pool2d(&x, window) } else { pool::avg_pool2d(&x, window) };
        Some(pooled.map(|t| vec![t]))
    }
}
