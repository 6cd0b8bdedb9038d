//! What every driver must do, as functions that a driver's tests call.
