//! Rewrites of a closed graph that keep its meaning.
