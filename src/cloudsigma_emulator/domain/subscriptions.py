"""Subscriptions: what a purchase says, what it costs, and how subscriptions are stored and shown.

A subscription never changes but in ``auto_renew``; an extension is a new one that follows it. The first of such a
chain is its head and lists the others as its ``descendants``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from . import fields
from .jobs import timestamp
from .money import stored
from .periods import Term, following_term, next_noon, read_term
from .prices import Quote, quote
from .refs import resource_uri
from .refusal import Refusal
from .tariff import RESOURCES, TRAFFIC, price_of

Subscription = dict[str, Any]

MOST_AT_ONCE = 500
MOST_AMOUNT = 10**15
DEPLETABLE = frozenset(
    name for name in RESOURCES if (row := price_of(name, "USD", 0)) and row.unit == TRAFFIC
)
"""Resources that are used up instead of being held for a time."""
_SHOWN_OBJECTS = ("ip", "vlan")
_VPCS = ("vpc", "virtual_private_cloud")
_NODES = {name for name in RESOURCES if name.startswith("dedicated_")}
SEPARATE = frozenset({*_SHOWN_OBJECTS, *_VPCS, *_NODES})
"""Resources of which each piece becomes a subscription, and an object, of its own."""
ACTIVE, INACTIVE, EXPIRED = "active", "inactive", "expired"
STATUSES: dict[str, tuple[str, ...]] = {
    "all": (ACTIVE, INACTIVE, EXPIRED),
    "notexpired": (ACTIVE, INACTIVE),
    ACTIVE: (ACTIVE,),
    INACTIVE: (INACTIVE,),
    EXPIRED: (EXPIRED,),
}
"""The values of the ``status`` parameter, and the states that each stands for."""

_ALIASES = {"hdd": "dssd"}
_SHORTEST_VPC = timedelta(days=28)


@dataclass(frozen=True)
class Wish:
    """One thing to buy, and its price."""

    resource: str
    amount: int
    term: Term
    auto_renew: bool
    quote: Quote


def read_wishes(bodies: Sequence[Mapping[str, Any]], currency: str, now: datetime) -> list[Wish]:
    """Read a purchase: each piece of what is sold singly becomes a wish of its own.

    :raises Refusal: 400 for what cannot be bought like this, and for more than 500 objects.
    """
    if not bodies:
        raise Refusal.validation("The body names nothing to subscribe", "objects")
    if len(bodies) > MOST_AT_ONCE:
        raise _too_many()
    wishes: list[Wish] = []
    for body in bodies:
        wish = _read_wish(body, currency, now)
        if wish.resource not in SEPARATE:
            wishes.append(wish)
            continue
        if len(wishes) + wish.amount > MOST_AT_ONCE:
            raise _too_many()
        price = price_of(wish.resource, currency, 0)
        assert price is not None
        one = Wish(wish.resource, 1, wish.term, wish.auto_renew, quote(price, 1, wish.term))
        wishes += [one] * wish.amount
    return wishes


def _too_many() -> Refusal:
    return Refusal.validation(f"At most {MOST_AT_ONCE} subscriptions can be bought in one request")


def _read_wish(body: Mapping[str, Any], currency: str, now: datetime) -> Wish:
    if body.get("resource") is None:
        raise Refusal.validation("This field is required", "resource")
    resource = fields.text(body["resource"], "resource")
    resource = _ALIASES.get(resource, resource)
    price = price_of(resource, currency, 0) if resource in RESOURCES else None
    if price is None:
        raise Refusal.validation(f"There is no resource {resource} to subscribe", "resource")
    amount = 1 if body.get("amount") is None else fields.whole_number(body["amount"], "amount")
    if not 1 <= amount <= MOST_AMOUNT:
        raise Refusal.validation(f"amount must be a whole number from 1 to {MOST_AMOUNT}", "amount")
    auto_renew = fields.nullable(fields.boolean, lambda: True)(body.get("auto_renew"), "auto_renew")
    term = _until_noon(now) if price.resource in DEPLETABLE else read_term(body, now)
    if resource in _VPCS and term.wanted[1] - term.wanted[0] < _SHORTEST_VPC:
        point = "end_time" if body.get("end_time") else "period"
        raise Refusal.validation("A virtual private cloud is subscribed for a month at least", point)
    return Wish(resource, amount, term, auto_renew, quote(price, amount, term))


def _until_noon(now: datetime) -> Term:
    end = next_noon(now + timedelta(microseconds=1))
    return Term(now, end, (now, end), None)


def extension_of(last: Subscription, body: Mapping[str, Any], currency: str, now: datetime) -> Wish:
    """Return what follows the last subscription of a chain.

    :param body: may have ``period`` or ``end_time``; without them the length of the chain's beginning repeats.
    """
    price = price_of(last["resource"], currency, 0)
    if price is None:
        raise Refusal.validation(f"There is no resource {last['resource']} to subscribe", "resource")
    if price.resource in DEPLETABLE:
        term = _until_noon(now)
    else:
        start = datetime.fromisoformat(last["end_time"])
        length = start - datetime.fromisoformat(last["start_time"])
        term = following_term(start, length, last["period_text"], body)
    amount = int(last["amount"])
    return Wish(last["resource"], amount, term, last["auto_renew"], quote(price, amount, term))


def new_subscription(
    uuid: str,
    owner: str,
    number: int,
    wish: Wish,
    now: datetime,
    bought: str | None,
    *,
    head: str | None = None,
) -> Subscription:
    """Return a stored subscription.

    :param bought: the address or the uuid of what was bought with it, None where nothing is.
    :param head: uuid of the first of its chain, None when it is the first.
    """
    # Traffic has no end but its own: it lasts until it is used up.
    lasts = wish.resource in DEPLETABLE
    return {
        "uuid": uuid,
        "owner": owner,
        "name": str(number),
        "id": str(number),
        "status": ACTIVE if wish.term.start <= now else INACTIVE,
        "resource": wish.resource,
        "amount": str(wish.amount),
        "remaining": str(wish.amount),
        "start_time": timestamp_of(wish.term.start),
        "end_time": None if lasts else timestamp_of(wish.term.end),
        "period_text": wish.term.period,
        "auto_renew": wish.auto_renew,
        "price": str(stored(wish.quote.price)),
        "discount_amount": str(stored(wish.quote.taken_off)),
        "discount_percent": str(wish.quote.percent),
        "discounts": wish.quote.discounts,
        "subscribed_object": bought,
        "free_tier": False,
        "was_billed": True,
        "head": head,
        "followed_by": None,
    }


def timestamp_of(moment: datetime) -> str:
    """Return a start or an end as answers write it: without a fraction at noon, with microseconds otherwise."""
    return moment.isoformat() if not moment.microsecond else timestamp(moment)


def period_of(document: Subscription) -> str:
    """Return the length of a stored subscription as answers show it: ``31 days, 1:31:53.888650``."""
    start = datetime.fromisoformat(document["start_time"])
    if document["end_time"] is None:
        return str(_until_noon(start).end - start)
    return str(datetime.fromisoformat(document["end_time"]) - start)


def render_quote(wish: Wish) -> dict[str, Any]:
    """Return a wish as the calculator shows it, its price with every digit."""
    return {
        "amount": str(wish.amount),
        "discount_amount": str(wish.quote.taken_off),
        "discount_percent": str(wish.quote.percent),
        "discounts": wish.quote.discounts,
        "end_time": timestamp_of(wish.term.end),
        "free_tier": False,
        "period": str(wish.term.end - wish.term.start),
        "price": str(wish.quote.price),
        "resource": wish.resource,
        "start_time": timestamp_of(wish.term.start),
        "was_billed": True,
    }


def render_subscription(
    document: Subscription, descendants: Sequence[Subscription] = (), wish: Wish | None = None
) -> dict[str, Any]:
    """Return a subscription as answers show it.

    :param descendants: the extensions of the first in a chain.
    :param wish: what was bought, in the answer to the purchase: it shows the price with every digit.
    """
    bought = document["subscribed_object"] if document["resource"] in _SHOWN_OBJECTS else None
    shown = {
        "amount": document["amount"],
        "auto_renew": document["auto_renew"],
        "descendants": [render_subscription(each) for each in descendants],
        "discount_amount": document["discount_amount"],
        "discount_percent": document["discount_percent"],
        "discounts": document["discounts"],
        "end_time": document["end_time"],
        "free_tier": document["free_tier"],
        "id": document["id"],
        "period": period_of(document),
        "price": document["price"],
        "remaining": document["remaining"],
        "resource": document["resource"],
        "resource_uri": resource_uri("subscriptions", document["id"]),
        "start_time": document["start_time"],
        "status": document["status"],
        "subscribed_object": bought,
        "uuid": document["uuid"],
        "was_billed": document["was_billed"],
    }
    if wish is not None:
        shown["price"] = str(wish.quote.price)
        shown["discount_amount"] = str(wish.quote.taken_off)
    return shown


def render_chain(head: Subscription, descendants: Sequence[Subscription]) -> dict[str, Any]:
    """Return a chain as ``/groupedsubscriptions/`` shows it: its head, lasting until the end of the last."""
    shown = render_subscription(head, descendants)
    if descendants and descendants[-1]["end_time"] is not None:
        shown["end_time"] = descendants[-1]["end_time"]
        shown["period"] = period_of({**head, "end_time": shown["end_time"]})
    shown["status"] = chain_status([head, *descendants])
    return shown


def chain_status(chain: Sequence[Subscription]) -> str:
    """Return the status of a chain: active while one of its links is, else inactive while one is to come."""
    states = {each["status"] for each in chain}
    return next(status for status in (ACTIVE, INACTIVE, EXPIRED) if status in states)


def price_of_all(wishes: Sequence[Wish]) -> Decimal:
    """Return what wishes cost together, with every digit."""
    found = wishes[0].quote.price
    for wish in wishes[1:]:
        found += wish.quote.price
    return found
