//! CrowdStrike Falcon.
