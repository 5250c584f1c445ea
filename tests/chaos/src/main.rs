//! `make chaos`: mixed traffic on the deployed stack while faults strike; then everything comes to rest, and is audited.
//!
//! The seed decides who wants what and what goes wrong when; what meets what is up to the machine. Ends with 1 if
//! anything was found that must not be.

#![expect(clippy::disallowed_methods, reason = "traffic and faults last for as long as is asked for")]

mod audit;
mod ends;
mod faults;
mod heard;
mod inspect;
mod ledger;
mod records;
mod report;
mod run;
mod sagas;
mod traffic;
mod world;

use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
chaos --microburst URL [--seed N] [--seconds N] [--callers N]
chaos --listen FILE
chaos --heard FILE

The first runs mixed traffic against the running local stack for so many seconds while faults strike, lets it come to rest, audits it,
and prints a table. The functions must reach AWS through microburst at URL; `make chaos` sees to all of it.

The others go before and after somebody else's traffic: was every fact of the ledger heard on the bus, and does search read what
the ledger says? FILE keeps what was there before.";

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Parameters {
    pub(crate) microburst: String,
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
    pub(crate) callers: usize,
}

fn parameters(mut arguments: impl Iterator<Item = String>) -> Option<Parameters> {
    let mut parsed = Parameters { microburst: String::new(), seed: 1, seconds: 120, callers: 8 };
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--microburst" => parsed.microburst = value,
            "--seed" => parsed.seed = value.parse().ok()?,
            "--seconds" => parsed.seconds = value.parse().ok()?,
            "--callers" => parsed.callers = value.parse().ok().filter(|callers| *callers > 0)?,
            _ => return None,
        }
    }
    (!parsed.microburst.is_empty()).then_some(parsed)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [option, file] if option == "--listen" => heard::begin(Path::new(file)).await.map(|()| 0),
        [option, file] if option == "--heard" => heard::end(Path::new(file)).await,
        _ => match parameters(arguments.into_iter()) {
            Some(parameters) => run::run(&parameters).await,
            None => {
                eprintln!("{HELP}");
                return ExitCode::from(2);
            }
        },
    };
    match outcome {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}
