"""Buying, extending, renewing and ending subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..domain.money import BOOKS, stored, total
from ..domain.refusal import Refusal
from ..domain.subscriptions import (
    ACTIVE,
    EXPIRED,
    INACTIVE,
    Wish,
    extension_of,
    new_subscription,
    read_wishes,
)
from ..store.transaction import Transaction
from . import books, bought
from .world import World

Doc = dict[str, Any]
KIND = "subscriptions"
BEGIN, END = "subscription.begin", "subscription.end"


def wishes_of(tx: Transaction, owner: str, bodies: Sequence[Mapping[str, Any]]) -> list[Wish]:
    """Read what an account wants to buy, at the prices of its currency."""
    return read_wishes(bodies, books.balance_of(tx, owner)["currency"], tx.now)


def buy(tx: Transaction, owner: str, bodies: Sequence[Mapping[str, Any]]) -> list[tuple[Doc, Wish]]:
    """Buy all or nothing; returns the stored subscriptions with what they were bought for.

    :raises Refusal: 400 for what cannot be bought, 402 without the funds, 503 when no address is left.
    """
    wishes = wishes_of(tx, owner, bodies)
    cost = _require_money(tx, owner, wishes)
    made = [(_subscribe(tx, owner, wish), wish) for wish in wishes]
    books.book(tx, owner, cost, f"Buying subscriptions {', '.join(document['id'] for document, _ in made)}")
    return made


def extension(tx: Transaction, document: Doc, body: Mapping[str, Any]) -> tuple[Doc, Wish]:
    """Return the last of a subscription's chain, and what would follow it.

    :raises Refusal: 400 when the chain has ended, or ``body`` gives no sensible length.
    """
    last = chain_from(tx, document)[-1]
    if last["status"] == EXPIRED:
        raise Refusal.validation(f"The subscription {last['id']} has expired, there is nothing to extend")
    return last, extension_of(last, body, books.balance_of(tx, last["owner"])["currency"], tx.now)


def extend(tx: Transaction, document: Doc, body: Mapping[str, Any]) -> tuple[Doc, Wish]:
    """Extend a subscription's chain by one that follows its last; returns it with what it was bought for.

    :raises Refusal: 400 when there is nothing to extend, 402 without the funds.
    """
    last, wish = extension(tx, document, body)
    cost = _require_money(tx, last["owner"], [wish])
    following = _subscribe(tx, last["owner"], wish, after=last)
    tx.update(KIND, last)
    books.book(tx, last["owner"], cost, f"Buying subscriptions {following['id']}")
    return following, wish


def set_auto_renew(tx: Transaction, document: Doc, wanted: bool) -> None:
    """Say whether a subscription goes on by itself at its end: it and all that follow it in its chain."""
    for link in chain_from(tx, document):
        link["auto_renew"] = wanted
        tx.update(KIND, link)
    document["auto_renew"] = wanted


def drain(tx: Transaction, owner: str, amount: int, resource: str = "tx") -> int:
    """Use up traffic that an account has subscribed, one subscription after the other.

    :param amount: bytes sent.
    :returns: how many of them no subscription covers.
    """
    open_ones = [
        document
        for status in (ACTIVE, INACTIVE)
        for document in reversed(tx.find(KIND, owner=owner, status=status))
        if document["resource"] == resource
    ]
    for number, document in enumerate(open_ones):
        document["status"] = ACTIVE
        used = min(amount, int(document["remaining"]))
        amount -= used
        document["remaining"] = str(int(document["remaining"]) - used)
        if document["remaining"] != "0":
            tx.update(KIND, document)
            break
        document["status"] = EXPIRED
        if number + 1 == len(open_ones) and document["auto_renew"] and document["followed_by"] is None:
            _renew(tx, document)
        tx.update(KIND, document)
    return amount


def chain_from(tx: Transaction, document: Doc) -> list[Doc]:
    """Return a subscription and all that follow it, in order."""
    chain = [document]
    while chain[-1]["followed_by"] is not None:
        following = tx.get(KIND, chain[-1]["followed_by"])
        assert following is not None, "subscriptions are never removed"
        chain.append(following)
    return chain


def begin(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: the time of a subscription that was bought beforehand has come."""
    document = tx.get(KIND, payload["uuid"])
    if document is not None and document["status"] == INACTIVE:
        _activate(tx, document)


def end(tx: Transaction, world: World, payload: Doc) -> None:
    """Task: a subscription is over. Its extension takes its place; without one, what it brought goes."""
    document = tx.get(KIND, payload["uuid"])
    if document is None or document["status"] == EXPIRED:
        return
    document["status"] = EXPIRED
    if document["followed_by"] is None and document["auto_renew"]:
        _renew(tx, document)
    tx.update(KIND, document)
    following = tx.get(KIND, document["followed_by"]) if document["followed_by"] else None
    if following is None:
        if document["subscribed_object"] is not None and document["resource"] in bought.ENDERS:
            bought.ENDERS[document["resource"]](tx, document["subscribed_object"])
        return
    if following["status"] != EXPIRED:  # one that was renewed this moment is active already
        tx.cancel(about=following["uuid"], task=BEGIN)
        _activate(tx, following)


def _activate(tx: Transaction, document: Doc) -> None:
    document["status"] = ACTIVE
    tx.update(KIND, document)
    if document["subscribed_object"] is not None:
        bought.hand_over(tx, document["resource"], document["subscribed_object"], int(document["id"]))


def _renew(tx: Transaction, document: Doc) -> None:
    owner = document["owner"]
    try:
        wish = extension_of(document, {}, books.balance_of(tx, owner)["currency"], tx.now)
        cost = _require_money(tx, owner, [wish])
    except Refusal as refusal:
        tx.audit(
            "Subscriptions", "auto_renew", document["uuid"], actor=owner, owner=owner, error=refusal.body()[0]
        )
        return
    _subscribe(tx, owner, wish, after=document)
    books.book(tx, owner, cost, f"Auto renewing subscriptions {document['id']}")


def _require_money(tx: Transaction, owner: str, wishes: Sequence[Wish]) -> Decimal:
    cost = total([stored(wish.quote.price) for wish in wishes])
    if cost and books.funds_of(books.balance_of(tx, owner)) < cost:
        raise Refusal.billing(f"The balance does not cover the price of {cost.normalize(BOOKS):f}")
    return cost


def _subscribe(tx: Transaction, owner: str, wish: Wish, after: Doc | None = None) -> Doc:
    number = bought.next_number(tx)
    if after is not None:
        thing = after["subscribed_object"]
    else:
        make = bought.MAKERS.get(wish.resource)
        thing = None if make is None else make(tx, owner, number)
    head = None if after is None else after["head"] or after["uuid"]
    document = new_subscription(tx.new_uuid(), owner, number, wish, tx.now, thing, head=head)
    if document["end_time"] is None and _draining(tx, owner, wish.resource):
        document["status"] = INACTIVE
    if after is not None:
        after["followed_by"] = document["uuid"]
        tx.event(KIND, head or after["uuid"])  # which lists the new one
    tx.insert(KIND, document, rank=-number)
    tx.audit(
        "Subscriptions", "create", document["uuid"], details={"resource": wish.resource, "amount": wish.amount},
        actor=tx.actor or owner, owner=owner,
    )  # fmt: skip
    schedule(tx, document)
    return document


def schedule(tx: Transaction, document: Doc) -> None:
    """Let a subscription begin and end by itself."""
    times = [(END, document["end_time"])]
    if document["status"] == INACTIVE:
        times.append((BEGIN, document["start_time"]))
    for task, text in times:
        if text is not None and document["end_time"] is not None:
            seconds = (datetime.fromisoformat(text) - tx.now).total_seconds()
            uuid = document["uuid"]
            tx.later(max(0.0, seconds), task, about=uuid, at_speed=False, uuid=uuid)


def _draining(tx: Transaction, owner: str, resource: str) -> bool:
    active = tx.find(KIND, owner=owner, status=ACTIVE)
    return any(document["resource"] == resource for document in active)
