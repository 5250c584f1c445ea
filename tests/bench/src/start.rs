//! Start-up of every release binary: from process start to the first poll of the runtime API, beside a bare function's.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 15;
const DEADLINE: Duration = Duration::from_secs(10);

/// What a function is told of its surroundings. Nothing listens at the endpoint: a function that called it before its
/// first poll would be seen by its time.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
    ("HOLDFAST_LEDGER_TABLE", "ledger"),
    ("HOLDFAST_HOLDS_TABLE", "holds"),
    ("HOLDFAST_CONFIDENTIAL_TABLE", "confidential"),
    ("HOLDFAST_SEARCH_TABLE", "search"),
    ("HOLDFAST_BUS_NAME", "holdfast"),
    ("HOLDFAST_BOOKING_MACHINE_ARN", "arn:aws:states:us-east-1:000000000000:stateMachine:booking"),
    ("HOLDFAST_CANCELLATION_MACHINE_ARN", "arn:aws:states:us-east-1:000000000000:stateMachine:cancellation"),
    ("HOLDFAST_TIMER_QUEUE_URL", "http://127.0.0.1:9/timer"),
    ("HOLDFAST_STRIPE_KEY_SECRET_ID", "stripe"),
    ("HOLDFAST_STRIPE_WEBHOOK_SECRET_ID", "webhook"),
    ("HOLDFAST_PARTNER_SECRET_ID", "partner"),
    ("HOLDFAST_QUOTE_KEY_SECRET_ID", "quotes"),
    (
        "HOLDFAST_TOKEN_ISSUERS",
        r#"[{"url": "http://127.0.0.1:9", "clients": ["bench"], "scopes": ["booking/guest"]}]"#,
    ),
    ("HOLDFAST_PAYMENT_CALLS_PER_SECOND", "10"),
    ("HOLDFAST_GUEST_POOL_ID", "us-east-1_bench"),
    ("HOLDFAST_FAILURE_QUEUE_URL", "http://127.0.0.1:9/failures"),
    ("HOLDFAST_MAIL_FROM", "bookings@example.com"),
];

pub(crate) fn print() {
    let release = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_path_buf));
    let Some(release) = release else { return };
    let functions: Vec<PathBuf> = function_names().into_iter().map(|name| release.join(name)).collect();
    println!(
        "Start-up, process start to first poll of the runtime API (median of {STARTS}), and size of the binary"
    );
    let bare = release.join("bare-lambda");
    // By turns, so that what else the machine does meets all of them alike.
    let mut times: Vec<(PathBuf, Option<Vec<Duration>>)> =
        std::iter::once(bare).chain(functions).map(|binary| (binary, Some(Vec::new()))).collect();
    for _ in 0..STARTS {
        for (binary, took) in &mut times {
            *took = took.take().and_then(|mut known| {
                known.push(start_once(binary)?);
                Some(known)
            });
        }
    }
    let Some(yardstick) = times.first().and_then(|(_, took)| median(took.clone()?)) else {
        println!("  not measured: build the release binaries first (`make bench` does)\n");
        return;
    };
    for (binary, took) in times {
        let name = binary.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match took.and_then(median) {
            Some(took) => {
                let ratio = took.as_secs_f64() / yardstick.as_secs_f64();
                println!("  {name:<16} {:>8.1} ms {ratio:>5.1}x {:>6.2} MB", ms(took), megabytes(&binary));
            }
            None => println!("  {name:<16} did not poll within {} s", DEADLINE.as_secs()),
        }
    }
    println!("  target: at most 2.0x the bare function, at most 7 MB\n");
}

fn function_names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the functions' folder")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a size of some millions")]
fn megabytes(path: &Path) -> f64 {
    std::fs::metadata(path).map_or(0.0, |file| file.len() as f64 / 1_000_000.0)
}

fn median(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn start_once(binary: &Path) -> Option<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    listener.set_nonblocking(true).ok()?;
    let address = listener.local_addr().ok()?;
    let began = Instant::now();
    let mut child = Command::new(binary)
        .env_clear()
        .envs(ENVIRONMENT.iter().copied())
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let polled = first_poll(&listener, began);
    child.kill().ok();
    child.wait().ok();
    polled
}

fn first_poll(listener: &TcpListener, began: Instant) -> Option<Duration> {
    while began.elapsed() < DEADLINE {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nonblocking(false).ok()?;
                stream.set_read_timeout(Some(DEADLINE)).ok()?;
                let mut start = [0_u8; 64];
                let read = stream.read(&mut start).ok()?;
                let took = began.elapsed();
                let line = String::from_utf8_lossy(&start[..read]).into_owned();
                return line.contains("/runtime/invocation/next").then_some(took);
            }
            Err(_) => std::thread::yield_now(),
        }
    }
    None
}
