//! x
use crate::design::{Buckets, Design, GroupCommit, SmallShards, ThinShards, TodaysPage};
use crate::shapes::Kind;
use crate::sim::{Setup, run};

/// x
#[must_use]
pub fn designs(kind: Kind) -> Vec<Box<dyn Design>> {
    vec![
        Box::new(TodaysPage::of(kind)),
        Box::new(SmallShards::of(kind)),
        Box::new(Buckets::of(kind)),
        Box::new(GroupCommit::of(kind)),
        Box::new(ThinShards::of(kind)),
    ]
}
/// x
pub fn print() {
    for kind in [Kind::Event, Kind::Month] { for d in designs(kind) {
        println!("{:?} {} stored_max {} bytes0 {} bytes50 {} memory {:?}", kind, d.name(), d.stored_max(), d.page_bytes(0,0), d.page_bytes(50,50), d.memory());
    } }
    for d in designs(Kind::Event) {
        for (rate, shards) in [(1000,1),(1_000,400),(5_000,400),(10_000,400),(10_000,1_334)] {
            if shards == 1334 && d.name().starts_with('d') { continue }
            let o = run(&*d, &Setup { rate, shards, seconds: 8, ..Setup::default() });
            println!("{} rate {rate} shards {shards}: placed {} sold_out {} closed {} busy {} failed {} confirmed {} broken {} twice {} pu {} ru {} rh {} thr {} conf {} p50 {} p99 {}", d.name(), o.placed,o.sold_out,o.closed,o.busy,o.failed,o.confirmed,o.broken,o.twice,o.page_units,o.record_units,o.read_halves,o.throttled,o.conflicts,o.took_ms(500),o.took_ms(990));
        }
    }
}
