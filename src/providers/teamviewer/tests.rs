//! TeamViewer through the crate: a company, scripted answers.
