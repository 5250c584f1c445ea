//! Tests that keep the workspace in its shape: dependency direction, file lists, samples.
