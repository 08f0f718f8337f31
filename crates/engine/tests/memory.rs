//! The accounts of memory. Alone in its binary: they are the process's.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hornbeam_engine::arena::{Block, release_cache, set_budget, stagger, usage};
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

#[test]
fn blocks_that_follow_each_other_begin_at_other_places_of_a_page() {
    let _turn = alone();
    let apart = |a: usize, b: usize| (a % 4096).abs_diff(b % 4096).min(4096 - (a % 4096).abs_diff(b % 4096));
    for bytes in [32 << 10, 40_000, 200_000, 1_605_632, 5 << 20] {
        release_cache();
        let blocks: Vec<Block> = (0..5).map(|_| Block::new(bytes).expect("memory")).collect();
        let addresses: Vec<usize> = blocks.iter().map(Block::address).collect();
        for (i, &address) in addresses.iter().enumerate() {
            assert_eq!(address % 64, 0, "blocks begin at cache lines");
            // Sanitizers want blocks as the allocator gives them.
            let near = addresses[..i].iter().find(|&&other| apart(address, other) < 12 * 64);
            assert!(near.is_none() || cfg!(hornbeam_strict_memory), "{bytes} bytes: {addresses:x?}");
        }
        // What shares a place in a page lies in another one, of as many as a block is large enough for.
        let places: Vec<usize> = (0..40).map(|i| stagger(i, bytes)).collect();
        assert!(places.iter().all(|&place| place.is_multiple_of(64) && place <= bytes / 16 + 4096), "{places:?}");
        if bytes >= 1 << 20 && !cfg!(hornbeam_strict_memory) {
            assert!((1..40).all(|i| !places[..i].contains(&places[i])), "{places:?}");
        }
    }
    assert_eq!([stagger(3, 100), stagger(7, 30_000)], [0, 0], "small ones lie as they come");
}
