//! The table of tensors that JavaScript holds.
//!
//! JavaScript names a tensor by a number, the index of its slot here. A number crosses the border for a tenth of what an object with a
//! finalizer costs. What keeps a slot is a JavaScript object of its *group*: small tensors made one after another share one (every handle
//! refers to it), a large tensor has a group of its own (its handle). The table has a weak reference to each group's object, and frees the slots
//! of those that the garbage collector took. It looks after so and so many new tensors or bytes, so a synchronous loop, in which no finalizer
//! would run, does not pile up memory.
//!
//! A slot is used again only when its group is gone: a number that somebody still has never names another tensor.
//!
//! A thread may have several environments of Node-API: each time the addon is loaded anew (its entry of `require.cache` was deleted)
//! there is one more. They share the table, and `ts/native-face.ts` shares its handles ([`crate::environments`]). A reference belongs to
//! the environment that made it, so each group knows its own.

use std::cell::{Cell, RefCell, UnsafeCell};

use hornbeam_engine::graph::{DType, Recording, Tensor, TensorType};
use napi::bindgen_prelude::{FromNapiRef, FromNapiValue, Object, ToNapiValue, TypeName, ValidateNapiValue};
use napi::{Env, JsValue, Status, ValueType, check_status, sys};

use crate::error::{Result, state};

/// Tensors from this size on have a group of their own and are reported to V8.
const LARGE: usize = 1024;
/// After so many new tensors (or as many as were left by the last look), and after so many new bytes, the table looks which groups are gone.
const LOOK_AFTER: usize = 2048;
const LOOK_AFTER_BYTES: usize = 32 << 20;
/// A look costs some 50 ns a group: less than a twentieth of what writing so many bytes does.
const BYTES_A_GROUP: usize = 8 << 10;

/// A handle on one output of a node of the graph.
///
/// A call has its arguments by reference while the rest of them are converted, which may run JavaScript (a getter in a list) that disposes
/// them: so nothing here is ever borrowed mutably.
pub struct NativeTensor {
    tensor: UnsafeCell<Option<Tensor>>,
    /// Stays known after `dispose`.
    ty: Cell<TensorType>,
    /// Bytes reported to V8.
    reported: Cell<i64>,
    /// Counts as a holder of the node.
    holds: Cell<bool>,
}

/// Many handles, as operations take them.
pub type Handles = Vec<Handle>;

/// One handle of [`Handles`].
#[derive(Clone, Copy)]
pub struct Handle(&'static NativeTensor);

/// A result named by one number: its slot times 8 plus the place of its dtype in [`DTYPES`]; negative if the caller has to give the handle
/// a group of its own ([`own_group`]).
pub struct Numbered(pub NativeTensor);

struct Group {
    env: sys::napi_env,
    reference: sys::napi_ref,
    slots: Vec<u32>,
}

#[derive(Default)]
struct Table {
    /// Slot 0 stays empty: a number has a sign. Each slot has an address of its own, which stays.
    slots: Vec<&'static NativeTensor>,
    free: Vec<u32>,
    groups: Vec<Option<Group>>,
    free_groups: Vec<usize>,
    open: usize,
    live: usize,
    /// Tensors and bytes made since the last look, and the tensors that it left.
    made: usize,
    made_bytes: usize,
    left: usize,
    constructor: Option<(sys::napi_env, sys::napi_ref)>,
}

impl Drop for Table {
    /// The thread of a worker ends: what its script held goes with it.
    fn drop(&mut self) {
        for slot in self.slots.drain(..) {
            // SAFETY: leaked by `insert`; its thread is over, so no call has it and nobody can name it any more.
            drop(unsafe { Box::from_raw(std::ptr::from_ref(slot).cast_mut()) });
        }
    }
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

impl NativeTensor {
    /// A handle on `tensor`, not yet in the table.
    pub fn new(tensor: Tensor) -> NativeTensor {
        // What a recorded function makes on its way is needed once, for the gradient: held or not, that is one program.
        let holds = !Recording::is_on();
        if holds {
            tensor.node().hold();
        }
        let bytes = tensor.ty().bytes();
        let reported = if bytes >= LARGE && tensor.node().scope() == 0 { bytes as i64 } else { 0 };
        NativeTensor {
            ty: Cell::new(tensor.ty()),
            tensor: UnsafeCell::new(Some(tensor)),
            reported: Cell::new(reported),
            holds: Cell::new(holds),
        }
    }

    /// What a slot without a tensor holds.
    fn nothing() -> NativeTensor {
        let ty = Cell::new(TensorType::scalar(DType::F32));
        NativeTensor { tensor: UnsafeCell::new(None), ty, reported: Cell::new(0), holds: Cell::new(false) }
    }

    /// Takes another's place: the slot is used again.
    fn become_of(&self, other: NativeTensor) {
        self.ty.set(other.ty.get());
        self.reported.set(other.reported.get());
        self.holds.set(other.holds.get());
        // SAFETY: called between a call's arguments and its body's end only, when no `get` of this slot is in use (see there).
        unsafe { *self.tensor.get() = other.tensor.into_inner() };
    }

    /// The tensor behind the handle.
    ///
    /// # Errors
    /// State: disposed.
    pub fn get(&self) -> Result<&Tensor> {
        // SAFETY: only `release` and `become_of` write. They run in calls from JavaScript that begin while another's arguments are
        // converted, before its body asks here, and when a result goes to JavaScript, after its last use. No body calls JavaScript.
        unsafe { &*self.tensor.get() }
            .as_ref()
            .ok_or_else(|| state("the tensor is disposed: its memory was given back, so it cannot be used any more"))
    }

    /// Shape and element type, also after `dispose`.
    pub fn ty(&self) -> TensorType {
        self.ty.get()
    }

    /// Lets go of the tensor; gives it back with the bytes that were reported.
    fn release(&self) -> (Option<Tensor>, i64) {
        // SAFETY: no `get` of this slot is in use (see there), and no reference to the place is made but for this statement.
        let tensor = unsafe { (*self.tensor.get()).take() };
        if let (Some(tensor), true) = (&tensor, self.holds.get()) {
            tensor.node().release();
        }
        (tensor, self.reported.take())
    }
}

impl Handle {
    /// The tensor behind the handle.
    ///
    /// # Errors
    /// State: disposed.
    pub fn get(&self) -> Result<&Tensor> {
        self.0.get()
    }
}

impl Table {
    fn slot(&self, number: u32) -> Option<&'static NativeTensor> {
        self.slots.get(number as usize).copied()
    }

    fn insert(&mut self, handle: NativeTensor, group: Option<usize>) -> u32 {
        if self.slots.is_empty() {
            self.slots.push(Box::leak(Box::new(NativeTensor::nothing())));
        }
        self.live += 1;
        self.made += 1;
        self.made_bytes += handle.reported.get() as usize;
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize].become_of(handle);
                number
            }
            None => {
                self.slots.push(Box::leak(Box::new(handle)));
                (self.slots.len() - 1) as u32
            }
        };
        if let Some(Some(group)) = group.map(|at| &mut self.groups[at]) {
            group.slots.push(number);
        }
        number
    }

    fn add_group(&mut self, env: sys::napi_env, reference: sys::napi_ref, slots: Vec<u32>) -> usize {
        let group = Some(Group { env, reference, slots });
        match self.free_groups.pop() {
            Some(at) => {
                self.groups[at] = group;
                at
            }
            None => {
                self.groups.push(group);
                self.groups.len() - 1
            }
        }
    }

    /// Empties the slots of group `at`, whose object is gone; what they held goes to `dead`. Gives the bytes that were reported.
    fn free_group(&mut self, at: usize, dead: &mut Vec<Tensor>) -> i64 {
        let Some(Group { env, reference, slots }) = self.groups[at].take() else { return 0 };
        // SAFETY: a reference of that environment, which is still there, and which is forgotten here.
        unsafe { sys::napi_delete_reference(env, reference) };
        let mut reported = 0;
        for number in slots {
            let (tensor, bytes) = self.slots[number as usize].release();
            self.live -= usize::from(tensor.is_some());
            dead.extend(tensor);
            reported += bytes;
            self.free.push(number);
        }
        self.free_groups.push(at);
        reported
    }
}

/// The tensor of slot `number`.
fn find(number: u32) -> napi::Result<&'static NativeTensor> {
    TABLE
        .with_borrow(|table| table.slot(number))
        .ok_or_else(|| napi::Error::new(Status::InvalidArg, format!("no tensor has number {number}")))
}

/// Gives slot `number` back; its numbers may stay for others who hold the node.
pub fn dispose(env: Env, number: u32) {
    let released = TABLE.with_borrow_mut(|table| {
        let released = table.slot(number)?.release();
        table.live -= usize::from(released.0.is_some());
        Some(released)
    });
    if let Some((_tensor, reported)) = released
        && reported > 0
    {
        // Only a hint to the garbage collector.
        let _ = env.adjust_external_memory(-reported);
    }
}

/// Number of tensors that JavaScript holds, on this thread.
pub fn live() -> usize {
    TABLE.with_borrow(|table| table.live)
}

/// Opens a group for the tensors made from now on: they stay as long as `object` does.
pub fn open_group(env: Env, object: Object) -> napi::Result<()> {
    let reference = weak(env.raw(), object.raw())?;
    TABLE.with_borrow_mut(|table| table.open = table.add_group(env.raw(), reference, Vec::new()));
    Ok(())
}

/// Gives slot `number` a group of its own, which lives as long as `object`.
pub fn own_group(env: Env, object: Object, number: u32) -> napi::Result<()> {
    let reference = weak(env.raw(), object.raw())?;
    TABLE.with_borrow_mut(|table| table.add_group(env.raw(), reference, vec![number]));
    Ok(())
}

/// Says how handles are made for results that are not returned by number.
pub fn set_constructor(env: Env, constructor: Object) -> napi::Result<()> {
    let mut reference = std::ptr::null_mut();
    // SAFETY: a live value of this environment; the reference lives as long as the environment.
    check_status!(unsafe { sys::napi_create_reference(env.raw(), constructor.raw(), 1, &mut reference) })?;
    TABLE.with_borrow_mut(|table| table.constructor = Some((env.raw(), reference)));
    Ok(())
}

fn weak(env: sys::napi_env, value: sys::napi_value) -> napi::Result<sys::napi_ref> {
    let mut reference = std::ptr::null_mut();
    // SAFETY: a live value of this environment.
    check_status!(unsafe { sys::napi_create_reference(env, value, 0, &mut reference) })?;
    Ok(reference)
}

/// Frees the slots of the groups that the garbage collector took.
pub fn look(env: Env) {
    let raw = env.raw();
    let (dead, reported) = TABLE.with_borrow_mut(|table| {
        (table.made, table.made_bytes) = (0, 0);
        let mut dead = Vec::new();
        let mut reported = 0;
        for first in (0..table.groups.len()).step_by(256) {
            let mut scope = std::ptr::null_mut();
            // SAFETY: called from JavaScript, so a scope can be opened; closed below.
            unsafe { sys::napi_open_handle_scope(raw, &mut scope) };
            for at in first..(first + 256).min(table.groups.len()) {
                let Some(group) = &table.groups[at] else { continue };
                let mut value = std::ptr::null_mut();
                // SAFETY: a reference of that environment that was not deleted yet.
                let status = unsafe { sys::napi_get_reference_value(group.env, group.reference, &mut value) };
                if status == sys::Status::napi_ok && value.is_null() && at != table.open {
                    reported += table.free_group(at, &mut dead);
                }
            }
            // SAFETY: the scope opened above.
            unsafe { sys::napi_close_handle_scope(raw, scope) };
        }
        table.left = table.live;
        (dead, reported)
    });
    drop(dead);
    if reported > 0 {
        let _ = env.adjust_external_memory(-reported);
    }
}

/// Environment `env` ends: no script of its can name a tensor any more, and its references end with it.
pub fn forget(env: sys::napi_env) {
    let dead = TABLE.try_with(|table| {
        let (mut table, mut dead) = (table.borrow_mut(), Vec::new());
        for at in 0..table.groups.len() {
            if table.groups[at].as_ref().is_some_and(|group| group.env == env) {
                table.free_group(at, &mut dead);
            }
        }
        table.constructor = table.constructor.filter(|&(owner, _)| owner != env);
        dead
    });
    drop(dead);
}

/// The element types as numbers tell them.
pub const DTYPES: [DType; 7] = [DType::F32, DType::I32, DType::Bool, DType::U8, DType::I8, DType::Bf16, DType::F16];

/// Puts a handle into the table: into the open group, or into none if it is large. Gives its slot, whether it is large, and the
/// number that JavaScript gets.
fn insert(env: sys::napi_env, handle: NativeTensor) -> (u32, bool, f64) {
    let bytes = handle.reported.get();
    let own = handle.ty().dtype;
    let dtype = DTYPES.iter().position(|&dtype| dtype == own).expect("all dtypes are listed");
    let is_large = bytes > 0;
    if is_large {
        let _ = Env::from_raw(env).adjust_external_memory(bytes);
    }
    let (number, full) = TABLE.with_borrow_mut(|table| {
        let group = (!is_large).then_some(table.open);
        let number = table.insert(handle, group);
        let groups = table.groups.len() - table.free_groups.len();
        let bytes = LOOK_AFTER_BYTES.max(groups * BYTES_A_GROUP);
        (number, table.made >= LOOK_AFTER.max(table.left) || table.made_bytes >= bytes)
    });
    // The new one is in no group yet, or in the open one: neither is looked at.
    if full {
        look(Env::from_raw(env));
    }
    let told = f64::from(number) * 8.0 + dtype as f64;
    (number, is_large, if is_large { -told } else { told })
}

impl ToNapiValue for NativeTensor {
    unsafe fn to_napi_value(env: sys::napi_env, handle: NativeTensor) -> napi::Result<sys::napi_value> {
        let (number, is_large, told) = insert(env, handle);
        let (owner, constructor) = TABLE.with_borrow(|table| table.constructor).ok_or_else(|| {
            napi::Error::new(Status::GenericFailure, "the addon is not set up: setHandleClass was not called")
        })?;
        let (mut class, mut argument, mut object) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: the environment that the constructor's reference belongs to, then the one of this call.
        unsafe {
            check_status!(sys::napi_get_reference_value(owner, constructor, &mut class))?;
            check_status!(sys::napi_create_double(env, told, &mut argument))?;
            check_status!(sys::napi_new_instance(env, class, 1, &argument, &mut object))?;
        }
        if is_large {
            let reference = weak(env, object)?;
            TABLE.with_borrow_mut(|table| table.add_group(env, reference, vec![number]));
        }
        Ok(object)
    }
}

impl ToNapiValue for Numbered {
    unsafe fn to_napi_value(env: sys::napi_env, Numbered(handle): Numbered) -> napi::Result<sys::napi_value> {
        // SAFETY: handed through.
        unsafe { f64::to_napi_value(env, insert(env, handle).2) }
    }
}

impl FromNapiRef for NativeTensor {
    unsafe fn from_napi_ref(env: sys::napi_env, value: sys::napi_value) -> napi::Result<&'static NativeTensor> {
        // SAFETY: handed through.
        find(unsafe { u32::from_napi_value(env, value) }?)
    }
}

impl FromNapiValue for Handle {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Handle> {
        // SAFETY: handed through.
        Ok(Handle(find(unsafe { u32::from_napi_value(env, value) }?)?))
    }
}

macro_rules! named {
    ($($type:ty),*) => {
        $(impl TypeName for $type {
            fn type_name() -> &'static str {
                "NativeTensor"
            }
            fn value_type() -> ValueType {
                ValueType::Number
            }
        }
        impl ValidateNapiValue for $type {})*
    };
}
named!(NativeTensor, Handle, Numbered);
