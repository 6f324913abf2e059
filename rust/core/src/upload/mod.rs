//! A submission as the request bodies that carry it, made a few at a time.
//!
//! | module | what it does |
//! |---|---|
//! | `body` | bodies, as they are or gzip-coded |
//! | `form` | which circuits travel as a template and rows, and which as texts of their own |
//! | `plan` | [`Upload`]: checks that everything fits, then writes bodies from any circuit on |

mod body;
mod form;
mod plan;

pub use body::{Body, Coding};
pub use form::Form;
pub use plan::{Upload, UploadError};
