"""One process with our own small servers: the Stripe shim, the token issuer, the partner inbox."""

from __future__ import annotations

import asyncio
import logging
import signal

from aiohttp import web

import config
import issuer
import partner_inbox
from stripe_shim.server import Shim


async def serve(app: web.Application, port: int) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, config.NEIGHBOUR_BIND, port, reuse_address=True).start()
    return runner


async def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    shim = Shim(config.LOCALSTRIPE_URL, config.STRIPE_API_URL, config.STRIPE_WEBHOOK_SECRET, config.SHIM_STATE)
    runners = [
        await serve(shim.app(), config.STRIPE_PORT),
        await serve(partner_inbox.make_app(config.INBOX_STATE), config.INBOX_PORT),
        await serve(issuer.make_app(), config.ISSUER_PORT),
    ]
    await stop.wait()
    for runner in reversed(runners):
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
