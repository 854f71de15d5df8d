"""``/subscriptions/``, ``/groupedsubscriptions/`` and ``/subscriptioncalculator/``: buying, and asking the price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..domain import fields
from ..domain.filters import split_values
from ..domain.money import total
from ..domain.refusal import Refusal
from ..domain.subscriptions import (
    STATUSES,
    chain_status,
    price_of_all,
    render_chain,
    render_quote,
    render_subscription,
)
from ..engine import subscribing
from ..store.transaction import Transaction
from .listing import choose_fields, paging, single_answer
from .route import Answer, Call, Route

Doc = dict[str, Any]


def list_subscriptions(call: Call) -> Answer:
    """List the caller's subscriptions, the newest first, with the sum of their prices."""
    limit, offset = paging(call.query)
    states = _states(call)
    resources, objects = _values(call, "resource"), _values(call, "subscribed_object")
    tx, owner = call.tx, call.user_uuid
    if states == STATUSES["all"] and resources is None and objects is None:
        count = tx.count(subscribing.KIND, owner=owner)
        page = tx.find(subscribing.KIND, owner=owner, limit=limit or None, offset=offset)
    else:
        found = [
            document
            for document in tx.find(subscribing.KIND, owner=owner)
            if document["status"] in states
            and (resources is None or document["resource"] in resources)
            and (objects is None or document["subscribed_object"] in objects)
        ]
        count = len(found)
        page = found[offset : offset + limit] if limit else found[offset:]
    shown = [render_subscription(document, _descendants(tx, document)) for document in page]
    body = {
        "meta": {"limit": limit, "offset": offset, "total_count": count},
        "objects": choose_fields(shown, call.query, None),
        "price": str(total([Decimal(document["price"]) for document in page])),
    }
    return Answer(200, body)


def get_subscription(call: Call) -> Answer:
    """Answer one subscription, named by its id or its uuid."""
    document = _fetch(call)
    return single_answer(call, render_subscription(document, _descendants(call.tx, document)))


def create_subscriptions(call: Call) -> Answer:
    """Buy one subscription or many, all or none."""
    made = subscribing.buy(call.tx, call.user_uuid, call.objects())
    objects = [render_subscription(document, (), wish) for document, wish in made]
    return Answer(201, {"objects": objects, "price": str(price_of_all([wish for _, wish in made]))})


def extend(call: Call) -> Answer:
    """Buy the subscription that follows one; the answer is the new one."""
    document = _fetch(call)
    following, wish = subscribing.extend(call.tx, document, call.object())
    call.tx.audit("Subscriptions", "extend", document["uuid"], details=call.object())
    return Answer(200, render_subscription(following, (), wish))


def auto_renew(call: Call) -> Answer:
    """Say whether a subscription goes on at its end; without a word about it the contrary of now holds."""
    document = _fetch(call)
    body = call.object()
    given = next((body[key] for key in ("auto_renew", "value") if body.get(key) is not None), None)
    wanted = not document["auto_renew"] if given is None else fields.boolean(given, "auto_renew")
    subscribing.set_auto_renew(call.tx, document, wanted)
    call.tx.audit("Subscriptions", "auto_renew", document["uuid"], details={"auto_renew": wanted})
    return Answer(200, render_subscription(document, _descendants(call.tx, document)))


def list_chains(call: Call) -> Answer:
    """List the caller's subscriptions with their extensions folded into the first of each chain."""
    limit, offset = paging(call.query)
    states, resources = _states(call), _values(call, "resource")
    found = []
    for head in call.tx.find(subscribing.KIND, owner=call.user_uuid):
        if head["head"] is not None or (resources is not None and head["resource"] not in resources):
            continue
        chain = subscribing.chain_from(call.tx, head)
        if chain_status(chain) in states:
            found.append(chain)
    page = found[offset : offset + limit] if limit else found[offset:]
    shown = [render_chain(chain[0], chain[1:]) for chain in page]
    meta = {"limit": limit, "offset": offset, "total_count": len(found)}
    return Answer(200, {"meta": meta, "objects": choose_fields(shown, call.query, None)})


def calculate(call: Call) -> Answer:
    """Answer what a purchase would cost; nothing is bought, and no money is needed."""
    wishes = subscribing.wishes_of(call.tx, call.user_uuid, call.objects())
    return Answer(
        200, {"objects": [render_quote(wish) for wish in wishes], "price": str(price_of_all(wishes))}
    )


def calculate_extension(call: Call) -> Answer:
    """Answer what an extension would cost."""
    _, wish = subscribing.extension(call.tx, _fetch(call), call.object())
    return Answer(200, render_quote(wish))


def _fetch(call: Call) -> Doc:
    name, tx = call.params["uuid"], call.tx
    document = tx.get(subscribing.KIND, name)
    if document is None:
        found = tx.find(subscribing.KIND, owner=call.user_uuid, name=name)
        found = found or tx.find(subscribing.KIND, name=name)
        if not found:
            raise Refusal.not_found(name)
        document = found[0]
    if document["owner"] != call.user_uuid:
        raise Refusal.lacks(call.user_uuid, "LIST", [name])
    return document


def _descendants(tx: Transaction, document: Doc) -> list[Doc]:
    return subscribing.chain_from(tx, document)[1:] if document["head"] is None else []


def _states(call: Call) -> tuple[str, ...]:
    status = call.query.get("status") or "all"
    states: list[str] = []
    for name in split_values(status):
        if name not in STATUSES:
            raise Refusal.validation(f"status must be one of: {', '.join(STATUSES)}", "status")
        states += [state for state in STATUSES[name] if state not in states]
    return tuple(states)


def _values(call: Call, name: str) -> set[str] | None:
    """Return the values that a parameter allows, None when it is not given; several of one name are ANDed."""
    allowed: set[str] | None = None
    for text in call.query.all(name):
        values = set(split_values(text))
        allowed = values if allowed is None else allowed & values
    return allowed


ROUTES = [
    Route("GET", "/subscriptions/", list_subscriptions, id="subscriptions.list"),
    Route("POST", "/subscriptions/", create_subscriptions, id="subscriptions.create"),
    Route("GET", "/subscriptions/{uuid}/", get_subscription, id="subscriptions.get"),
    Route("POST", "/subscriptions/{uuid}/action/", extend, action="extend", id="subscriptions.extend"),
    Route(
        "POST",
        "/subscriptions/{uuid}/action/",
        auto_renew,
        action="auto_renew",
        id="subscriptions.auto_renew",
    ),
    Route("GET", "/groupedsubscriptions/", list_chains, id="groupedsubscriptions.list"),
    Route("POST", "/subscriptioncalculator/", calculate, id="subscriptioncalculator.calculate"),
    Route(
        "POST",
        "/subscriptioncalculator/{uuid}/action/",
        calculate_extension,
        action="extend",
        id="subscriptioncalculator.extend",
    ),
]
