//! Offboarding of many people over many accounts.

#[cfg(test)]
mod tests;
