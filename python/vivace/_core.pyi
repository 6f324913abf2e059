"""The extension module: circuits, templates and payloads, in Rust."""
