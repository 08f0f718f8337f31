//! The sizes of this machine's caches.

use std::sync::OnceLock;

/// What is assumed where the machine does not say: few have more.
const UNKNOWN: usize = 32 << 20;

/// Bytes of the last cache before memory, as far as one core sees it.
pub fn last_level() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| detect().filter(|&bytes| bytes > 0).unwrap_or(UNKNOWN))
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Option<usize> {
    use std::arch::x86_64::{__cpuid, __cpuid_count};
    // The leaf that lists the caches, of Intel's processors and of AMD's (whose older ones do not have it).
    const TOPOLOGY_EXTENSIONS: u32 = 1 << 22;
    let amd = __cpuid(0x8000_0000).eax >= 0x8000_001d && __cpuid(0x8000_0001).ecx & TOPOLOGY_EXTENSIONS != 0;
    let leaf = match amd {
        true => 0x8000_001d,
        false if __cpuid(0).eax >= 4 => 4,
        false => return None,
    };
    let bytes = (0..16).map(|index| __cpuid_count(leaf, index)).take_while(|cache| cache.eax & 31 != 0).map(|cache| {
        let (ways, partitions, line) = (cache.ebx >> 22, cache.ebx >> 12 & 0x3ff, cache.ebx & 0xfff);
        [ways, partitions, line, cache.ecx].iter().map(|&less_one| less_one as usize + 1).product()
    });
    bytes.max()
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    #[test]
    fn last_level_is_a_size_that_caches_have() {
        let bytes = super::last_level();
        assert!((64 << 10..=4 << 30).contains(&bytes), "{bytes}");
    }
}
