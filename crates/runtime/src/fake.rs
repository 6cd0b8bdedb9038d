//! A driver without containers, for tests of what sits above a driver.
