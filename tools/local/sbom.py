"""`make sbom`: writes what everything is made of, as CycloneDX 1.6 in JSON, into target/sbom: one document for the Rust workspace, one for
the CDK app, one for the Python tools. It reads the lock files and nothing that is installed, so that the same sources give the same documents.

npm and cyclonedx-bom write theirs. For Rust there is no maintained tool that writes one document for a workspace: it is made here of
`cargo metadata` and Cargo.lock. Each is held against CycloneDX's own schema before it is written.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import build
import config
from commands import tool_env
from console import Stop, say

SBOM_DIR = config.ROOT / "target" / "sbom"
SPEC = "1.6"
# Read from its input, with the schemas that cyclonedx-bom brings.
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(error) if error else 0)
"""
# They differ from run to run.
OF_THE_RUN = ("serialNumber", "timestamp")

Document = dict[str, Any]


def output_of(command: Sequence[str], **options: Any) -> str:
    done = subprocess.run(command, env=tool_env(), capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Stop(f"{Path(command[0]).name} {command[1]} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def rust() -> Document:
    metadata = json.loads(output_of(["cargo", "metadata", "--locked", "--format-version=1"], cwd=config.ROOT))
    return rust_document(metadata, tomllib.loads((config.ROOT / "Cargo.lock").read_text()))


def rust_document(metadata: dict[str, Any], lock: dict[str, Any]) -> Document:
    """All packages of the workspace with what they depend on: where each comes from, under which licence, with which digest."""
    checksums = {(one["name"], one["version"]): one.get("checksum") for one in lock["package"]}
    refs = {one["id"]: f"pkg:cargo/{one['name']}@{one['version']}" for one in metadata["packages"]}
    components = []
    for package in sorted(metadata["packages"], key=lambda one: (one["name"], one["version"])):
        ref, checksum = refs[package["id"]], checksums.get((package["name"], package["version"]))
        component: Document = {"type": "library", "bom-ref": ref, "name": package["name"], "version": package["version"], "purl": ref}
        if package.get("license"):
            component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        if checksum:
            component["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        components.append(component)
    dependencies = [
        {"ref": refs[node["id"]], "dependsOn": sorted({refs[dependency] for dependency in node["dependencies"]})}
        for node in metadata["resolve"]["nodes"]
    ]
    return {
        "bomFormat": "CycloneDX", "specVersion": SPEC, "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "holdfast", "name": "holdfast"}},
        "components": components,
        "dependencies": sorted(dependencies, key=lambda one: one["ref"]),
    }


def npm() -> Document:
    said = output_of(["npm", "sbom", "--sbom-format=cyclonedx", "--package-lock-only"], cwd=config.CDK_DIR)
    return {**json.loads(said), "specVersion": SPEC, "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json"}


def python(commands: Path) -> Document:
    locks = "".join(lock.read_text() for lock in (build.LOCK, build.SOURCE_LOCK))
    command = [str(commands / "cyclonedx-py"), "requirements", "--output-reproducible", "--short-PURLs", f"--sv={SPEC}", "--of=JSON", "-"]
    return json.loads(output_of(command, input=locks))


def without_the_run(document: Document) -> Document:
    metadata = {name: value for name, value in document.get("metadata", {}).items() if name not in OF_THE_RUN}
    return {name: value for name, value in document.items() if name not in OF_THE_RUN} | {"metadata": metadata}


def write(name: str, document: Document, commands: Path) -> None:
    text = json.dumps(without_the_run(document), indent=1, sort_keys=True) + "\n"
    output_of([str(commands / "python"), "-c", VALIDATE], input=text)
    SBOM_DIR.mkdir(parents=True, exist_ok=True)
    (SBOM_DIR / f"{name}.cdx.json").write_text(text)
    say(f"target/sbom/{name}.cdx.json: {len(document['components'])} packages, valid CycloneDX {SPEC}")


def main() -> int:
    try:
        commands = build.install_audit_tools()
        write("rust", rust(), commands)
        write("npm", npm(), commands)
        write("python", python(commands), commands)
    except Stop as stop:
        say(stop.hint)
        say(str(stop))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
