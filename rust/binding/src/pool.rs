//! Where the core's parallel work runs: rayon's own threads, or new ones in a forked process.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::exceptions::PyOSError;
use pyo3::marker::Ungil;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The process that rayon's global threads belong to. A fork copies their pool but not the threads, and work
/// given to it would wait forever.
static HOME: OnceLock<u32> = OnceLock::new();

/// The pool of a forked process, with the process it was made for.
static FORKED: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// Releases the GIL and runs `work`, which may use all cores.
pub fn on_pool<T, F>(py: Python<'_>, work: F) -> PyResult<T>
where
    F: FnOnce() -> T + Ungil + Send,
    T: Ungil + Send,
{
    let pid = std::process::id();
    if *HOME.get_or_init(|| pid) == pid {
        return Ok(py.detach(work));
    }
    let pool = forked(pid)?;
    Ok(py.detach(|| pool.install(work)))
}

/// The pool of this forked process. Called with the GIL, as forks are made: no fork finds the lock held.
fn forked(pid: u32) -> PyResult<Arc<ThreadPool>> {
    let mut kept = FORKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((owner, pool)) = &*kept
        && *owner == pid
    {
        return Ok(pool.clone());
    }
    let pool = ThreadPoolBuilder::new()
        .build()
        .map_err(|error| PyOSError::new_err(format!("No threads can be started: {error}.")))?;
    let pool = Arc::new(pool);
    // A pool of the parent has no threads here: to drop it would be to tell them so.
    std::mem::forget(kept.replace((pid, pool.clone())));
    Ok(pool)
}
