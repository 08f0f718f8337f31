//! Environments of Node-API. A thread has one for each time that it loads the addon: a script that deletes the addon's entry of
//! `require.cache` and requires it again gets new exports of a new environment. (A loader that gives every script modules of its own, as
//! test runners do, usually keeps addons for all of them.)
//!
//! All loads of a thread use the exports of its first: tensors are the thread's ([`crate::handles`]), napi-rs keeps one set of classes a
//! thread, that of the last load, and the lists of [`crate::convert`] lie in one place. So `ts/native-face.ts` asks for the first
//! load's exports, where it keeps what makes handles.

use std::cell::RefCell;

use napi::bindgen_prelude::{Object, ObjectRef};
use napi::{Env, Error, Status, sys};
use napi_derive::napi;

use crate::{convert, handles};

/// The exports of a thread's first load, which are never let go of while their environment is there.
struct First {
    env: sys::napi_env,
    exports: ObjectRef<false>,
}

thread_local! {
    static FIRST: RefCell<Option<First>> = const { RefCell::new(None) };
}

/// Notes that `env` loaded the addon.
pub fn enter(env: Env, exports: Object) -> napi::Result<()> {
    let raw = env.raw();
    FIRST.with_borrow_mut(|first| -> napi::Result<()> {
        if first.is_none() {
            *first = Some(First { env: raw, exports: exports.create_ref()? });
        }
        Ok(())
    })?;
    env.add_env_cleanup_hook(raw, leave)?;
    Ok(())
}

/// A thread may outlive its environments (a page of Electron that is loaded anew): nothing of theirs is left.
fn leave(env: sys::napi_env) {
    let _ = FIRST.try_with(|first| {
        // The reference itself ends with its environment.
        first.borrow_mut().take_if(|first| first.env == env);
    });
    handles::forget(env);
    convert::forget_parameters(env);
}

/// The exports of this thread's first load: these, unless the addon was loaded before.
#[napi(catch_unwind, ts_return_type = "object")]
pub fn first_exports<'env>(env: &'env Env) -> napi::Result<Object<'env>> {
    FIRST.with_borrow(|first| match first {
        Some(first) => first.exports.get_value(env),
        None => Err(Error::new(Status::GenericFailure, "the addon's environment has ended")),
    })
}
