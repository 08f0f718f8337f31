//! The accounts of memory. Alone in its binary: they are the process's.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hornbeam_engine::arena::{Block, release_cache, set_budget, usage};
use hornbeam_engine::eval;
use hornbeam_engine::graph::{DType, Shape, ops::movement};

/// One test at a time has the accounts.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_refused_block_leaves_the_accounts_as_they_were() {
    let _turn = alone();
    let size = 1 << 16;
    drop(Block::new(size).expect("memory"));
    let (live, cached) = usage();
    assert!(cached >= size, "the block was kept");
    set_budget(live + size / 2);
    for _ in 0..10 {
        assert!(Block::new(size).is_err(), "over the budget");
        assert_eq!(usage(), (live, cached));
    }
    set_budget(usize::MAX);
    let block = Block::new(size).expect("memory");
    assert_eq!(usage(), (live + block.capacity(), cached - block.capacity()), "the cached block is used");
    drop(block);
    assert_eq!(usage(), (live, cached));
    release_cache();
    assert_eq!(usage(), (live, 0));
}

#[test]
fn zeros_are_zeros_in_fresh_and_in_used_memory() {
    let _turn = alone();
    for bytes in [1, 63, 1000, 3 << 20] {
        for turn in ["fresh", "used"] {
            if turn == "fresh" {
                release_cache();
            }
            let mut block = Block::zeroed(bytes).expect("memory");
            assert!(block.bytes(bytes).iter().all(|&byte| byte == 0), "{bytes} bytes, {turn}");
            block.bytes_mut(bytes).fill(7);
        }
    }
    for dtype in [DType::F32, DType::Bf16, DType::I32, DType::U8, DType::Bool] {
        drop(Block::new(40 * dtype.size()).map(|mut block| block.bytes_mut(40 * dtype.size()).fill(7)));
        let of = |value| movement::fill(value, Shape::new(&[5, 8]).expect("a shape"), dtype).expect("a tensor");
        let zeros = eval::read(&of(0.0)).expect("numbers");
        assert!(zeros.bytes().iter().all(|&byte| byte == 0), "{dtype:?}");
        let ones = eval::read(&of(1.0)).expect("numbers");
        assert!(ones.bytes().iter().any(|&byte| byte != 0), "{dtype:?}");
    }
    let negative = eval::read(&movement::fill(-0.0, Shape::new(&[3]).expect("a shape"), DType::F32).expect("a tensor"));
    assert_eq!(negative.expect("numbers").bytes(), [0, 0, 0, 0x80].repeat(3), "a zero keeps its sign");
}
