//! Containers without a daemon, on youki's libcontainer.
