//! The designs that are compared, each a module: what its pages weigh, and what the steps of a hold are.

mod buckets;
mod line;
mod page;
mod plan;
mod queue;
mod shards;
mod thin;

pub use self::buckets::Buckets;
pub use self::page::TodaysPage;
pub use self::plan::{Design, PAGE_BYTES_MAX, Queue};
pub use self::queue::GroupCommit;
pub use self::shards::SmallShards;
pub use self::thin::{ThinShards, thin_page_bytes};
