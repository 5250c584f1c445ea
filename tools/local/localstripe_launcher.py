"""Starts localstripe with its store under .local, on the loopback interface.

As it comes, localstripe 1.15.10 rewrites its whole store to one file in /tmp at every change: it slows as it grows, and two
checkouts would share it. Here the store is kept in memory, loaded at the start and saved once, at a clean stop.
"""

from __future__ import annotations

import pickle

from aiohttp import web
from localstripe.resources import Store, store
from localstripe.server import app

import config

STORE_FILE = config.LOCALSTRIPE_STATE


async def load(_app: web.Application) -> None:
    if STORE_FILE.exists():
        dict.update(store, pickle.loads(STORE_FILE.read_bytes()))


async def save(_app: web.Application) -> None:
    STORE_FILE.parent.mkdir(parents=True, exist_ok=True)
    STORE_FILE.write_bytes(pickle.dumps(dict(store)))


def main() -> None:
    Store.dump_to_disk = lambda self: None
    app.on_startup.append(load)
    app.on_cleanup.append(save)
    web.run_app(app, host="127.0.0.1", port=config.LOCALSTRIPE_PORT, access_log=None, print=None)


if __name__ == "__main__":
    main()
