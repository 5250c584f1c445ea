//! x
fn main() { holdfast_throughput::report::print(); }
