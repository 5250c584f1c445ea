//! What is printed: chapters, steps, and the sum of it all.

use std::io::{IsTerminal, stdout};
use std::time::Instant;

use holdfast_client::Trouble;

/// The chapter cannot go on: its step is in the report already.
#[derive(Debug)]
pub(crate) struct BrokenOff;

/// What a step gives to the next ones, and what happened in words.
pub(crate) type Happened<T> = Result<(T, String), Trouble>;

pub(crate) struct Report {
    begun: Instant,
    steps: usize,
    broken: Vec<String>,
    colours: bool,
}

impl Default for Report {
    fn default() -> Self {
        Self { begun: Instant::now(), steps: 0, broken: Vec::new(), colours: stdout().is_terminal() }
    }
}

impl Report {
    pub(crate) fn chapter(&self, title: &str) {
        println!("\n{}", self.painted("1", title));
    }

    /// Runs one step and tells of it.
    pub(crate) async fn step<T>(
        &mut self,
        promise: &str,
        step: impl Future<Output = Happened<T>>,
    ) -> Result<T, BrokenOff> {
        self.steps += 1;
        let started = Instant::now();
        let outcome = step.await;
        let took = format!("{} ms", started.elapsed().as_millis());
        println!("{:>4}  {promise}", self.steps);
        match outcome {
            Ok((value, happened)) => {
                println!("   {}  {happened}  {}", self.painted("32", "✓"), self.painted("2", &took));
                Ok(value)
            }
            Err(trouble) => {
                println!("   {}  {trouble}  {took}", self.painted("31", "✗"));
                self.broken.push(format!("{}  {promise}", self.steps));
                Err(BrokenOff)
            }
        }
    }

    pub(crate) fn close(&self) {
        let took = self.begun.elapsed().as_secs_f32();
        if self.is_as_promised() {
            println!("\n{} steps, all as promised, in {took:.1} s", self.steps);
            println!("The stack goes on: README.md has the API in ten lines of curl, `make down` stops it.");
        } else {
            println!("\n{} of {} steps not as promised, in {took:.1} s:", self.broken.len(), self.steps);
            for step in &self.broken {
                println!("   {step}");
            }
        }
    }

    pub(crate) fn is_as_promised(&self) -> bool {
        self.broken.is_empty() && self.steps > 0
    }

    fn painted(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
