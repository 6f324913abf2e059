//! Text and request bodies as they travel.
//!
//! | module | what it does |
//! |---|---|
//! | `base64` | strict standard base64 |
//! | `gzip` | text ↔ base64(gzip), one at a time or a batch on all cores; whole bodies → gzip |
//! | [`json`] | strings and numbers of JSON, measured and written exactly |
//! | [`chunks`] | greedy packing of items into requests of known length |
//! | [`bodies`] | the bodies of `add_circuits`, bound and template |

pub mod bodies;
pub mod chunks;
pub mod json;

mod base64;
mod error;
mod gzip;

pub use base64::{decode_base64, encode_base64};
pub use bodies::{BodyError, BoundBody, Fragment, TemplateBody};
pub use chunks::{DEFAULT_CAP, TooLarge, plan, plan_with};
pub use error::{Base64Error, PayloadError};
pub(crate) use gzip::compress_pieces;
pub use gzip::{compress_batch, compress_text, decompress_text, gzip};
