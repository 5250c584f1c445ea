"""A stop waits for what is being saved, and after an unclean one everything that keeps something begins empty together."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import threading
import unittest
import warnings
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config  # noqa: E402
import processes  # noqa: E402
import services  # noqa: E402
from console import wait_until  # noqa: E402

PATIENCE_SECONDS = 30
# Saves when it is told to stop, and takes as long as the file `go` is missing.
SLOW_TO_SAVE = """
import pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
def stop(*_):
    while not (folder / "go").exists():
        time.sleep(0.02)
    (folder / "state").write_text("saved")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(folder / "ready").touch()
while True:
    time.sleep(1)
"""


class StoppingTest(unittest.TestCase):
    def setUp(self) -> None:
        # A process that is left running is what is tested.
        warnings.simplefilter("ignore", ResourceWarning)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, path in (("RUN_DIR", "run"), ("LOG_DIR", "logs"), ("LOCAL_DIR", ""), ("STACK_ENV_FILE", "stack.env"),
                           ("STACK_JSON_FILE", "stack.json")):
            patched = mock.patch.object(config, name, self.folder / path)
            patched.start()
            self.addCleanup(patched.stop)
        own = [self.service(name) for name in ("one", "two")]
        patched = mock.patch.object(services, "STATE_FORM_FILE", self.folder / "form")
        patched.start()
        self.addCleanup(patched.stop)
        services.STATE_FORM_FILE.write_text(services.STATE_FORM)
        for name, value in (("USUAL", tuple(own)), ("MINISTACK", own[0])):
            patched = mock.patch.object(services, name, value)
            patched.start()
            self.addCleanup(patched.stop)
        self.addCleanup(lambda: [processes.kill(service.name) for service in own])
        self.said = io.StringIO()

    def service(self, name: str) -> services.Service:
        folder = self.folder / name
        folder.mkdir()
        return services.Service(name, name.title(), "", {}, "", {}, (folder / "state",))

    def start(self, service: services.Service) -> processes.Recorded:
        folder = self.folder / service.name
        one = processes.start(service.name, [sys.executable, "-c", SLOW_TO_SAVE, str(folder)], {}, "1")
        self.assertTrue(wait_until((folder / "ready").exists, PATIENCE_SECONDS))
        processes.unsaved_mark(service.name).touch()
        return one

    def test_a_stop_waits_for_the_save_and_says_so(self) -> None:
        service = services.USUAL[0]
        one = self.start(service)
        outcome: list[str] = []
        with mock.patch.object(processes, "STILL_STOPPING_SECONDS", 0.1), contextlib.redirect_stderr(self.said):
            stopping = threading.Thread(target=lambda: outcome.append(services.stop(service)))
            stopping.start()
            self.assertTrue(wait_until(lambda: self.said.getvalue().count("saves its data") >= 3, PATIENCE_SECONDS))
            self.assertTrue(one.is_alive())
            (self.folder / "one" / "go").touch()
            stopping.join(PATIENCE_SECONDS)
        self.assertEqual(outcome, ["stopped"])
        self.assertEqual((self.folder / "one" / "state").read_text(), "saved")
        self.assertFalse(processes.unsaved_mark("one").exists())

    def begin_again(self) -> str:
        with contextlib.redirect_stderr(self.said):
            services.start_anew_if_need_be(services.USUAL)
        return self.said.getvalue()

    def states(self) -> list[bool]:
        return [(self.folder / service.name / "state").exists() for service in services.USUAL]

    def test_after_an_unclean_stop_all_begin_empty_together(self) -> None:
        for lost in range(2):
            for other_runs in (True, False):
                with self.subTest(lost=lost, other_runs=other_runs):
                    for service in services.USUAL:
                        (self.folder / service.name / "state").write_text("of the time before")
                        (self.folder / service.name / "go").touch()
                        self.start(service)
                    if not other_runs:
                        services.stop(services.USUAL[1 - lost])
                    processes.kill(services.USUAL[lost].name)
                    said = self.begin_again()
                    self.assertIn(f"The last end of {services.USUAL[lost].title} was unclean", said)
                    self.assertEqual(self.states(), [False, False])
                    self.assertEqual([processes.recorded(service.name) for service in services.USUAL], [None, None])
                    self.assertFalse(any(processes.unsaved_mark(service.name).exists() for service in services.USUAL))

    def test_after_a_clean_stop_all_is_kept(self) -> None:
        for service in services.USUAL:
            (self.folder / service.name / "go").touch()
            self.start(service)
            services.stop(service)
        self.assertEqual(self.begin_again(), "")
        self.assertEqual(self.states(), [True, True])

    def test_what_an_earlier_version_kept_otherwise_is_begun_anew_once(self) -> None:
        for form in (None, "1"):
            services.STATE_FORM_FILE.unlink()
            if form is not None:
                services.STATE_FORM_FILE.write_text(form)
            for service in services.USUAL:
                (self.folder / service.name / "state").write_text("of an earlier version")
            self.assertIn("An earlier version kept the data", self.begin_again())
            self.assertEqual(self.states(), [False, False])
            self.said.truncate(0)
            self.assertEqual(self.begin_again().strip("\0"), "", "said once")

    def test_who_runs_another_emulator_keeps_all(self) -> None:
        for service in services.USUAL:
            (self.folder / service.name / "state").write_text("of an earlier version")
        services.STATE_FORM_FILE.unlink()
        with contextlib.redirect_stderr(self.said):
            services.start_anew_if_need_be(services.USUAL[1:])
        self.assertEqual((self.said.getvalue(), self.states()), ("", [True, True]))
        self.assertIn("An earlier version kept the data", self.begin_again(), "of the one that was not wanted then")

    def test_a_stack_that_has_nothing_yet_says_nothing(self) -> None:
        services.STATE_FORM_FILE.unlink()
        self.assertEqual(self.begin_again(), "")
        self.assertEqual(services.STATE_FORM_FILE.read_text(), services.STATE_FORM)

    def test_what_ended_before_it_had_loaded_its_state_has_lost_nothing(self) -> None:
        for service in services.USUAL:
            (self.folder / service.name / "state").write_text("of the time before")
        one = self.start(services.USUAL[0])
        processes.unsaved_mark("one").unlink()
        processes.kill("one")
        self.assertFalse(one.is_alive())
        self.assertEqual(self.begin_again(), "")
        self.assertEqual(self.states(), [True, True])


if __name__ == "__main__":
    unittest.main()
