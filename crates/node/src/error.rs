//! Errors on their way to JavaScript: the kind becomes the error's `code`, from which `ts/native.ts` makes the class.

use hornbeam_engine::graph::{Error, ErrorKind};

/// The `code` of a thrown error.
#[derive(Clone, Copy, Debug)]
pub struct Code(ErrorKind);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        match self.0 {
            ErrorKind::Shape => "ShapeError",
            ErrorKind::Config => "ConfigError",
            ErrorKind::State => "StateError",
            ErrorKind::Data => "DataError",
            ErrorKind::Native => "NativeError",
        }
    }
}

/// What exported functions return.
pub type Result<T> = napi::Result<T, Code>;

/// An engine error for JavaScript.
pub fn thrown(error: Error) -> napi::Error<Code> {
    napi::Error::new(Code(error.kind), error.message)
}

/// An engine error for a promise: rejections carry a plain status, so the code is written before the message and taken off again by
/// `ts/native.ts`.
pub fn rejected(error: &Error) -> napi::Error {
    napi::Error::from_reason(format!("{}\u{1f}{}", Code(error.kind).as_ref(), error.message))
}

/// A [`ErrorKind::State`] error for JavaScript.
pub fn state(message: &str) -> napi::Error<Code> {
    thrown(Error::state(message))
}
