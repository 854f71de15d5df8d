"""The cloud as one function: ``App.handle(Request) -> Response``. Start reading here.

Order of a request: fault? - route - rate limit - who is calling - body - handler, inside one transaction that is
committed before the answer leaves. Frames for the websocket are published after the commit, in the order of the
commits; effects on the world (a machine, a file) come after it, in the same order.
"""

from __future__ import annotations

import contextlib
import logging
import random
import secrets
import threading
import uuid as uuids_module
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from .domain import digest
from .domain.faults import Fault
from .domain.object_uris import uri_of
from .domain.permissions import grants_of
from .domain.refusal import ErrorItem, Refusal
from .domain.relations import links_of
from .domain.usage import holdings_of
from .drivers import make_hypervisor
from .engine import addresses, billing, seeding
from .engine.bus import Bus
from .engine.clock import Clock
from .engine.faults import Faults
from .engine.guests import Guests
from .engine.options import Options
from .engine.rates import RateLimits
from .engine.task_table import CALENDAR_TASKS, LONG_TASKS, QUIET_TASKS, TASKS
from .engine.tasks import Engine
from .image import cache as guest_images
from .routes import answers
from .routes.access import Access, StaleNonce
from .routes.listing import MANY
from .routes.refusals import log_refusal
from .routes.request import BytesStream, Request, Response
from .routes.route import Answer, Call, Query, Route
from .routes.router import Router, segments_of
from .routes.table import ROUTES
from .store.database import Database
from .store.images import Images
from .store.transaction import Transaction

log = logging.getLogger("cloudsigma_emulator")

PREFIXES = (["api", "2.0"], ["2.0"])
BESIDE_THE_API = ("realms", "service_provider")
"""First segments of the paths of the services that give delegated tokens."""
Doc = dict[str, Any]


class App:
    """A whole cloud. Thread-safe: one request or task at a time, except the bytes of drives.

    Argument: the options. Raises StoreProblem when the data directory cannot be used. ``start`` lets tasks run by
    themselves; ``close`` ends everything.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.lock = threading.RLock()
        self.host = "127.0.0.1"
        """The host under which clients reach the emulator."""
        self.base_url = "http://127.0.0.1"
        """Scheme, host and port, without a slash at the end."""
        self.websocket_url = "ws://127.0.0.1/websocket"
        self.clock = Clock(self.options.speed, virtual=self.options.virtual_clock)
        self.random = self._new_random()
        self.faults = Faults()
        self.bus = Bus()
        self.router = Router(ROUTES)
        self.rates = RateLimits(self.options.rate_limits)
        self.close_sockets: Callable[[str | None], int] = lambda account: 0
        """Closes the websockets of an account (None: all); the websocket face sets it."""
        self._access = Access()
        self._effects: deque[Callable[[], None]] = deque()
        self._effects_lock = threading.Lock()
        self._effects_thread: int | None = None
        self._open = False
        with contextlib.ExitStack() as undo:
            self.database = Database(self.options.data, links_of, uri_of, holdings_of, grants_of)
            undo.callback(self.database.close)
            self.engine = Engine(self, TASKS, LONG_TASKS, CALENDAR_TASKS, QUIET_TASKS)
            self.hypervisor = make_hypervisor(self.options.hypervisor, Guests(self), self.options.accelerator)
            undo.callback(self.hypervisor.close)
            self.images = Images(self.options.data or self.hypervisor.scratch)
            undo.callback(self.images.close)
            with self.transaction() as tx:
                if tx.setting("secret") is None:
                    self._sow(tx)
                else:
                    self._adopt(tx, seeding.add_guests(tx, self._guest_images(), self.images.existing))
                    addresses.lend_from(tx, self.hypervisor.lends_from)
                self.secret = bytes.fromhex(tx.setting("secret"))
            self._restore()
            undo.pop_all()  # it stands

    # the main thing

    def handle(self, request: Request, *, face: bool = False) -> Response:
        """Carry out a request and return its answer; never raises.

        ``face``: the caller spoils the answer as ``response.fault`` says and calls ``wake`` once it is out, if
        ``response.wake``. Without it tasks may begin at once.
        """
        method, query = request.method, query_of(request)
        fault = self.faults.take(
            method,
            request.path,
            query.get("do"),
            caller=lambda: self._names_of_caller(request),
            chance=self.random.random,
        )
        if fault is not None and (fault.status is not None or fault.cut == "before"):
            response = answers.fault_answer(fault)
        else:
            response = self._carry_out(request, query)
        if fault is not None:
            if fault.close_websockets:
                self.close_sockets(None)
            if fault.status is None and fault.body is not None:
                response = answers.replaced(response, fault)
            response.fault = fault
        response.headers.append(("X-REQUEST-ID", str(uuids_module.uuid4())))
        if response.wake and not face:
            self.engine.wake()
        return response

    def is_binary(self, request: Request) -> bool:
        """Tell whether the body of a request belongs to a route that reads it as a stream."""
        segments = _below_prefix(segments_of(request.path))
        if segments is None or request.method == "OPTIONS":
            return False
        try:
            route, _ = self.router.find(request.method, segments, query_of(request))
        except Refusal:
            return False
        return route.binary

    def is_long(self, request: Request) -> bool:
        """Tell whether a request asks for so much that its answer is made in pieces, between other requests."""
        if request.method != "GET" or "limit=" not in request.query:
            return False
        limit = query_of(request).get("limit") or ""
        if limit != "0" and not (limit.isdigit() and len(limit) >= len(str(MANY))):
            return False
        with self.lock:
            return self.database.objects() > MANY

    def wake(self) -> None:
        """Let the engine look for tasks."""
        self.engine.wake()

    def served_at(self, host: str, port: int, *, tls: bool = False) -> None:
        """Say where clients reach the emulator, for the addresses that it gives out."""
        self.host = host
        self.base_url = f"{'https' if tls else 'http'}://{host}:{port}"
        self.websocket_url = f"{'wss' if tls else 'ws'}://{host}:{port}/websocket"

    @property
    def api_endpoint(self) -> str:
        """The API's base, ending in a slash."""
        return f"{self.base_url}/api/2.0/"

    # transactions

    @contextlib.contextmanager
    def transaction(self, *, actor: str | None = None, wake: bool = True) -> Iterator[Transaction]:
        """Open a transaction; commit, publish and run effects at its end, or undo it when the block raises."""
        with self.lock:
            if self._open:
                raise RuntimeError("a transaction is open already in this thread")
            self._open = True
            tx = Transaction(
                self.database,
                self.clock.now(),
                self.random,
                self.clock.duration,
                instant=self.clock.instant,
                actor=actor,
            )
            try:
                yield tx
                frames = tx.commit()
            except BaseException:
                tx.rollback()
                raise
            finally:
                self._open = False
            if frames:
                self.bus.publish(frames)
            self._effects.extend(tx.effects)
        if tx.effects:
            self._run_effects()
        if wake and tx.tasks_changed:
            self.engine.wake()

    # life

    def start(self) -> None:
        """Let tasks run by themselves from now on."""
        self.engine.start()

    def close(self) -> None:
        """End tasks, machines and files. The rows stay where they are."""
        self.engine.stop()
        self.hypervisor.close()
        self.images.close()
        self.database.close()

    def reset(self, seed: str | None = None) -> None:
        """Begin anew with a fresh seed: no servers, no faults, no sessions, wall-clock time."""
        self.faults.clear()
        self.rates.clear()
        with self.transaction(wake=False) as tx:
            tx.execute("DELETE FROM tasks")
        self.engine.finish_long()
        self.hypervisor.stop_all()
        self.clock.reset(virtual=self.options.virtual_clock)
        self.clock.set_speed(self.options.speed)
        self.random = self._new_random()
        with self.transaction() as tx:
            tx.execute("DELETE FROM tasks")
            self.database.empty()
            self._sow(tx, seed)
            self._access.forget()
            self.secret = bytes.fromhex(tx.setting("secret"))
        self.images.remove_all()
        self.close_sockets(None)
        self.router.answered.clear()
        self.router.unknown.clear()

    def move_clock(self, timestamp: float) -> None:
        """Set the time; tasks due on the way run in their order, each at its own time."""
        while True:
            self.engine.run_due()
            self.engine.finish_long()
            due = self.engine.next_stop(timestamp)
            if due is None:
                break
            self.clock.move_to(max(due, self.clock.timestamp()))
        self.clock.move_to(timestamp)
        self.engine.run_due()
        self.engine.finish_long()
        self.engine.wake()

    def jump(self) -> bool:
        """Move the time to the next step of an operation and let it happen; False when none waits.

        What comes round by the calendar (billing, the ends of subscriptions) is no such step.
        """
        due = self.engine.next_step()
        if due is None:
            return False
        self.move_clock(max(due, self.clock.timestamp()))
        return True

    # inside

    def _carry_out(self, request: Request, query: Query) -> Response:
        tried: Call | None = None
        try:
            segments = _below_prefix(segments_of(request.path))
            if segments is None:
                raise Refusal(404, ErrorItem("notexist", "The API is below /api/2.0/"))
            if request.method == "OPTIONS":
                return self._options(segments)
            route, params = self.router.find(request.method, segments, query)
            answers.check_accept(request, query)
            if route.binary:
                return self._stream(request, query, route, params)
            with self.transaction(wake=False) as tx:
                call = self._call(tx, request, query, route, params)
                call.request_body = answers.parse_body(request)
                tried = call
                answer = route.handler(call)
                rendered = answers.render(request, answer) if answer.later is None else None
            if rendered is None:
                rendered = answers.render(request, answer)
            rendered.wake = tx.tasks_changed
        except StaleNonce as refusal:
            return answers.refusal_answer(refusal, self._challenges(stale=True))
        except Refusal as refusal:
            if tried is not None:
                self._log_refusal(tried, refusal, len(request.body))
            return answers.refusal_answer(refusal, self._challenges() if refusal.status == 401 else ())
        except ConnectionError:
            gone = ErrorItem("validation", "The request ended before its body was complete")
            return answers.refusal_answer(Refusal(400, gone), ())
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return answers.refusal_answer(Refusal(500, ErrorItem("backend", "unknown error")), ())
        self.router.answered[route.id] += 1
        return rendered

    def _log_refusal(self, call: Call, refusal: Refusal, size: int) -> None:
        try:
            log_refusal(call, refusal, size)
        except Exception:
            log.exception("the refusal of %s could not be logged", call.route.id)

    def _stream(self, request: Request, query: Query, route: Route, params: dict[str, str]) -> Response:
        with self.transaction(wake=False) as tx:
            call = self._call(tx, request, query, route, params)
        closed = Call(
            self, route, request.method, params, query, request.headers, call.user,
            raw_body=request.stream or BytesStream(request.body),
        )  # fmt: skip
        rendered = answers.render(request, route.handler(closed))
        rendered.wake = True
        self.router.answered[route.id] += 1
        return rendered

    def _call(
        self, tx: Transaction, request: Request, query: Query, route: Route, params: dict[str, str]
    ) -> Call:
        user: Doc | None = None
        if route.auth:
            user = self._access.account(tx, self.secret, request)
            tx.actor = user["uuid"]
            self.rates.count(user["uuid"], request.method, tx.now.timestamp(), self.clock.speed)
        return Call(self, route, request.method, params, query, request.headers, user, tx=tx)

    def _options(self, segments: list[str]) -> Response:
        methods = self.router.methods(segments)
        if methods is None:
            self.router.find("OPTIONS", segments, Query([]))
            raise AssertionError("an unknown path was refused")
        text = ",".join(methods)
        return Response(200, [("Content-Type", "text/plain; charset=utf-8"), ("Allow", text)], text.encode())

    def _challenges(self, *, stale: bool = False) -> tuple[tuple[str, str], ...]:
        now = self.clock.timestamp()
        return (
            ("WWW-Authenticate", f'Basic realm="{digest.REALM}"'),
            ("WWW-Authenticate", digest.challenge(self.secret, now, stale=stale)),
        )

    def who(self, tx: Transaction, request_headers: dict[str, str], method: str) -> Doc | None:
        """Return the account behind headers, or None: for public routes that look at it all the same."""
        try:
            return self._access.account(tx, self.secret, Request(method, "", headers=request_headers))
        except Refusal as refusal:
            if refusal.status == 401:
                return None
            raise

    def _names_of_caller(self, request: Request) -> tuple[str, ...]:
        try:
            with self.transaction(wake=False) as tx:
                account = self.who(tx, request.headers, request.method)
        except Refusal:
            return ()
        return (account["uuid"], account["email"]) if account else ()

    def _run_effects(self) -> None:
        me = threading.get_ident()
        if self._effects_thread == me:
            return  # an effect opened a transaction: the loop below us goes on with what it added
        with self._effects_lock:
            self._effects_thread = me
            try:
                while self._effects:
                    action = self._effects.popleft()
                    try:
                        action()
                    except Exception:
                        log.exception("an effect of a committed change failed")
            finally:
                self._effects_thread = None

    def _sow(self, tx: Transaction, seed: str | None = None) -> None:
        tx.set_setting("secret", secrets.token_hex(20))
        tx.set_setting("born", datetime.now(UTC).isoformat())
        addresses.lend_from(tx, self.hypervisor.lends_from)
        self._adopt(tx, seeding.sow(tx, seed or self.options.seed, self._guest_images()))
        billing.begin(tx)

    def _guest_images(self) -> Sequence[guest_images.GuestImage]:
        return guest_images.current() if self.options.hypervisor == "qemu" else ()

    def _adopt(self, tx: Transaction, files: Iterable[tuple[str, Path]]) -> None:
        """Let drives have copies of files: one of each file, which its drives share."""
        first: dict[Path, str] = {}
        for uuid, file in files:
            source = first.setdefault(file, uuid)
            copy = partial(self.images.adopt, uuid, file)
            tx.after_commit(copy if source == uuid else partial(self.images.share, source, uuid))

    def _restore(self) -> None:
        """Bring the world in line with the rows, after a start with an existing data directory."""
        with self.transaction() as tx:
            drives = {uuid for kind in ("drives", "libdrives") for uuid, _ in tx.names(kind)}
            drives |= {uuid for kind in ("snapshots", "remotesnapshots") for uuid, _ in tx.names(kind)}
            running = [doc for doc in tx.find("servers") if doc.get("status") != "stopped"]
            billing.begin(tx)
        self.images.keep_only(drives)
        self.hypervisor.restore(running)

    def _new_random(self) -> random.Random:
        seed = self.options.random_seed
        return random.Random(secrets.randbits(128) if seed is None else seed)  # noqa: S311 - ids, not secrets


def query_of(request: Request) -> Query:
    """Return the parameters of a request; of an absurd number of them the first thousand."""
    text = "&".join(request.query.split("&", 1000)[:1000])
    return Query(parse_qsl(text, keep_blank_values=True))


def _below_prefix(segments: list[str]) -> list[str] | None:
    for prefix in PREFIXES:
        if segments[: len(prefix)] == prefix:
            return segments[len(prefix) :]
    return segments if segments and segments[0] in BESIDE_THE_API else None


__all__ = ["Answer", "App", "Fault", "Request", "Response"]
