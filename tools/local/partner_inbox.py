"""Stands in for a partner: keeps what is posted to it, and answers as it is told to.

POST /<any path>      a delivery; recorded with headers and raw body
GET  /_requests       the deliveries, oldest first; `?path=/hotel-1` for one path only
DELETE /_requests     forget them
POST /_answer         {"status": 503, "times": 2, "delaySeconds": 0, "contains": ""}: how the next deliveries with that text are answered
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from pathlib import Path

from aiohttp import web

DELIVERIES_MAX = 50_000


class Inbox:
    def __init__(self, state_file: Path | None) -> None:
        self._state_file = state_file
        self._deliveries: deque[dict] = deque(maxlen=DELIVERIES_MAX)
        self._answers: list[tuple[str, int, float]] = []

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.text()
        status, delay_seconds = self._answer_to(body)
        self._deliveries.append(
            {
                "receivedAt": time.time(),
                "path": request.path,
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": body,
                "answered": status,
            }
        )
        await asyncio.sleep(delay_seconds)
        return web.Response(status=status)

    def _answer_to(self, body: str) -> tuple[int, float]:
        for index, (text, status, delay_seconds) in enumerate(self._answers):
            if text in body:
                del self._answers[index]
                return status, delay_seconds
        return 204, 0.0

    async def requests(self, request: web.Request) -> web.Response:
        path = request.query.get("path")
        results = [one for one in self._deliveries if path is None or one["path"] == path]
        return web.json_response({"results": results})

    async def forget(self, _request: web.Request) -> web.Response:
        self._deliveries.clear()
        self._answers.clear()
        return web.Response(status=204)

    async def answer(self, request: web.Request) -> web.Response:
        wish = await request.json()
        one = (str(wish.get("contains", "")), int(wish["status"]), float(wish.get("delaySeconds", 0)))
        self._answers.extend([one] * int(wish.get("times", 1)))
        return web.Response(status=204)

    async def load(self, _app: web.Application) -> None:
        if self._state_file is not None and self._state_file.exists():
            self._deliveries.extend(json.loads(self._state_file.read_text()))

    async def save(self, _app: web.Application) -> None:
        if self._state_file is not None:
            self._state_file.parent.mkdir(parents=True, exist_ok=True)
            self._state_file.write_text(json.dumps(list(self._deliveries)))


def make_app(state_file: Path | None = None) -> web.Application:
    inbox = Inbox(state_file)
    app = web.Application()
    app.on_startup.append(inbox.load)
    app.on_cleanup.append(inbox.save)
    app.router.add_get("/_requests", inbox.requests)
    app.router.add_delete("/_requests", inbox.forget)
    app.router.add_post("/_answer", inbox.answer)
    app.router.add_post("/{path:.*}", inbox.receive)
    return app
