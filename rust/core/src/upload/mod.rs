//! A submission as the request bodies that carry it, made a few at a time.
//!
//! | module | what it does |
//! |---|---|
//! | `form` | which circuits travel as a template and rows, and which as texts of their own |
//! | `plan` | [`Upload`]: checks that everything fits, then writes bodies from any circuit on |

mod form;
mod plan;

pub use form::Form;
pub use plan::{Body, Upload, UploadError};
