"""What is installed and built is what the lock files say: every Python package by its hash, every call of cargo with `--locked`."""

from __future__ import annotations

import ast
import re
import sys
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS))

import build  # noqa: E402
import config  # noqa: E402
import sbom  # noqa: E402

FOREIGN = {".git", ".local", "node_modules", "target"}
# What reads or writes Cargo.lock.
SUBCOMMANDS = {"bench", "build", "check", "clippy", "doc", "install", "lambda", "metadata", "run", "test", "tree"}
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def locked(lock: str) -> dict[str, list[str]]:
    """The lines that follow each package of a lock file."""
    found: dict[str, list[str]] = {}
    for line in lock.splitlines():
        if line.startswith("    "):
            found[list(found)[-1]].append(line)
        elif line and not line.startswith("#"):
            found[line.partition(" ")[0].lower()] = []
    return found


def without_hash(lock: str) -> list[str]:
    return [name for name, lines in locked(lock).items() if not lines or not all(HASH.match(line) for line in lines)]


def wishes(text: str) -> list[str]:
    return [line.lower() for line in text.splitlines() if line and not line.startswith("#")]


def own_files(*patterns: str) -> list[Path]:
    found = {path for pattern in patterns for path in config.ROOT.rglob(pattern)}
    return sorted(path for path in found if not FOREIGN & set(path.relative_to(config.ROOT).parts) and path != Path(__file__).resolve())


def words(node: ast.List) -> list[str]:
    """The elements of a list that are texts; `*` for any other, `**` for all of another list."""
    others = {ast.Starred: "**"}
    return [
        one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else others.get(type(one), "*") for one in node.elts
    ]


def unlocked_in_python(source: str) -> list[str]:
    lists = [words(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.List)]
    commands = [one[1:] for one in lists if one[:1] == ["cargo"] and len(one) > 1]
    if commands:
        # Named apart from the call: `BUILD = ["build", ...]`.
        commands += [one for one in lists if len(one) > 1 and one[0] in SUBCOMMANDS - {"run"}]
    return [" ".join(one) for one in commands if one[0] in SUBCOMMANDS | {"*"} and "--locked" not in one]


def unlocked_in_text(text: str) -> list[str]:
    """Calls of cargo in a text: between backticks or after a tab, or with options; without any it may be a sentence on cargo."""
    calls = re.findall(r"(?:^|([\t`\"'=])| )cargo ([a-z]+[^`\n]*)", text, flags=re.MULTILINE)
    return [
        call for before, call in calls
        if call.split()[0] in SUBCOMMANDS and "--locked" not in call and (" -" in call or before == "\t" or before == "`" and " " in call)
    ]


class SupplyTest(unittest.TestCase):
    def test_every_package_of_a_lock_file_has_its_hashes_and_every_wish_is_in_one(self) -> None:
        for lock in (build.LOCK, build.SOURCE_LOCK, build.AUDIT_LOCK):
            text = lock.read_text()
            self.assertEqual(without_hash(text), [], lock.name)
            wished = wishes(lock.with_suffix(".txt").read_text())
            self.assertTrue(wished)
            self.assertEqual([one for one in wished if one not in locked(text)], [], f"{lock.name}: make lock-python")
            self.assertNotIn("://", text)
        self.assertEqual(sorted(path.name for path in TOOLS.glob("*requirements.lock")), sorted(path.with_suffix(".lock").name for path in TOOLS.glob("*requirements.txt")))

    def test_pip_installs_by_hash_alone(self) -> None:
        installing = [path for path in own_files("*.py") if re.search(r'"pip"[^\n]*"install"', path.read_text())]
        self.assertEqual(installing, [TOOLS / "build.py"])
        source = (TOOLS / "build.py").read_text()
        self.assertEqual(source.count('"install"'), 1)
        self.assertRegex(source, r'"install",[^\]]*"--require-hashes"\]')
        self.assertIn('"--only-binary", ":all:"', source)
        self.assertIn('"--no-build-isolation"', source)

    def test_cargo_is_called_with_the_lock_file_as_it_is(self) -> None:
        files = own_files("*.py")
        self.assertGreater(len([path for path in files if '["cargo"' in path.read_text()]), 4)
        for path in files:
            self.assertEqual(unlocked_in_python(path.read_text()), [], path.name)
        for path in own_files("Makefile", "*.md", "*.sh", "run"):
            self.assertEqual(unlocked_in_text(path.read_text()), [], path.name)

    def test_control_what_is_not_locked_is_found(self) -> None:
        self.assertEqual(without_hash("a==1 \\\n    --hash=sha256:" + "0" * 64 + "\nb==2\nc==3 \\\n    --hash=md5:1\n"), ["b==2", "c==3"])
        self.assertEqual(unlocked_in_python('run(["cargo", "build", "--release"])'), ["build --release"])
        self.assertEqual(unlocked_in_python('A = ["test", "--workspace"]\nrun(["cargo", *A])'), ["test --workspace"])
        self.assertEqual(unlocked_in_python('run(["cargo", words[0], *words[1:], "--force"])'), ["* ** --force"])
        for fine in ('run(["cargo", "fmt", "--all"])', 'run(["cargo", "test", "--locked", *more])', 'run(["npm", "test", "--silent"])'):
            self.assertEqual(unlocked_in_python(fine), [], fine)
        self.assertEqual(unlocked_in_text("\tcargo lambda build --release\n"), ["lambda build --release"])
        self.assertEqual(unlocked_in_text("run `cargo test -p x` and `cargo fmt --all`, by what cargo build says"), ["test -p x"])
        self.assertEqual(unlocked_in_text("\tcargo run --locked --package x\n"), [])

    def test_the_document_of_the_workspace_has_every_package_with_its_digest(self) -> None:
        metadata = {
            "packages": [
                {"id": "b", "name": "b", "version": "2.0.0", "license": "MIT/Apache-2.0"},
                {"id": "a", "name": "a", "version": "1.0.0", "license": None},
            ],
            "resolve": {"nodes": [{"id": "b", "dependencies": ["a", "a"]}, {"id": "a", "dependencies": []}]},
        }
        lock = {"package": [{"name": "b", "version": "2.0.0", "checksum": "c" * 64}, {"name": "a", "version": "1.0.0"}]}
        document = sbom.rust_document(metadata, lock)
        self.assertEqual([one["purl"] for one in document["components"]], ["pkg:cargo/a@1.0.0", "pkg:cargo/b@2.0.0"])
        own, foreign = document["components"]
        self.assertEqual((own.get("licenses"), own.get("hashes")), (None, None))
        self.assertEqual(foreign["licenses"], [{"expression": "MIT OR Apache-2.0"}])
        self.assertEqual(foreign["hashes"], [{"alg": "SHA-256", "content": "c" * 64}])
        self.assertEqual(document["dependencies"][1], {"ref": "pkg:cargo/b@2.0.0", "dependsOn": ["pkg:cargo/a@1.0.0"]})
        run = {"serialNumber": "x", "metadata": {"timestamp": "now", "tools": []}, "components": []}
        self.assertEqual(sbom.without_the_run(run), {"metadata": {"tools": []}, "components": []})


if __name__ == "__main__":
    unittest.main()
