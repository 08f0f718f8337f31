//! napi-rs binding.
