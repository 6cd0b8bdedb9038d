//! `hydrate()` and nothing else.
