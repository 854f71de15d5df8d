"""``/pricing/``, ``/discount/`` and ``/licenses/``: what things cost, the same for every account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..domain.burst import FIRST_LEVEL
from ..domain.filters import split_values
from ..domain.prices import DISCOUNTS, render_price
from ..domain.refusal import Refusal
from ..domain.tariff import PRICES, RESOURCES
from ..engine import metering
from .listing import choose_fields, paging, single_answer
from .route import Answer, Call, Route

Doc = dict[str, Any]
_EVERYTHING = 0
"""Neither list is cut into pages unless that is asked for."""


def list_prices(call: Call) -> Answer:
    """List the price of each resource in each currency at each level, with the burst levels now and next."""
    wanted = {value for text in call.query.all("level") for value in split_values(text)}
    found = [price for price in PRICES if not wanted or str(price.level) in wanted]
    answer = _page(call, [render_price(price) for price in found], _EVERYTHING)
    now, following = metering.levels_now(call.tx), metering.levels_next(call.tx)
    answer.body["current"] = {name: now.get(name, FIRST_LEVEL) for name in sorted(RESOURCES)}
    answer.body["next"] = {name: following.get(name, FIRST_LEVEL) for name in sorted(RESOURCES)}
    return answer


def list_discounts(call: Call) -> Answer:
    """List the least terms and what is taken off for them."""
    return _page(call, [{"period": period, "value": value} for period, value in DISCOUNTS], _EVERYTHING)


def list_licenses(call: Call) -> Answer:
    """List the licences that can be subscribed."""
    limit, offset = paging(call.query)
    found = call.tx.find("licenses", owner=None, limit=limit or None, offset=offset)
    meta = {"limit": limit, "offset": offset, "total_count": call.tx.count("licenses", owner=None)}
    shown = choose_fields([_license(document) for document in found], call.query, None)
    return Answer(200, {"meta": meta, "objects": shown})


def get_license(call: Call) -> Answer:
    """Answer one licence, named by its number."""
    document = call.tx.get("licenses", call.params["uuid"])
    if document is None:
        raise Refusal.not_found(call.params["uuid"])
    return single_answer(call, _license(document))


def _license(document: Doc) -> Doc:
    return {key: value for key, value in document.items() if key not in ("uuid", "owner")}


def _page(call: Call, found: Sequence[Doc], default_limit: int) -> Answer:
    limit, offset = paging(call.query, default_limit)
    page = list(found[offset : offset + limit] if limit else found[offset:])
    meta = {"limit": limit, "offset": offset, "total_count": len(found)}
    return Answer(200, {"meta": meta, "objects": choose_fields(page, call.query, None)})


ROUTES = [
    Route("GET", "/pricing/", list_prices, id="pricing.list"),
    Route("GET", "/discount/", list_discounts, id="discount.list"),
    Route("GET", "/licenses/", list_licenses, id="licenses.list"),
    Route("GET", "/licenses/{uuid}/", get_license, id="licenses.get"),
]
