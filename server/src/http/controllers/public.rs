//! `/public`: what strangers' programs may ask.

pub mod join_waitlist;
pub mod onboarding_config;
