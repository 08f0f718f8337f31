//! Einstein summation, lowered to diagonals, sums, products and batched matrix products.

use crate::error::{Error, Result};
use crate::ops::{elementwise, movement, reduce};
use crate::shape::{MAX_RANK, Shape};
use crate::tensor::Tensor;

use super::matmul;

/// An axis' name: a letter, or a place of the ellipsis counted from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Letter(u8),
    Ellipsis(usize),
}

/// A tensor with a name for each of its axes.
struct Term {
    tensor: Tensor,
    labels: Vec<Label>,
}

/// One side's subscripts as written: letters, and whether and where an ellipsis stands between them.
struct Subscripts {
    letters: Vec<u8>,
    ellipsis: Option<usize>,
}

fn parse_term(equation: &str, term: &str) -> Result<Subscripts> {
    let mut parsed = Subscripts { letters: Vec::new(), ellipsis: None };
    let mut rest = term.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if rest.starts_with(b"...") && parsed.ellipsis.is_none() {
            parsed.ellipsis = Some(parsed.letters.len());
            rest = &rest[3..];
        } else if first.is_ascii_alphabetic() {
            parsed.letters.push(first);
            rest = after;
        } else {
            return Err(Error::config(format!(
                "einsum: subscripts are letters and at most one ellipsis \"...\" a term, got \"{term}\" in \"{equation}\""
            )));
        }
    }
    Ok(parsed)
}

/// The labels of a tensor with `rank` axes.
fn labels_of(equation: &str, parsed: &Subscripts, position: usize, shape: Shape) -> Result<Vec<Label>> {
    let named = parsed.letters.len();
    let fits = if parsed.ellipsis.is_some() { shape.rank() >= named } else { shape.rank() == named };
    if !fits {
        let least = if parsed.ellipsis.is_some() { "at least " } else { "" };
        return Err(Error::shape(format!(
            "einsum \"{equation}\": the subscripts of operand {position} name {least}{named} axes, its shape {shape} has {}",
            shape.rank()
        )));
    }
    Ok(spell(parsed, shape.rank() - named))
}

/// The labels with `extra` axes in the ellipsis' place.
fn spell(parsed: &Subscripts, extra: usize) -> Vec<Label> {
    let at = parsed.ellipsis.unwrap_or(parsed.letters.len());
    let letters = |range: &[u8]| range.iter().map(|&letter| Label::Letter(letter)).collect::<Vec<Label>>();
    let filling = (0..extra).rev().map(Label::Ellipsis).collect();
    [letters(&parsed.letters[..at]), filling, letters(&parsed.letters[at..])].concat()
}

/// Einstein summation: the operands' axes are named by `equation`, e.g. `"bij,bjk->bik"`; axes of one name are multiplied
/// together, those that the result does not name are summed. Without `->` the result has the ellipsis' axes, then the
/// names that occur once, in alphabetical order. A name twice in a term takes the diagonal. Axes of an ellipsis broadcast.
/// More than two operands are contracted from left to right. float32.
///
/// # Errors
/// Config: the equation cannot be read, or has another number of terms than there are operands. Shape: an operand has
/// another rank than its term, axes of one name differ in size, or an intermediate result has more than 8 axes.
pub fn einsum(equation: &str, operands: &[Tensor]) -> Result<Tensor> {
    let compact: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match compact.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (compact.as_str(), None),
    };
    let written: Vec<Subscripts> = left.split(',').map(|term| parse_term(&compact, term)).collect::<Result<_>>()?;
    if operands.is_empty() || written.len() != operands.len() {
        return Err(Error::config(format!(
            "einsum \"{compact}\" has subscripts for {} operands, got {}",
            written.len(),
            operands.len()
        )));
    }
    let mut terms = Vec::with_capacity(operands.len());
    for (position, (parsed, operand)) in written.iter().zip(operands).enumerate() {
        let labels = labels_of(&compact, parsed, position, operand.shape())?;
        terms.push(Term { tensor: operand.clone(), labels });
    }
    let output = output_labels(&compact, right, &terms)?;
    let sizes = Sizes::collect(&compact, &terms)?;
    let mut terms: Vec<Term> =
        terms.into_iter().map(|term| term.diagonal()?.squeezed(&sizes)).collect::<Result<_>>()?;
    // What only one operand names is summed before anything is multiplied by it.
    for at in 0..terms.len() {
        let kept: Vec<Label> = terms[at]
            .labels
            .iter()
            .copied()
            .filter(|label| {
                let elsewhere = |(i, other): (usize, &Term)| i != at && other.labels.contains(label);
                output.contains(label) || terms.iter().enumerate().any(elsewhere)
            })
            .collect();
        terms[at] = terms[at].summed_to(&kept)?;
    }
    let mut rest = terms.into_iter();
    let mut result = rest.next().expect("at least one operand");
    while let Some(next) = rest.next() {
        let kept =
            |label: Label| output.contains(&label) || rest.as_slice().iter().any(|later| later.labels.contains(&label));
        result = contract(&result, &next, &kept)?;
    }
    let order: Vec<usize> =
        output.iter().map(|label| result.labels.iter().position(|own| own == label).expect("checked")).collect();
    movement::transpose(&result.tensor, &order)
}

/// The result's labels: those after `->`, or what NumPy infers.
fn output_labels(equation: &str, right: Option<&str>, terms: &[Term]) -> Result<Vec<Label>> {
    let all: Vec<Label> = terms.iter().flat_map(|term| term.labels.iter().copied()).collect();
    let extra = all.iter().filter_map(|label| match label {
        Label::Ellipsis(place) => Some(place + 1),
        Label::Letter(_) => None,
    });
    let extra = extra.max().unwrap_or(0);
    let Some(right) = right else {
        let mut letters: Vec<u8> = all
            .iter()
            .filter_map(|label| match label {
                Label::Letter(letter) if all.iter().filter(|other| *other == label).count() == 1 => Some(*letter),
                _ => None,
            })
            .collect();
        letters.sort_unstable();
        return Ok(spell(&Subscripts { letters, ellipsis: Some(0) }, extra));
    };
    let parsed = parse_term(equation, right)?;
    let labels = spell(&parsed, if parsed.ellipsis.is_some() { extra } else { 0 });
    for (i, label) in parsed.letters.iter().enumerate() {
        let name = *label as char;
        if parsed.letters[..i].contains(label) {
            return Err(Error::config(format!("einsum \"{equation}\": the result names \"{name}\" twice")));
        }
        if !all.contains(&Label::Letter(*label)) {
            return Err(Error::config(format!(
                "einsum \"{equation}\": the result names \"{name}\", which no operand has"
            )));
        }
    }
    Ok(labels)
}

/// The size of every label.
struct Sizes(Vec<(Label, usize)>);

impl Sizes {
    fn collect(equation: &str, terms: &[Term]) -> Result<Sizes> {
        let mut sizes: Vec<(Label, usize)> = Vec::new();
        for term in terms {
            for (&label, &dim) in term.labels.iter().zip(term.tensor.shape().dims()) {
                match sizes.iter_mut().find(|(known, _)| *known == label) {
                    None => sizes.push((label, dim)),
                    Some((_, size)) if *size == dim => {}
                    Some((Label::Ellipsis(_), size)) if *size == 1 => *size = dim,
                    Some((Label::Ellipsis(_), _)) if dim == 1 => {}
                    Some((Label::Ellipsis(_), size)) => {
                        return Err(Error::shape(format!(
                            "einsum \"{equation}\": axes of the ellipsis do not broadcast: {size} and {dim}"
                        )));
                    }
                    Some((Label::Letter(letter), size)) => {
                        return Err(Error::shape(format!(
                            "einsum \"{equation}\": \"{}\" names axes of size {size} and {dim}",
                            *letter as char
                        )));
                    }
                }
            }
        }
        Ok(Sizes(sizes))
    }

    fn of(&self, label: Label) -> usize {
        self.0.iter().find(|(known, _)| *known == label).expect("every label has a size").1
    }
}

impl Term {
    /// Without labels that occur twice: the diagonal of those axes.
    fn diagonal(self) -> Result<Term> {
        let Term { mut tensor, mut labels } = self;
        while let Some((first, second)) = repeated(&labels) {
            let rank = labels.len();
            let mut order: Vec<usize> = (0..rank).filter(|&axis| axis != first && axis != second).collect();
            let kept: Vec<Label> = order.iter().map(|&axis| labels[axis]).collect();
            order.extend([first, second]);
            let n = tensor.shape()[first];
            let moved = movement::transpose(&tensor, &order)?;
            let lead = moved.shape()[..rank - 2].to_vec();
            let flat = movement::reshape_to(&moved, Shape::new(&[&lead[..], &[n * n]].concat())?)?;
            let mut strides = vec![1; rank - 1];
            strides[rank - 2] = n + 1;
            tensor = movement::slice(&flat, &vec![0; rank - 1], &flat.shape(), &strides)?;
            labels = [&kept[..], &[labels[first]]].concat();
        }
        Ok(Term { tensor, labels })
    }

    /// Without axes of one element that others stretch: a product broadcasts along what an operand has not.
    fn squeezed(self, sizes: &Sizes) -> Result<Term> {
        let kept: Vec<usize> =
            (0..self.labels.len()).filter(|&axis| self.tensor.shape()[axis] == sizes.of(self.labels[axis])).collect();
        let dims: Vec<usize> = kept.iter().map(|&axis| self.tensor.shape()[axis]).collect();
        Ok(Term {
            tensor: movement::reshape_to(&self.tensor, Shape::new(&dims)?)?,
            labels: kept.iter().map(|&axis| self.labels[axis]).collect(),
        })
    }

    /// Summed over all labels but `kept`, which are in the term's order.
    fn summed_to(&self, kept: &[Label]) -> Result<Term> {
        let axes: Vec<i64> =
            (0..self.labels.len()).filter(|&axis| !kept.contains(&self.labels[axis])).map(|axis| axis as i64).collect();
        let tensor = if axes.is_empty() { self.tensor.clone() } else { reduce::sum(&self.tensor, &axes, false)? };
        Ok(Term { tensor, labels: kept.to_vec() })
    }

    /// Transposed to a given order of its labels.
    fn ordered(&self, labels: &[Label]) -> Result<Tensor> {
        let axis = |label: &Label| self.labels.iter().position(|own| own == label).expect("an own label");
        movement::transpose(&self.tensor, &labels.iter().map(axis).collect::<Vec<usize>>())
    }

    /// Stretched by axes of one element to `labels`, which include its own.
    fn spread(&self, labels: &[Label]) -> Result<Tensor> {
        let own: Vec<Label> = labels.iter().copied().filter(|label| self.labels.contains(label)).collect();
        let ordered = self.ordered(&own)?;
        let dims: Vec<usize> = labels
            .iter()
            .map(|label| own.iter().position(|o| o == label).map_or(1, |axis| ordered.shape()[axis]))
            .collect();
        movement::reshape_to(&ordered, Shape::new(&dims)?)
    }

    fn dims(&self, labels: &[Label]) -> Vec<usize> {
        let dim = |label: &Label| self.labels.iter().position(|own| own == label).map(|axis| self.tensor.shape()[axis]);
        labels.iter().filter_map(dim).collect()
    }
}

fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|second| labels[..second].iter().position(|l| *l == labels[second]).map(|i| (i, second)))
}

/// The product of two terms, summed over the labels of both that are not kept. All other labels are kept.
fn contract(a: &Term, b: &Term, kept: &dyn Fn(Label) -> bool) -> Result<Term> {
    let shared: Vec<Label> = a.labels.iter().copied().filter(|label| b.labels.contains(label)).collect();
    let (batch, summed): (Vec<Label>, Vec<Label>) = shared.iter().copied().partition(|&label| kept(label));
    let own = |term: &Term| term.labels.iter().copied().filter(|l| !shared.contains(l)).collect::<Vec<Label>>();
    let (rows, columns) = (own(a), own(b));
    let labels = [&batch[..], &rows, &columns].concat();
    if summed.is_empty() || (rows.is_empty() && columns.is_empty()) {
        // Nothing that a matrix product would reuse: an elementwise product, which the engine fuses with its sum.
        let all = [&labels[..], &summed].concat();
        if all.len() > MAX_RANK {
            return Err(Error::shape(format!(
                "einsum: an intermediate result would have {} axes, at most {MAX_RANK} are possible",
                all.len()
            )));
        }
        let product = Term { tensor: elementwise::mul(&a.spread(&all)?, &b.spread(&all)?)?, labels: all };
        return product.summed_to(&labels);
    }
    let lead = a.dims(&batch);
    let flat = |labels: &[Label], term: &Term| term.dims(labels).iter().product::<usize>();
    let (m, k, n) = (flat(&rows, a), flat(&summed, a), flat(&columns, b));
    // One batch axis is as good as many, and leaves room for more labels.
    let count = lead.iter().product::<usize>();
    let matrix = |dims: [usize; 2]| match batch.len() {
        0 => Shape::new(&dims),
        _ => Shape::new(&[count, dims[0], dims[1]]),
    };
    let transposed = follows(a, &batch, &summed, &rows);
    let left = if transposed { [&batch[..], &summed, &rows].concat() } else { [&batch[..], &rows, &summed].concat() };
    let left = movement::reshape_to(&a.ordered(&left)?, matrix(if transposed { [k, m] } else { [m, k] })?)?;
    let swapped = follows(b, &batch, &columns, &summed);
    let right =
        if swapped { [&batch[..], &columns, &summed].concat() } else { [&batch[..], &summed, &columns].concat() };
    let right = movement::reshape_to(&b.ordered(&right)?, matrix(if swapped { [n, k] } else { [k, n] })?)?;
    let product = matmul(&left, &right, transposed, swapped)?;
    let dims = [&lead[..], &a.dims(&rows), &b.dims(&columns)].concat();
    Ok(Term { tensor: movement::reshape_to(&product, Shape::new(&dims)?)?, labels })
}

/// Whether a term's labels lie as `batch`, then `first`, then `second`: then no copy is needed to read it so.
fn follows(term: &Term, batch: &[Label], first: &[Label], second: &[Label]) -> bool {
    term.labels == [batch, first, second].concat()
}
