"""The background processes of the local stack and how each is started: MiniStack, localstripe, our own servers; for `make chaos`
also microburst, a proxy between the functions and MiniStack."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import config
import fingerprint
import processes
from console import Stop, step, wait_until


@dataclass(frozen=True)
class Service:
    name: str
    title: str
    script: str
    ports: dict[int, str]
    ready_url: str
    env: dict[str, str]
    # Written at a clean stop, read at the start.
    state: tuple[Path, ...]

    def version(self) -> str:
        """Changes with the code and settings that a running process would have to be restarted for."""
        own_env = sorted((name, value) for name, value in self.env.items() if name not in CLEAN_ENV)
        sources = fingerprint.of_files([*config.TOOLS_DIR.glob("*.py"), config.TOOLS_DIR / "stripe_shim"])
        return f"{sources} {own_env}"


# MiniStack and LocalStack both answer it.
EMULATOR_HEALTH_URL = f"{config.AWS_ENDPOINT_URL}/_localstack/health"

# Functions inherit MiniStack's environment whole, so it is given nothing of the caller's but PATH and HOME.
CLEAN_ENV = {
    "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
    "HOME": str(config.LOCAL_DIR),
    "LANG": "C.UTF-8",
    "TMPDIR": str(config.LOCAL_DIR / "tmp"),
    "PYTHONUNBUFFERED": "1",
}

MINISTACK = Service(
    name="ministack",
    title="MiniStack (AWS)",
    script="ministack_launcher.py",
    ports={config.MINISTACK_PORT: "MiniStack"},
    ready_url=EMULATOR_HEALTH_URL,
    env=CLEAN_ENV
    | config.AWS_ENV
    | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(config.MINISTACK_PORT),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(config.STATE_DIR / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(config.STATE_DIR / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "3600",
    },
    state=(config.STATE_DIR / "ministack", config.STATE_DIR / "s3"),
)

LOCALSTRIPE = Service(
    name="localstripe",
    title="localstripe",
    script="localstripe_launcher.py",
    ports={config.LOCALSTRIPE_PORT: "localstripe"},
    ready_url=f"{config.LOCALSTRIPE_URL}/js.stripe.com/v3/",
    env=CLEAN_ENV,
    state=(config.LOCALSTRIPE_STATE,),
)

COMPANIONS = Service(
    name="companions",
    title="Stripe shim, issuer, inbox",
    script="companions.py",
    ports={
        config.STRIPE_PORT: "the Stripe shim",
        config.ISSUER_PORT: "the token issuer",
        config.INBOX_PORT: "the partner inbox",
    },
    ready_url=f"{config.ISSUER_URL}/.well-known/openid-configuration",
    env=CLEAN_ENV | {"NEIGHBOUR_HOST": config.NEIGHBOUR_HOST},
    state=(config.SHIM_STATE, config.INBOX_STATE),
)

# What goes wrong is told to it over its own API (`/_microburst/rules`); without rules it passes everything on.
MICROBURST = Service(
    name="microburst",
    title="microburst",
    script="microburst_launcher.py",
    ports={config.MICROBURST_PORT: "microburst"},
    ready_url=f"{config.MICROBURST_URL}/_microburst/health",
    env=CLEAN_ENV,
    state=(),
)
# Functions inherit the endpoint; whoever calls the API, and the emulator's own parts among themselves, go past the proxy.
MINISTACK_THROUGH_MICROBURST = replace(MINISTACK, env=MINISTACK.env | {"AWS_ENDPOINT_URL": config.MICROBURST_URL})

NEIGHBOURS = (LOCALSTRIPE, COMPANIONS)
SERVICES = (MINISTACK, *NEIGHBOURS, MICROBURST)
# In order, with and without the proxy.
USUAL = (MINISTACK, *NEIGHBOURS)
THROUGH_MICROBURST = (MICROBURST, MINISTACK_THROUGH_MICROBURST, *NEIGHBOURS)


def ensure_running(service: Service) -> None:
    """Starts the service unless it runs and answers."""
    with step(service.title) as note:
        running = processes.recorded(service.name)
        if running is not None:
            if running.version == service.version() and processes.answers(service.ready_url):
                note("running")
                return
            # Older code, a start that was broken off, or a process that hangs: begin again.
            processes.stop(service.name)
        processes.ensure_ports_free(service.ports)
        forgotten = forget_unsaved_state(service)
        (config.LOCAL_DIR / "tmp").mkdir(parents=True, exist_ok=True)
        one = processes.start(
            service.name, [str(config.VENV_PYTHON), str(config.TOOLS_DIR / service.script)], service.env, service.version()
        )
        wait_until(
            lambda: processes.answers(service.ready_url) or not one.is_alive(), config.START_SECONDS_MAX
        )
        if not processes.answers(service.ready_url):
            processes.stop(service.name)
            raise Stop(
                f"{service.title} did not start: {processes.log_file(service.name).relative_to(config.ROOT)} says why; "
                "`make down clean-local up` starts from nothing.",
                processes.log_tail(service.name),
            )
        ports = ", ".join(str(port) for port in service.ports)
        note(f"started empty (last stop unclean), port {ports}" if forgotten else f"started, port {ports}")


def ensure_foreign_emulator() -> None:
    """For an emulator that the user runs: LocalStack, for example."""
    with step("Emulator (started by you)") as note:
        if not processes.answers(EMULATOR_HEALTH_URL):
            raise Stop(f"No emulator answers at {EMULATOR_HEALTH_URL}: start LocalStack first, then run the command again.")
        note("answers")


def forget_unsaved_state(service: Service) -> bool:
    """Removes what an unclean end left: parts of it are newer than others, and together they make no whole."""
    if not processes.unsaved_mark(service.name).exists():
        return False
    for path in service.state:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return True


def stop_all() -> None:
    stop_microburst()
    for service in USUAL:
        with step(service.title) as note:
            note(processes.stop(service.name))


def stop_microburst() -> None:
    """Most stacks run without it, and need not read of it."""
    if processes.recorded(MICROBURST.name) is not None:
        with step(MICROBURST.title) as note:
            note(processes.stop(MICROBURST.name))
