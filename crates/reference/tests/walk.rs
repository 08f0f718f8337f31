//! The walk over the table of operations: what every operation says of itself, checked on its own cases.

mod common;

use std::collections::HashMap;

use common::{assert_near, check_differences, close, floats, operands, run, types};
use hornbeam_graph::cases::Case;
use hornbeam_graph::ops::{all_cases, elementwise, movement, reduce};
use hornbeam_graph::{Op, Tensor, gradients};
use hornbeam_reference::{Value, apply, evaluate};

/// Operations whose many code paths ask for more cases than the usual eight.
const THIRTY: [&str; 16] = [
    "MatMul",
    "Conv2D",
    "Conv2DInputGrad",
    "Conv2DFilterGrad",
    "MaxPool2D",
    "MaxPool2DGrad",
    "MaxPool2DGather",
    "AvgPool2D",
    "AvgPool2DGrad",
    "Gather",
    "Scatter",
    "Sort",
    "Cumulative",
    "Reduce",
    "Pad",
    "Concat",
];

fn title(case: &Case, position: usize) -> String {
    let shapes: Vec<String> = types(&case.inputs).iter().map(|ty| ty.to_string()).collect();
    let attributes = match case.op() {
        Some(Op::Scan(_) | Op::Cond(_) | Op::While(_)) => case.name().to_string(),
        _ => format!("{:?}", case.subject),
    };
    format!("case {position}: {attributes} of ({})", shapes.join(", "))
}

#[test]
fn every_operation_has_cases() {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for op in all_cases().iter().filter_map(Case::op) {
        *count.entry(op.variant()).or_default() += 1;
    }
    for variant in Op::VARIANTS {
        let least = if THIRTY.contains(variant) { 30 } else { 8 };
        let found = count.get(variant).copied().unwrap_or(0);
        assert!(found >= least, "{variant} has {found} test cases, the table asks for {least}");
    }
    let total = all_cases().len();
    println!("{total} cases");
    assert!(total >= 1500, "{total} cases");
}

#[test]
fn every_case_fits_its_shape_rule() {
    for (position, case) in all_cases().iter().enumerate() {
        let Some(op) = case.op() else { continue };
        let what = title(case, position);
        let inferred = op.infer(&types(&case.inputs)).unwrap_or_else(|error| panic!("{what}: {error}"));
        let values = operands(case, position);
        let inputs: Vec<&Value> = values.iter().collect();
        let outputs = apply(op, &inputs, &inferred).unwrap_or_else(|error| panic!("{what}: {error}"));
        let found: Vec<_> = outputs.iter().map(|value| value.ty).collect();
        assert_eq!(found, inferred, "{what}");
        let _ = op.flops(&types(&case.inputs), &inferred);
    }
}

/// An operation too few (or too many) operands is an error, not a panic.
#[test]
fn wrong_numbers_of_operands_are_errors() {
    for (position, case) in all_cases().iter().enumerate() {
        let Some(op) = case.op() else { continue };
        let mut given = types(&case.inputs);
        if given.pop().is_some() && !matches!(op, Op::Concat(_)) {
            assert!(op.infer(&given).is_err(), "{} without its last operand", title(case, position));
        }
        let mut given = types(&case.inputs);
        given.extend(
            [given.first().copied().unwrap_or(hornbeam_graph::TensorType::scalar(hornbeam_graph::DType::I8)); 2],
        );
        if !matches!(op, Op::Concat(_)) {
            assert!(op.infer(&given).is_err(), "{} with operands too many", title(case, position));
        }
    }
}

#[test]
fn decomposed_operations_equal_the_fused_ones() {
    let mut fused = 0;
    for (position, case) in all_cases().iter().enumerate() {
        let params: Vec<Tensor> = types(&case.inputs).into_iter().map(Tensor::param).collect();
        let Some(primitives) = case.op().and_then(|op| op.decompose(&params)) else { continue };
        let what = title(case, position);
        let args = operands(case, position);
        let expected = run(&case.build(&params).unwrap(), &params, &args);
        assert_near(&what, &run(&primitives.unwrap(), &params, &args), &expected, 1e-9, 1e-9);
        fused += 1;
    }
    assert!(fused >= 24);
}

/// A case as a scalar function: cotangents are parameters after the operands.
struct Scalar {
    params: Vec<Tensor>,
    args: Vec<Value>,
    loss: Tensor,
}

/// `sum_i <cotangent_i, output_i>` over the floating outputs of a case.
fn scalar_of(case: &Case, position: usize) -> Scalar {
    let mut params: Vec<Tensor> = types(&case.inputs).into_iter().map(Tensor::param).collect();
    let mut args = operands(case, position);
    let outputs = case.build(&params).unwrap();
    let mut loss = movement::scalar(0.0, hornbeam_graph::DType::F32).unwrap();
    for (i, output) in outputs.iter().filter(|t| t.dtype().is_float()).enumerate() {
        let cotangent = Tensor::param(output.ty());
        args.push(floats(&output.shape(), (position * 64 + 32 + i) as u64));
        let product = elementwise::mul(&cotangent, output).unwrap();
        loss = elementwise::add(&loss, &reduce::sum_all(&product).unwrap()).unwrap();
        params.push(cotangent);
    }
    Scalar { params, args, loss }
}

impl Scalar {
    /// The gradient with respect to every parameter: zeros where nothing flows, `None` where it is not floating.
    fn gradient(&self) -> Vec<Option<Tensor>> {
        let found = gradients(std::slice::from_ref(&self.loss), &[None], &self.params).unwrap();
        let filled = self.params.iter().zip(found).map(|(param, gradient)| {
            let zeros = || movement::fill(0.0, param.shape(), param.dtype()).unwrap();
            param.dtype().is_float().then(|| gradient.unwrap_or_else(zeros))
        });
        filled.collect()
    }

    /// Checks the gradient against differences; gives it back.
    fn check(&self, what: &str, most: usize) -> Vec<Option<Tensor>> {
        let gradient = self.gradient();
        let there: Vec<Tensor> = gradient.iter().flatten().cloned().collect();
        let mut numbers = run(&there, &self.params, &self.args).into_iter();
        let values: Vec<Option<Value>> = gradient.iter().map(|g| g.as_ref().and_then(|_| numbers.next())).collect();
        let function = close(std::slice::from_ref(&self.loss), &self.params);
        check_differences(what, &self.args, &values, most, |args| evaluate(&function, args).unwrap()[0].data[0]);
        gradient
    }
}

#[test]
fn gradients_equal_central_differences() {
    let mut checked: HashMap<&str, usize> = HashMap::new();
    for (position, case) in all_cases().iter().enumerate().filter(|(_, case)| case.gradient) {
        scalar_of(case, position).check(&title(case, position), 8);
        *checked.entry(case.op().map_or("composed", Op::variant)).or_default() += 1;
    }
    let without = [
        "Constant",
        "Iota",
        "StopGradient",
        "ArgReduce",
        "Random",
        "Sample",
        "While",
        "SearchSorted",
        "RavelIndex",
        "CustomGradient",
    ];
    for variant in Op::VARIANTS.iter().filter(|variant| !without.contains(variant)) {
        assert!(checked.contains_key(variant), "no case checks the gradient of {variant}");
    }
}

#[test]
fn gradients_of_gradients_equal_central_differences() {
    for (position, case) in all_cases().iter().enumerate().filter(|(_, case)| case.gradient) {
        let size: usize = types(&case.inputs).iter().map(|ty| ty.shape.size()).sum();
        if size > 80 {
            continue;
        }
        let first = scalar_of(case, position);
        let mut second = Scalar { params: first.params.clone(), args: first.args.clone(), loss: first.loss.clone() };
        let mut loss = movement::scalar(0.0, hornbeam_graph::DType::F32).unwrap();
        for (i, gradient) in first.gradient().into_iter().flatten().enumerate() {
            let weight = Tensor::param(gradient.ty());
            second.args.push(floats(&gradient.shape(), (position * 64 + 48 + i) as u64));
            let product = elementwise::mul(&weight, &gradient).unwrap();
            loss = elementwise::add(&loss, &reduce::sum_all(&product).unwrap()).unwrap();
            second.params.push(weight);
        }
        second.loss = loss;
        second.check(&format!("second derivative, {}", title(case, position)), 4);
    }
}
