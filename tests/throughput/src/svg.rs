//! The curve of docs/throughput.svg: holds a second of one event over its pages.

use std::fmt::Write;

use crate::report::{Candidate, SHARDS, candidates, sale};
use crate::shapes::Kind;
use crate::sim::run;

const WIDTH: u64 = 760;
const HEIGHT: u64 = 420;
const LEFT: u64 = 70;
const BOTTOM: u64 = 60;
const TOP: u64 = 40;
const RIGHT: u64 = 20;
/// What is asked for in a second, and the top of the axis.
const RATE: u64 = 10_000;
const RATE_TOP: u64 = 12_000;
const COLOURS: [&str; 5] = ["#888888", "#1b6ca8", "#d1791f", "#8a3fa0", "#218a4a"];

/// The plot.
///
/// # Errors
/// None: a text takes what is written.
pub fn plot() -> Result<String, std::fmt::Error> {
    let mut svg = String::new();
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>
<text x="{LEFT}" y="20" font-size="14">Simulated: holds a second of an event of 20,000 places, 10,000 asked for a second</text>"##
    )?;
    for rate in (0..=RATE_TOP).step_by(2_000) {
        let y = y_of(rate);
        writeln!(svg, r##"<line x1="{LEFT}" y1="{y}" x2="{}" y2="{y}" stroke="#dddddd"/>"##, WIDTH - RIGHT)?;
        writeln!(svg, r##"<text x="{}" y="{}" text-anchor="end">{rate}</text>"##, LEFT - 8, y + 4)?;
    }
    for (number, shards) in (0..).zip(SHARDS) {
        let (x, y) = (x_of(number), HEIGHT - BOTTOM + 18);
        writeln!(svg, r##"<text x="{x}" y="{y}" text-anchor="middle">{shards}</text>"##)?;
    }
    writeln!(
        svg,
        r##"<text x="{}" y="{}" text-anchor="middle">pages of the event</text>"##,
        WIDTH / 2,
        HEIGHT - 22
    )?;
    for (Candidate { design, .. }, (number, colour)) in candidates(Kind::Event).iter().zip((0..).zip(COLOURS))
    {
        let mut points = String::new();
        for (place, shards) in (0..).zip(SHARDS) {
            let rate = run(&**design, &sale(RATE, shards)).rate(1, 16);
            write!(points, "{},{} ", x_of(place), y_of(rate))?;
        }
        let (x, y): (u64, u64) = (WIDTH - 240, 282 + 16 * number);
        writeln!(
            svg,
            r##"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"##,
            points.trim_end()
        )?;
        writeln!(svg, r##"<text x="{x}" y="{y}" fill="{colour}">{}</text>"##, design.name())?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn x_of(place: u64) -> u64 {
    let steps = SHARDS.len() as u64 - 1;
    LEFT + 20 + place * (WIDTH - LEFT - RIGHT - 40) / steps
}

fn y_of(rate: u64) -> u64 {
    HEIGHT - BOTTOM - rate.min(RATE_TOP) * (HEIGHT - TOP - BOTTOM) / RATE_TOP
}
