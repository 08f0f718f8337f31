//! Errors, sorted by what a user would do about them.

use std::fmt;

/// What kind of mistake an [`Error`] reports; each becomes a JavaScript class of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Shapes, axes or dtypes that do not fit an operation.
    Shape,
    /// An option outside its allowed values.
    Config,
    /// A call that is right, at the wrong time (a disposed tensor, numbers asked for inside a trace).
    State,
    /// Data that break a rule (a label out of range).
    Data,
    /// The native side failed: out of memory, a panic.
    Native,
}

/// A failed call: its kind and a sentence that says where, the rule, what was received and the likely fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of mistake it is.
    pub kind: ErrorKind,
    /// The sentence shown to the user.
    pub message: String,
}

/// `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A [`ErrorKind::Shape`] error.
    pub fn shape(message: impl Into<String>) -> Error {
        Error { kind: ErrorKind::Shape, message: message.into() }
    }

    /// A [`ErrorKind::Config`] error.
    pub fn config(message: impl Into<String>) -> Error {
        Error { kind: ErrorKind::Config, message: message.into() }
    }

    /// A [`ErrorKind::State`] error.
    pub fn state(message: impl Into<String>) -> Error {
        Error { kind: ErrorKind::State, message: message.into() }
    }

    /// A [`ErrorKind::Data`] error.
    pub fn data(message: impl Into<String>) -> Error {
        Error { kind: ErrorKind::Data, message: message.into() }
    }

    /// A [`ErrorKind::Native`] error.
    pub fn native(message: impl Into<String>) -> Error {
        Error { kind: ErrorKind::Native, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
