//! Writes what follows from the catalogue of events: `docs/events/*.json` and `events/samples/events`. Run it by
//! `cargo run -p holdfast-workflow --example event-catalogue`.

#[path = "../tests/catalogue/files.rs"]
mod files;
#[path = "../tests/catalogue/samples.rs"]
mod samples;

fn main() -> std::io::Result<()> {
    for (path, text) in files::all() {
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(&path, text)?;
            println!("{}", path.display());
        }
    }
    for stale in files::stale() {
        println!("{} is of no event any more", stale.display());
    }
    Ok(())
}
