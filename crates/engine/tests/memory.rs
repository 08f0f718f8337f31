//! The accounts of memory. Alone in its binary: they are the process's.

use hornbeam_engine::arena::{Block, release_cache, set_budget, usage};

#[test]
fn a_refused_block_leaves_the_accounts_as_they_were() {
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
