//! Numbers across the border: typed arrays in (copied on the JavaScript thread, before any other thread can see them), typed arrays
//! out.

use std::cell::Cell;
use std::sync::Arc;

use hornbeam_engine::buffer::Buffer;
use hornbeam_engine::graph::{DType, Error, Result, Shape, TensorType};
use napi::bindgen_prelude::{FromNapiValue, ToNapiValue, TypeName, Uint8ArraySlice, ValidateNapiValue};
use napi::{ValueType, check_status, sys};

thread_local! {
    /// Where JavaScript writes lists of numbers for the operations that are made most often: reading an array element by element costs more
    /// than such an operation itself.
    static PARAMETERS: Cell<Parameters> = const { Cell::new(Parameters::NONE) };
}

/// Memory of a Float64Array that `env` keeps.
#[derive(Clone, Copy)]
struct Parameters {
    env: sys::napi_env,
    data: *const f64,
    len: usize,
}

impl Parameters {
    const NONE: Parameters = Parameters { env: std::ptr::null_mut(), data: std::ptr::null(), len: 0 };
}

/// Says where the lists are: a Float64Array, kept until its environment ends.
///
/// # Errors
/// Config: another typed array. Native: it cannot be kept.
pub fn set_parameters(array: &Source) -> Result<()> {
    let Elements { kind, data, len } = array.elements()?;
    if kind != sys::TypedarrayType::float64_array {
        return Err(Error::config("setParameters takes a Float64Array"));
    }
    let mut reference = std::ptr::null_mut();
    // SAFETY: the live handles of this call. The reference is never given back: `parameters` reads the memory as long as there is
    // JavaScript to call it. (All loads of the addon in a thread write to one array.)
    let status = unsafe { sys::napi_create_reference(array.env, array.value, 1, &raw mut reference) };
    if status != sys::Status::napi_ok {
        return Err(Error::native("the parameters' array cannot be kept".to_owned()));
    }
    PARAMETERS.set(Parameters { env: array.env, data: data.cast(), len });
    Ok(())
}

/// Environment `env` ends, and with it the array that it kept.
pub fn forget_parameters(env: sys::napi_env) {
    let _ = PARAMETERS.try_with(|parameters| {
        if parameters.get().env == env {
            parameters.set(Parameters::NONE);
        }
    });
}

/// Numbers `first` to `first + count` of the list written last.
pub fn parameters(first: usize, count: usize) -> Vec<f64> {
    let Parameters { data, len, .. } = PARAMETERS.get();
    assert!(first + count <= len, "parameters leave their array");
    // SAFETY: in bounds of the array's memory, which V8 does not move, and which `set_parameters` keeps. It was
    // written before this call, on this thread.
    (first..first + count).map(|i| unsafe { data.add(i).read() }).collect()
}

/// A typed array or Buffer of a call. Where it lies is asked when it is read: converting the arguments that follow it may run
/// JavaScript (a getter in a list), which may detach it.
pub struct Source {
    env: sys::napi_env,
    value: sys::napi_value,
}

/// A typed array's memory, as it is while no JavaScript runs.
struct Elements {
    kind: i32,
    data: *const u8,
    len: usize,
}

impl TypeName for Source {
    fn type_name() -> &'static str {
        "TypedArray"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Source {}

impl FromNapiValue for Source {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut is_typed = false;
        // SAFETY: `env` and `value` are the live handles of this call.
        let status = unsafe { sys::napi_is_typedarray(env, value, &raw mut is_typed) };
        if status != sys::Status::napi_ok || !is_typed {
            return Err(napi::Error::from_reason("TypedArray expected"));
        }
        Ok(Source { env, value })
    }
}

/// Copies `bytes` to an array of as many elements.
pub fn copy_out(bytes: &[u8], target: &mut Uint8ArraySlice<'_>) {
    // SAFETY: nobody else has the array's memory while JavaScript's thread is in this call.
    unsafe { target.as_mut() }.copy_from_slice(bytes);
}

macro_rules! copied {
    ($source:expr, $from:ty, $to:ty, $convert:expr) => {{
        let count = $source.len;
        let mut bytes = Vec::with_capacity(count * size_of::<$to>());
        for i in 0..count {
            // SAFETY: element `i` of a live typed array; JavaScript's thread is in this call, so it neither moves nor
            // shrinks. Shared memory may change meanwhile: any value read is a valid number.
            let value: $from = unsafe { std::ptr::read_unaligned($source.data.cast::<$from>().add(i)) };
            let converted: $to = $convert(value);
            bytes.extend_from_slice(&converted.to_ne_bytes());
        }
        bytes
    }};
}

impl Source {
    fn elements(&self) -> Result<Elements> {
        let (mut kind, mut len, mut data) = (0, 0, std::ptr::null_mut());
        // SAFETY: the handles of a call that is not over, and a typed array (`from_napi_value`); unwanted results are null.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
                self.value,
                &raw mut kind,
                &raw mut len,
                &raw mut data,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        if status != sys::Status::napi_ok {
            return Err(Error::native("the typed array cannot be read".to_owned()));
        }
        Ok(Elements { kind, data: data.cast_const().cast(), len })
    }

    /// A buffer with the numbers as `dtype`.
    ///
    /// # Errors
    /// Shape: another number of elements than the shape has. Native: out of memory.
    pub fn buffer(&self, shape: Shape, dtype: DType) -> Result<Buffer> {
        let source = self.elements()?;
        if source.len != shape.size() {
            return Err(Error::shape(format!(
                "shape {shape} has {} elements, but the data have {}",
                shape.size(),
                source.len
            )));
        }
        let ty = TensorType::new(shape, dtype);
        let width = match source.kind {
            0..=2 => 1,
            3 | 4 => 2,
            5..=7 => 4,
            8 => 8,
            _ => {
                return Err(Error::shape(
                    "BigInt arrays are not numbers that tensors hold; convert them first".to_owned(),
                ));
            }
        };
        let same = matches!(
            (source.kind, dtype),
            (7, DType::F32) | (5, DType::I32) | (1 | 2, DType::U8) | (0, DType::I8) | (1, DType::Bool)
        );
        if source.len == 0 || source.data.is_null() {
            return Buffer::new(ty);
        }
        if same && dtype != DType::Bool {
            let mut buffer = Buffer::new(ty)?;
            let bytes = buffer.bytes_mut();
            assert_eq!(bytes.len(), source.len * width);
            // SAFETY: `len` elements of a live typed array, in this call, into memory of as many bytes. Not as a slice: what another
            // thread shares may change meanwhile. Any bits that come of it are numbers.
            unsafe { std::ptr::copy_nonoverlapping(source.data, bytes.as_mut_ptr(), bytes.len()) };
            return Ok(buffer);
        }
        // Everything else goes through f64, which holds every number of every kind exactly.
        let bytes = match source.kind {
            0 => copied!(source, i8, f64, f64::from),
            1 | 2 => copied!(source, u8, f64, f64::from),
            3 => copied!(source, i16, f64, f64::from),
            4 => copied!(source, u16, f64, f64::from),
            5 => copied!(source, i32, f64, f64::from),
            6 => copied!(source, u32, f64, f64::from),
            7 => copied!(source, f32, f64, f64::from),
            _ => copied!(source, f64, f64, f64::from),
        };
        let values = bytes.chunks_exact(8).map(|b| f64::from_ne_bytes(b.try_into().expect("eight bytes")));
        Buffer::from_bytes(ty, &encode(values, dtype))
    }
}

/// Numbers as the bytes of a dtype: integers truncate and saturate, bool is "not zero".
pub fn encode(values: impl Iterator<Item = f64>, dtype: DType) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        match dtype {
            DType::F32 => bytes.extend_from_slice(&(value as f32).to_ne_bytes()),
            DType::Bf16 => bytes.extend_from_slice(&bf16_bits(value as f32).to_ne_bytes()),
            DType::F16 => bytes.extend_from_slice(&f16_bits(value as f32).to_ne_bytes()),
            DType::I32 => bytes.extend_from_slice(&(value as i32).to_ne_bytes()),
            DType::I8 => bytes.extend_from_slice(&(value as i8).to_ne_bytes()),
            DType::U8 => bytes.push(value as u8),
            DType::Bool => bytes.push(u8::from(value != 0.0)),
        }
    }
    bytes
}

/// Round to nearest even.
fn bf16_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

/// Round to nearest even, through the position of the last kept bit.
fn f16_bits(value: f32) -> u16 {
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    let size = value.abs();
    if size.is_nan() {
        return sign | 0x7e00;
    }
    if size >= 65520.0 {
        return sign | 0x7c00;
    }
    if size < 2f32.powi(-14) {
        // Subnormals are multiples of 2^-24.
        return sign | (size * 2f32.powi(24)).round_ties_even() as u16;
    }
    let bits = size.to_bits();
    let rounded = bits + 0xfff + ((bits >> 13) & 1);
    sign | ((rounded >> 13) as u16).wrapping_sub((127 - 15) << 10)
}

fn f16_value(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from((bits >> 10) & 31), f32::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

/// A buffer's numbers on their way to JavaScript, which gets a typed array with a copy of them: bfloat16 and float16 as float32, bool as
/// uint8.
pub struct Numbers(pub Arc<Buffer>);

impl ToNapiValue for Numbers {
    unsafe fn to_napi_value(env: sys::napi_env, Numbers(buffer): Numbers) -> napi::Result<sys::napi_value> {
        let bytes = buffer.bytes();
        let floats: Vec<f32> = match buffer.ty().dtype {
            DType::Bf16 => halves(bytes).map(|h| f32::from_bits(u32::from(h) << 16)).collect(),
            DType::F16 => halves(bytes).map(f16_value).collect(),
            _ => Vec::new(),
        };
        let (kind, size) = match buffer.ty().dtype {
            DType::F32 | DType::Bf16 | DType::F16 => (sys::TypedarrayType::float32_array, 4),
            DType::I32 => (sys::TypedarrayType::int32_array, 4),
            DType::U8 | DType::Bool => (sys::TypedarrayType::uint8_array, 1),
            DType::I8 => (sys::TypedarrayType::int8_array, 1),
        };
        let (source, len) = match floats.is_empty() {
            true => (bytes.as_ptr(), bytes.len()),
            false => (floats.as_ptr().cast(), floats.len() * 4),
        };
        let (mut data, mut memory, mut array) = (std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut());
        // V8's own memory: what is handed over with a finalizer would stay until the event loop turns.
        // SAFETY: `data` points to the `len` fresh bytes that V8 made; `source` has as many; the array spans them.
        unsafe {
            check_status!(sys::napi_create_arraybuffer(env, len, &raw mut data, &raw mut memory))?;
            if len > 0 {
                std::ptr::copy_nonoverlapping(source, data.cast::<u8>(), len);
            }
            check_status!(sys::napi_create_typedarray(env, kind, len / size, memory, 0, &raw mut array))?;
        }
        Ok(array)
    }
}

impl TypeName for Numbers {
    fn type_name() -> &'static str {
        "TypedArray"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

fn halves(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|b| u16::from_ne_bytes(b.try_into().expect("two bytes")))
}

/// A dim, an axis or a count: a whole number of at least 0.
///
/// # Errors
/// Shape: anything else.
pub fn count(name: &str, value: f64) -> Result<usize> {
    if value.fract() == 0.0 && (0.0..=9_007_199_254_740_991.0).contains(&value) {
        Ok(value as usize)
    } else {
        Err(Error::shape(format!("{name} takes whole numbers from 0 on, got {value}")))
    }
}

/// A whole number of either sign.
///
/// # Errors
/// Shape: anything else.
pub fn integer(name: &str, value: f64) -> Result<i64> {
    if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_991.0 {
        Ok(value as i64)
    } else {
        Err(Error::shape(format!("{name} takes whole numbers, got {value}")))
    }
}

/// [`count`] of every element.
///
/// # Errors
/// Shape: one is not a count.
pub fn counts(name: &str, values: &[f64]) -> Result<Vec<usize>> {
    values.iter().map(|&v| count(name, v)).collect()
}

/// [`integer`] of every element.
///
/// # Errors
/// Shape: one is not whole.
pub fn integers(name: &str, values: &[f64]) -> Result<Vec<i64>> {
    values.iter().map(|&v| integer(name, v)).collect()
}

/// A shape from JavaScript numbers.
///
/// # Errors
/// Shape: not counts, too many, or too large.
pub fn shape(values: &[f64]) -> Result<Shape> {
    Shape::new(&counts("a shape", values)?)
}

/// Two counts, as height and width.
///
/// # Errors
/// Config: not two counts.
pub fn pair(name: &str, values: &[f64]) -> Result<[usize; 2]> {
    counts(name, values)?
        .try_into()
        .map_err(|_| Error::config(format!("{name} takes two numbers (height and width), got {values:?}")))
}

/// A dtype by name.
///
/// # Errors
/// Config: unknown.
pub fn dtype(name: &str) -> Result<DType> {
    DType::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = DType::ALL.iter().map(|d| d.name()).collect();
        Error::config(format!("unknown dtype \"{name}\": expected one of {}", known.join(", ")))
    })
}
