//! A whole training step: same bits for any number of threads, concurrency, failures.

mod common {
    pub mod net;
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::net::{BATCH, CLASSES, Net, SAMPLES};
use hornbeam_engine::graph::ErrorKind;
use hornbeam_engine::pool::Pool;
use hornbeam_engine::runtime::runtime;
use hornbeam_engine::trainer::{Order, predict};
use hornbeam_engine::{eval, trace};

#[test]
fn weights_have_the_same_bits_for_any_number_of_threads() {
    let mut all = Vec::new();
    for threads in [1, 2, 3, 5, 8] {
        runtime().set_threads(threads);
        let net = Net::new(None);
        net.train(3);
        all.push((threads, net.bytes()));
    }
    runtime().set_threads(2);
    for (threads, bytes) in &all[1..] {
        assert!(*bytes == all[0].1, "{threads} threads give other weights than one");
    }
    assert!(all[0].1 != Net::new(None).bytes(), "training changes the weights");
}

#[test]
fn training_lowers_the_loss() {
    let net = Net::new(None);
    let loss = |epochs| {
        let before = read_scalar(&net.loss);
        net.train(epochs);
        read_scalar(&net.loss) - before
    };
    let first = loss(1);
    for _ in 0..30 {
        loss(1);
    }
    let last = loss(1);
    assert!(last < 0.8 * first, "the loss of an epoch went from {first} to {last}");
}

fn read_scalar(variable: &Arc<hornbeam_engine::buffer::Variable>) -> f32 {
    let buffer = eval::read(&trace::read_variable(variable)).expect("a number");
    f32::from_ne_bytes(buffer.bytes().try_into().expect("four bytes"))
}

#[test]
fn predictions_and_reads_work_while_training() {
    let net = Net::new(None);
    let (scores, last) = (net.scores(BATCH), net.scores(SAMPLES % BATCH));
    let trainer = net.trainer();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for epoch in 0..20 {
                trainer.begin_epoch(Order::Shuffle, 1, epoch);
                trainer.run(0..trainer.batches(), false).expect("training works");
            }
            done.store(true, Ordering::SeqCst);
        });
        let mut rounds = 0;
        while !done.load(Ordering::SeqCst) || rounds == 0 {
            let buffers = predict(&scores, Some(&last), SAMPLES, BATCH).expect("predictions work");
            let floats: Vec<f32> =
                buffers[0].bytes().chunks_exact(4).map(|b| f32::from_ne_bytes(b.try_into().expect("four"))).collect();
            for row in floats.chunks_exact(CLASSES) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-4, "a row of probabilities sums to {row:?}");
            }
            net.bytes();
            rounds += 1;
        }
    });
}

#[test]
fn a_read_is_a_snapshot() {
    let net = Net::new(None);
    let before = eval::read(&trace::read_variable(&net.weights[0])).expect("numbers");
    let copy = before.bytes().to_vec();
    net.train(1);
    assert_eq!(before.bytes(), copy, "what was read stays as it was");
    assert_ne!(net.bytes()[0], copy, "and the variable went on");
}

#[test]
fn two_trainings_at_once_are_as_one_after_the_other() {
    let alone = Net::new(None);
    alone.train(4);
    let (first, second) = (Net::new(None), Net::new(None));
    std::thread::scope(|scope| {
        scope.spawn(|| first.train(4));
        scope.spawn(|| second.train(4));
    });
    assert!(first.bytes() == alone.bytes());
    assert!(second.bytes() == alone.bytes());
}

#[test]
fn a_bad_label_names_the_sample_and_leaves_the_weights_of_the_step_before() {
    let bad = 3 * BATCH + 5;
    let net = Net::new(Some(bad));
    let trainer = net.trainer();
    trainer.begin_epoch(Order::Sequential, 0, 0);
    trainer.run(0..3, false).expect("the first batches are good");
    let before = net.bytes();
    let error = trainer.run(3..trainer.batches(), false).expect_err("a label is out of range");
    assert_eq!(error.kind, ErrorKind::Data);
    assert!(error.message.contains(&format!("sample {bad}")), "{}", error.message);
    assert!(error.message.contains("label 99 is out of range"), "{}", error.message);
    assert!(net.bytes() == before, "the failed step wrote no weight");
    trainer.begin_epoch(Order::Sequential, 0, 0);
    trainer.run(0..3, false).expect("the trainer works on");
}

#[test]
fn stopping_ends_after_the_batch() {
    let net = Net::new(None);
    let trainer = net.trainer();
    trainer.begin_epoch(Order::Sequential, 0, 0);
    trainer.stop();
    assert_eq!(trainer.run(0..trainer.batches(), false).expect("stopped, not failed"), 0);
    trainer.begin_epoch(Order::Sequential, 0, 0);
    assert_eq!(trainer.run(0..2, false).expect("goes on"), 2);
    assert_eq!(trainer.progress().batches, 2);
}

#[test]
fn a_panic_in_a_worker_reaches_the_caller_and_the_pool_works_on() {
    let pool = Pool::new(3);
    for round in 0..50 {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            pool.run(64, |_, task| assert!(task != 40, "task {task} of round {round}"));
        }));
        let payload = caught.expect_err("the panic comes out of run");
        let text = payload.downcast_ref::<String>().expect("a message");
        assert!(text.contains("task 40"), "{text}");
        let sum = std::sync::atomic::AtomicUsize::new(0);
        pool.run(100, |_, task| {
            sum.fetch_add(task, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 4950);
    }
}

#[test]
fn packed_copies_follow_their_variables() {
    let (net, other) = (Net::new(None), Net::new(None));
    let scores = |net: &Net, program: &hornbeam_engine::program::Program| {
        let last = net.scores(SAMPLES % BATCH);
        predict(program, Some(&last), SAMPLES, BATCH).expect("predictions work")[0].bytes().to_vec()
    };
    let (program, others) = (net.scores(BATCH), other.scores(BATCH));
    let before = scores(&net, &program);
    assert!(scores(&net, &program) == before, "kept copies give the same");
    net.train(1);
    let after = scores(&net, &program);
    assert!(after != before, "training changes the predictions");
    for (to, from) in other.weights.iter().zip(&net.weights) {
        trace::assign_variable(to, &trace::read_variable(from)).expect("the same type");
    }
    assert!(scores(&other, &others) == after, "assigned weights predict the same, so their packed copies are theirs");
}

#[test]
fn all_batches_of_a_prediction_see_the_same_weights() {
    use hornbeam_engine::buffer::{Buffer, Variable};
    use hornbeam_engine::graph::ops::{elementwise, movement};
    use hornbeam_engine::graph::{DType, Shape, Tensor, TensorType};
    use hornbeam_engine::runtime::Priority;

    let ty = TensorType::scalar(DType::F32);
    let weight = Variable::new("weight", Arc::new(Buffer::from_bytes(ty, &[0; 4]).expect("memory")));
    trace::begin("predict");
    let indices = Tensor::param(TensorType::new(Shape::new(&[10]).expect("a shape"), DType::I32));
    let zeros = elementwise::cast(&indices, DType::F32).and_then(|x| elementwise::scale(&x, 0.0)).expect("floats");
    let rows = elementwise::add(&zeros, &trace::read_variable(&weight)).expect("floats");
    let program = trace::compile(&[indices], &[rows], &[true]).expect("compiles");
    trace::begin("train");
    let one = movement::scalar(1.0, DType::F32).expect("a scalar");
    let next = elementwise::add(&trace::read_variable(&weight), &one).expect("floats");
    trace::assign_variable(&weight, &next).expect("the same type");
    let step = trace::compile(&[], &[], &[]).expect("compiles");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                step.run(&[], Priority::Training).expect("training works");
            }
        });
        // The other thread may come late: without a step of its own, nothing is shown.
        let mut predictions = 0;
        while predictions < 50 || weight.version() == 0 {
            predictions += 1;
            let buffers = predict(&program, None, 1000, 10).expect("predictions work");
            let first = &buffers[0].bytes()[..4];
            assert!(buffers[0].bytes().chunks_exact(4).all(|row| row == first), "batches saw different weights");
        }
        done.store(true, Ordering::SeqCst);
    });
}
