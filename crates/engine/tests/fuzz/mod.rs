//! What the differential tests share: seeded choices, random graphs, and a judge that knows how exact a result can be.
#![allow(dead_code, unused_imports, reason = "every test binary uses a part")]

mod choices;
mod grow;
mod hazards;
mod judge;
mod mix;
mod windows;

pub use choices::Choices;
pub use grow::{Made, make};
pub use hazards::hazards;
pub use judge::{Judge, close};
