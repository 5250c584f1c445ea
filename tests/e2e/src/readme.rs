//! What README.md promises: its lines of curl work when pasted.

use std::path::Path;
use std::process::Command;

use crate::world::World;

#[tokio::test]
async fn the_readmes_lines_of_curl_work_when_pasted() {
    World::new().await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let block = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let lines = block.lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 10, "ten lines of curl, not {lines}");
    let pasted =
        Command::new("bash").args(["-euo", "pipefail", "-c", block]).current_dir(&root).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&pasted.stdout), String::from_utf8_lossy(&pasted.stderr));
    assert!(pasted.status.success(), "{stdout}\n{stderr}");
    let answers: Vec<serde_json::Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    assert_eq!(answers[0]["status"], "confirmed", "{stdout}");
    assert_eq!(answers[1]["results"][0]["type"], "booking.requested", "{stdout}");
    assert_eq!(answers[2]["refund"]["status"], "succeeded", "{stdout}");
    assert_eq!(answers[3]["slots"].as_array().map(Vec::len), Some(2), "{stdout}");
}
