"""`make watch`: the watched code takes the deployed one's place, and the deployed one comes back."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import aws  # noqa: E402
import config  # noqa: E402
import watching  # noqa: E402
from console import Stop  # noqa: E402

DEAD_PID = 2**22 + 1


class WatchingTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.deployed = self.folder / "lambda" / "hold" / "bootstrap"
        self.deployed.parent.mkdir(parents=True)
        self.deployed.write_bytes(b"deployed")
        self.put: list[tuple[str, bytes]] = []
        for target, name, value in (
            (watching, "MARK", self.folder / "watched.json"),
            (config, "LAMBDA_DIR", self.folder / "lambda"),
            (aws, "request", self.request),
        ):
            patched = mock.patch.object(target, name, value)
            patched.start()
            self.addCleanup(patched.stop)
        silent = contextlib.redirect_stderr(io.StringIO())
        silent.__enter__()
        self.addCleanup(silent.__exit__, None, None, None)

    def request(self, _service: str, method: str, path: str, body: dict[str, Any]) -> tuple[Any, dict[str, str]]:
        archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(body["ZipFile"])))
        [entry] = archive.infolist()
        self.assertEqual((entry.filename, entry.external_attr >> 16 & 0o777), ("bootstrap", 0o755))
        self.put.append((f"{method} {path}", archive.read(entry)))
        return {}, {}

    def mark(self, pid: int) -> None:
        watching.MARK.write_text(json.dumps({"function": "hold", "name": "holdfast-hold", "pid": pid}))

    def test_the_deployed_code_is_given_back_once(self) -> None:
        self.mark(DEAD_PID)
        self.assertTrue(watching.is_watched("hold"))
        watching.give_back_what_was_left()
        watching.give_back_what_was_left()
        self.assertEqual(self.put, [("PUT /2015-03-31/functions/holdfast-hold/code", b"deployed")])
        self.assertFalse(watching.is_watched("hold"))

    def test_what_the_stack_does_not_take_is_left_for_later(self) -> None:
        self.mark(DEAD_PID)
        for error in (OSError("no stack"), aws.AwsError(404, "ResourceNotFoundException", "no function")):
            with mock.patch.object(aws, "request", side_effect=error):
                watching.give_back_what_was_left()
            self.assertTrue(watching.is_watched("hold"))
        watching.give_back_what_was_left()
        self.assertEqual(len(self.put), 1)

    def test_one_function_is_watched_at_a_time(self) -> None:
        self.mark(os.getpid())
        with self.assertRaises(Stop) as stopped:
            watching.watch("search", "holdfast-search", iter(()))
        self.assertIn("watches hold already", str(stopped.exception))
        self.assertEqual(self.put, [])

    def test_the_function_is_put_at_every_change_that_compiles(self) -> None:
        source, watched = self.folder / "lib.rs", self.folder / "hold"
        source.write_text("first")
        compiled: list[str] = []

        def compile_function(function: str) -> Path | None:
            compiled.append(source.read_text())
            watched.write_text(f"{function} of {compiled[-1]}")
            return None if compiled[-1] == "broken code" else watched

        def edits() -> Iterator[str]:
            yield ""
            for text in ("broken code", "second"):
                source.write_text(text)
                yield "a line of the log"
                yield ""
            raise KeyboardInterrupt

        class Guard:
            """In place of the process that gives the deployed code back."""

            stdin = io.BytesIO()

            def __init__(self, *_arguments: Any, **_options: Any) -> None:
                pass

            def wait(self) -> None:
                watching.give_back_what_was_left()

        with (
            mock.patch.object(watching, "compile_function", compile_function),
            mock.patch.object(watching, "sources", lambda _function: iter([source])),
            mock.patch.object(watching, "is_alive", lambda _pid: False),
            mock.patch.object(watching, "LOOK_SECONDS", 0),
            mock.patch.object(watching.subprocess, "Popen", Guard),
            contextlib.redirect_stdout(io.StringIO()) as shown,
            self.assertRaises(KeyboardInterrupt),
        ):
            watching.watch("hold", "holdfast-hold", edits())
        self.assertEqual(compiled, ["first", "broken code", "second"])
        self.assertEqual([code for _, code in self.put], [b"hold of first", b"hold of second", b"deployed"])
        self.assertEqual(shown.getvalue(), "a line of the log\n" * 2)

    def test_a_change_of_a_source_is_seen(self) -> None:
        source = self.folder / "lib.rs"
        source.write_text("a")
        before = watching.state_of(iter([source, self.folder / "gone.rs"]))
        self.assertEqual(watching.state_of(iter([source])), before)
        source.write_text("ab")
        self.assertNotEqual(watching.state_of(iter([source])), before)

    def test_the_sources_of_a_function_are_its_own_and_what_it_is_built_from(self) -> None:
        found = {path.relative_to(config.ROOT).parts[:2] for path in watching.sources("hold")}
        self.assertIn(("functions", "hold"), found)
        self.assertIn(("shared", "domain"), found)
        self.assertNotIn(("functions", "search"), found)


if __name__ == "__main__":
    unittest.main()
