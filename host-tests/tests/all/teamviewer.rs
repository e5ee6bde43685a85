//! TeamViewer through the typed export.
