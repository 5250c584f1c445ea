//! The tables of docs/adr/0016, as text.

use std::fmt::Write;

use crate::design::{Buckets, Design, GroupCommit, SmallShards, ThinShards, TodaysPage};
use crate::partition::{Heat, SECOND, Spread, WRITE_UNITS_PER_SECOND};
use crate::shapes::{Kind, page_bytes, record_bytes};
use crate::sim::{Outcome, Setup, run};
use crate::units::{transaction_units, write_units};

/// Live holds at which units are told.
const LIVE: [u32; 5] = [1, 10, 50, 200, 1_000];
/// Places of the event.
pub const PLACES: u32 = 20_000;
/// Numbers of pages that are tried.
pub const SHARDS: [u32; 12] = [25, 50, 100, 150, 200, 250, 313, 400, 600, 1_000, 1_250, 1_334];
/// The answer that a guest waits for.
const P99_MS_MAX: u32 = 100;
/// Bytes of an item below a KB.
const SMALL: u64 = 1_000;

/// A design, and the number of pages that it has for the event.
pub struct Candidate {
    /// The design.
    pub design: Box<dyn Design>,
    /// Its pages.
    pub shards: u32,
}

/// What is compared, for an event or a month.
#[must_use]
pub fn candidates(kind: Kind) -> Vec<Candidate> {
    let (b, e) = (SmallShards::of(kind), ThinShards::of(kind));
    let fits = |design: &dyn Design| PLACES.div_ceil(design.stored_max());
    let (few, some) = (fits(&b), fits(&e).max(400));
    vec![
        Candidate { design: Box::new(TodaysPage::of(kind)), shards: 1 },
        Candidate { design: Box::new(b), shards: few },
        Candidate { design: Box::new(Buckets::of(kind)), shards: 400 },
        Candidate { design: Box::new(GroupCommit::of(kind)), shards: 100 },
        Candidate { design: Box::new(e), shards: some },
    ]
}

/// The sale of the event at a rate: long enough to be sold out and for two seconds more.
#[must_use]
pub fn sale(rate: u64, shards: u32) -> Setup {
    Setup { places: PLACES, shards, rate, seconds: u64::from(PLACES) / rate + 2, ..Setup::default() }
}

/// All tables.
///
/// # Errors
/// None: a text takes what is written.
pub fn tables() -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    sizes(&mut text)?;
    units(&mut text)?;
    others(&mut text)?;
    latencies(&mut text)?;
    least(&mut text)?;
    linear(&mut text)?;
    partitions(&mut text)?;
    otherwise(&mut text)?;
    Ok(text)
}

fn sizes(text: &mut String) -> std::fmt::Result {
    writeln!(text, "Bytes of today's page, by the encoder")?;
    for kind in [Kind::Event, Kind::Month] {
        let bytes: Vec<String> =
            [1, 20, 60, 100, 200].map(|n| format!("{n}: {}", page_bytes(kind, n))).to_vec();
        writeln!(text, "  {kind:?}: {}; a hold's record {}", bytes.join(", "), record_bytes(kind))?;
    }
    writeln!(
        text,
        "\nThe most live holds of a page within two write units (a: today's bound; c: ids in memory)"
    )?;
    for kind in [Kind::Event, Kind::Month] {
        for Candidate { design, .. } in candidates(kind) {
            let most = design.memory().map_or(design.stored_max(), |(_, ids)| ids);
            writeln!(text, "  {kind:?} {:<40} {most}", design.name())?;
        }
    }
    Ok(())
}

fn units(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\nWrite units of a hold: page + record, by live holds on as few pages as take them; holds a second of one page"
    )?;
    for kind in [Kind::Event, Kind::Month] {
        for Candidate { design, .. } in candidates(kind) {
            let of = |live: u32| {
                let milli = design.hold_milli_units(live);
                let rate = WRITE_UNITS_PER_SECOND * 1_000 / milli;
                format!(
                    "{live}: {}.{} + {} ({rate}/s)",
                    milli / 1_000,
                    milli % 1_000 / 100,
                    design.record_writes()
                )
            };
            let cells: Vec<String> = LIVE.into_iter().map(of).collect();
            writeln!(text, "  {kind:?} {:<40} {}", design.name(), cells.join(" | "))?;
        }
    }
    Ok(())
}

/// What else is written, on a page that is as full as it may be.
fn others(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\nWrite units beside 50 live holds of three nights, or as many as the page stores: claim or confirmation; refusal by a page; a hold over two pages; release"
    )?;
    for Candidate { design, .. } in candidates(Kind::Month) {
        let on_page = 50_u32.min(design.stored_max());
        let page = design.page_bytes(on_page, on_page.min(design.memory().map_or(0, |(_, ids)| ids)));
        let confirm = transaction_units(&[page, SMALL, SMALL, SMALL]);
        let stay = transaction_units(&[page, page, SMALL]);
        let release = if design.ends_in_a_transaction() {
            transaction_units(&[page, SMALL])
        } else {
            write_units(page)
        };
        writeln!(text, "  {:<40} {confirm} | {} | {stay} | {release}", design.name(), write_units(page))?;
    }
    Ok(())
}

fn row(name: &str, setup: &Setup, of: &Outcome) -> String {
    format!(
        "  {name:<40} {:>6}/s {:>5} pages: p50 {:>5} ms, p99 {:>6} ms; placed {}, sold out {}, busy {}, closed {}, failed {}; throttled {}, conflicts {}; {} + {} write units, {} read units",
        setup.rate,
        setup.shards,
        of.took_ms(500),
        of.took_ms(990),
        of.placed,
        of.sold_out,
        of.busy,
        of.closed,
        of.failed,
        of.throttled,
        of.conflicts,
        of.page_units,
        of.record_units,
        of.read_halves / 2,
    )
}

fn latencies(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\nAn event of 20,000 places, one place a hold, asked for until two seconds after it could be sold out"
    )?;
    for Candidate { design, shards } in candidates(Kind::Event) {
        for rate in [1_000, 5_000, 10_000] {
            let setup = sale(rate, shards);
            writeln!(text, "{}", row(design.name(), &setup, &run(&*design, &setup)))?;
        }
    }
    Ok(())
}

fn least(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\nThe fewest pages with p99 of at most {P99_MS_MAX} ms and no failure at 10,000 holds a second"
    )?;
    for Candidate { design, .. } in candidates(Kind::Event) {
        let is_enough = |shards: &u32| {
            let outcome = run(&*design, &sale(10_000, *shards));
            outcome.failed == 0 && outcome.closed == 0 && outcome.took_ms(990) <= P99_MS_MAX
        };
        let fewest = SHARDS.into_iter().find(is_enough);
        let fewest = fewest.map_or_else(|| "none of those tried".to_owned(), |shards| shards.to_string());
        writeln!(text, "  {:<40} {fewest}", design.name())?;
    }
    Ok(())
}

fn linear(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\nThin shards of 50 places each, asked for at 25 holds a second and page: holds a second until sold out, p99"
    )?;
    let design = ThinShards::of(Kind::Event);
    for shards in [25, 50, 100, 200, 400] {
        let setup = Setup {
            places: 50 * shards,
            shards,
            rate: u64::from(25 * shards),
            seconds: 4,
            ..Setup::default()
        };
        let outcome = run(&design, &setup);
        writeln!(text, "  {shards:>4} pages: {:>6}/s, p99 {} ms", outcome.rate(1, 16), outcome.took_ms(990))?;
    }
    Ok(())
}

fn partitions(text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "\nThin shards, 400 pages, 10,000 holds a second, by the partitions of the tables; split after 60 s of throttling"
    )?;
    let design = ThinShards::of(Kind::Event);
    for (name, partitions) in
        [("a new table: 4 partitions", 4), ("16", 16), ("40 (40,000 units)", 40), ("80", 80)]
    {
        let setup = Setup {
            spread: Spread::Hashed(partitions),
            record_partitions: partitions,
            heat: Heat { after: Some(60 * SECOND) },
            ..sale(10_000, 400)
        };
        writeln!(text, "{}", row(name, &setup, &run(&design, &setup)))?;
    }
    Ok(())
}

/// Each of what is assumed, for the worse; and other seeds.
fn otherwise(text: &mut String) -> std::fmt::Result {
    writeln!(text, "\nThin shards, 400 pages, 10,000 holds a second, where what is assumed is otherwise")?;
    let (design, as_assumed) = (ThinShards::of(Kind::Event), sale(10_000, 400));
    for (name, setup) in [
        ("a transaction keeps its items for 30 ms", Setup { transaction: 30_000, ..as_assumed }),
        ("an item is kept for 1 ms by each write", Setup { item_service: 1_000, ..as_assumed }),
        ("every hold is paid", Setup { paid: 1_000, released: 0, ..as_assumed }),
        ("half of the holds are released", Setup { paid: 400, released: 500, ..as_assumed }),
        ("50 instances", Setup { instances: 50, ..as_assumed }),
        ("1,000 instances", Setup { instances: 1_000, ..as_assumed }),
        ("5 % of answers lost, 5 % of writes late", Setup { lost: 50, late: 50, ..as_assumed }),
        ("another seed", Setup { seed: 2, ..as_assumed }),
        ("and another", Setup { seed: 3, ..as_assumed }),
    ] {
        writeln!(text, "{}", row(name, &setup, &run(&design, &setup)))?;
    }
    Ok(())
}
