"""The control plane, ``/_emulator/...``: what tests and people may do that no user of the cloud can.

``health``, ``reset``, ``clock``, ``faults``, ``coverage``, ``runtime``, ``events``, ``tokens``, ``limits``,
``money`` (balance, credit_limit, currency of an account), ``traffic`` (bytes that an account has sent),
``burst_levels``.
Answers are JSON; a mistake in a request is a 400 with ``{"error": ...}``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from ..domain.tariff import RESOURCES
from ..engine import books, credentials, metering, subscribing
from ..engine.guests import let_happen, machines
from ..routes.request import Request, Response

if TYPE_CHECKING:
    from ..app import App

Doc = dict[str, Any]


class _BadRequest(Exception):
    pass


class Control:
    """Answers the requests of the control plane."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._routes: dict[tuple[str, str], Callable[[Doc], Doc]] = {
            ("GET", "health"): self._health,
            ("POST", "reset"): self._reset,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._set_clock,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "coverage"): lambda _: self._app.router.coverage(),
            ("GET", "runtime"): self._runtime,
            ("POST", "events"): self._event,
            ("POST", "tokens"): self._token,
            ("GET", "limits"): self._limits,
            ("POST", "limits"): self._set_limits,
            ("POST", "money"): self._money,
            ("POST", "traffic"): self._traffic,
            ("GET", "burst_levels"): self._levels,
            ("POST", "burst_levels"): self._set_levels,
        }

    def handle(self, request: Request) -> Response:
        """Carry out one request."""
        name = request.path.removeprefix("/_emulator").strip("/") or "health"
        route = self._routes.get((request.method, name))
        if route is None:
            known = sorted({path for _, path in self._routes})
            allowed = any(path == name for _, path in self._routes)
            return _json(
                405 if allowed else 404, {"error": f"{request.method} {name} is not there", "paths": known}
            )
        try:
            body = orjson.loads(request.body) if request.body.strip() else {}
            if not isinstance(body, dict):
                raise _BadRequest("the body is a JSON object")
            return _json(200, route(body))
        except (orjson.JSONDecodeError, _BadRequest, ValueError, TypeError) as error:
            return _json(400, {"error": str(error)})

    def _health(self, _: Doc) -> Doc:
        return {
            "status": "ok",
            "hypervisor": self._app.options.hypervisor,
            "api_endpoint": self._app.api_endpoint,
        }

    def _reset(self, body: Doc) -> Doc:
        seed = body.get("seed")
        if seed not in (None, "standard", "empty"):
            raise _BadRequest("seed is standard or empty")
        self._app.reset(seed)
        return {"status": "ok"}

    def _clock(self, _: Doc) -> Doc:
        clock = self._app.clock
        due = self._app.engine.next_step()
        return {
            "now": clock.now().isoformat(),
            "mode": "stopped" if clock.virtual else "running",
            "speed": clock.speed,
            "next_task": datetime.fromtimestamp(due, UTC).isoformat() if due is not None else None,
        }

    def _set_clock(self, body: Doc) -> Doc:
        known = {"mode", "speed", "set", "advance", "jump"}
        unknown = sorted(set(body) - known)
        if unknown:
            raise _BadRequest(f"unknown key {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        clock = self._app.clock
        if "speed" in body:
            clock.set_speed(body["speed"])
        if "mode" in body:
            if body["mode"] not in ("stopped", "running"):
                raise _BadRequest("mode is stopped or running")
            clock.stop() if body["mode"] == "stopped" else clock.run()
        if "set" in body:
            moment = datetime.fromisoformat(body["set"])
            self._app.move_clock((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        if "advance" in body:
            self._app.move_clock(clock.timestamp() + float(body["advance"]))
        if body.get("jump"):
            self._app.jump()
        self._app.wake()
        return self._clock({})

    def _faults(self, _: Doc) -> Doc:
        return {"faults": [fault.as_document() for fault in self._app.faults.waiting()]}

    def _add_fault(self, body: Doc) -> Doc:
        wanted = body.get("faults", [body])
        return {"ids": [self._app.faults.add(**fault) for fault in wanted]}

    def _clear_faults(self, _: Doc) -> Doc:
        self._app.faults.clear()
        return {"faults": []}

    def _runtime(self, _: Doc) -> Doc:
        return {"servers": machines(self._app)}

    def _event(self, body: Doc) -> Doc:
        server, event = str(body.get("server", "")), str(body.get("event", ""))
        return {"happened": let_happen(self._app, server, event)}

    def _token(self, body: Doc) -> Doc:
        with self._app.transaction() as tx:
            account = credentials.named_account(tx, body.get("email"))
            seconds = float(body.get("expires_in", 900))
            token = credentials.add_token(tx, account["uuid"], seconds=seconds)
        return {"access_token": token, "expires_in": int(seconds)}

    def _money(self, body: Doc) -> Doc:
        with self._app.transaction() as tx:
            found = books.set_money(tx, credentials.named_account(tx, body.get("email"))["uuid"], body)
        return {key: found[key] for key in ("balance", "credit_limit", "currency")}

    def _traffic(self, body: Doc) -> Doc:
        sent = body.get("bytes")
        if not isinstance(sent, int) or sent < 0:
            raise _BadRequest("bytes is a whole number")
        with self._app.transaction() as tx:
            owner = credentials.named_account(tx, body.get("email"))["uuid"]
            return {"not_subscribed": subscribing.drain(tx, owner, sent)}

    def _levels(self, _: Doc) -> Doc:
        with self._app.transaction() as tx:
            return {"current": metering.levels_now(tx), "next": metering.levels_next(tx)}

    def _set_levels(self, body: Doc) -> Doc:
        for resource, level in body.items():
            if resource not in RESOURCES or not isinstance(level, int) or not 1 <= level <= 20:
                raise _BadRequest("burst levels are whole numbers from 1 to 20, by the names of resources")
        with self._app.transaction() as tx:
            metering.set_levels(tx, body)
        return self._levels({})

    def _limits(self, _: Doc) -> Doc:
        rates = self._app.rates
        return {"enforced": rates.enforced, "per_minute": rates.per_minute}

    def _set_limits(self, body: Doc) -> Doc:
        rates = self._app.rates
        if "enforced" in body:
            rates.enforced = None if body["enforced"] is None else bool(body["enforced"])
        for method, limit in body.get("per_minute", {}).items():
            if method not in rates.per_minute or not isinstance(limit, int):
                raise _BadRequest("per_minute maps GET, POST, PUT, DELETE to whole numbers")
            rates.per_minute[method] = limit
        return self._limits({})


def _json(status: int, body: Doc) -> Response:
    return Response(status, [("Content-Type", "application/json; charset=utf-8")], orjson.dumps(body))
