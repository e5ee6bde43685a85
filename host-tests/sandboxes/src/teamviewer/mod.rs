//! TeamViewer.
