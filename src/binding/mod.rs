//! Binding a revoke to what was planned and approved: the plan as a canonical document, and a person's signature over it.

pub mod approval;
pub mod jwk;
pub mod jws;
pub mod plan;
pub mod shown;
