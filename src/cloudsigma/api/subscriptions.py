"""Subscriptions: resources bought for a time."""

from __future__ import annotations

from builtins import list as List  # noqa: N812  (in a collection, `list` is a verb)
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, TypeAlias, Unpack

from ..core.call import F, call, stream
from ..core.filters import filter_params
from ..core.pages import PAGE_SIZE, fetch_all, objects_in
from ..core.references import path_of
from ..errors import BadAnswer, InvalidArgument
from ..records.page import Page
from ..records.reference import SubscriptionReference
from ..records.subscription import (
    GroupedSubscriptionFilters,
    Subscription,
    SubscriptionExtension,
    SubscriptionFilters,
    SubscriptionList,
    SubscriptionSpec,
)
from .collection import Listed, Schemed, object_in
from .given_filters import known, with_times

SubscriptionRef: TypeAlias = str | int | SubscriptionReference | Subscription
"""A subscription: its number, its uuid, its resource_uri, its record, or what an address or VLAN says of it."""

MOST = 500
"""How many subscriptions the cloud takes in one request."""

THINGS = frozenset({"ip", "vlan"})
"""Resources of which each one becomes a subscription of its own."""


class Subscriptions(Listed[F, Subscription], Schemed[F]):
    """The subscriptions (``/subscriptions/``). They cannot be cancelled; only their renewal can be stopped."""

    _path = "subscriptions"
    _list_path = "subscriptions/"
    _record = Subscription
    _filters = SubscriptionFilters

    @call
    async def list(self, **filters: Unpack[SubscriptionFilters]) -> List[Subscription]:
        """Return every subscription that matches; ``priced`` has the sum of their prices, too.

        ``filters`` are the keys of ``cloudsigma.records.SubscriptionFilters``; all given must hold. Raises
        ``TypeError`` for a filter that there is not, and the errors of ``cloudsigma.errors``.
        """
        return await self._all(filters)

    @stream
    def iterate(
        self, *, page_size: int = PAGE_SIZE, **filters: Unpack[SubscriptionFilters]
    ) -> AsyncGenerator[Subscription, None]:
        """Yield every subscription that matches, reading ``page_size`` at a time, so that memory does not grow.

        It is a walk, not a snapshot: what appears or goes meanwhile may be missed. ``filters`` as in ``list``.
        """
        return self._walk(filters, page_size)

    @call
    async def page(
        self, offset: int = 0, limit: int = 20, **filters: Unpack[SubscriptionFilters]
    ) -> Page[Subscription]:
        """Return one page of the subscriptions that match.

        ``offset`` counts from 0; ``limit`` 0 means all that follow. ``filters`` as in ``list``. The page has
        ``objects``, ``offset``, ``limit`` and ``total_count``, the number that match in all.
        """
        return await self._page(offset, limit, filters)

    @call
    async def find(self, **filters: Unpack[SubscriptionFilters]) -> Subscription | None:
        """Return the only subscription that matches, or None when none does. ``filters`` as in ``list``.

        Raises ``cloudsigma.errors.ClientError`` when several match.
        """
        return await self._only(filters)

    @call
    async def priced(self, **filters: Unpack[SubscriptionFilters]) -> SubscriptionList:
        """Return the subscriptions that match together with the sum of their prices. ``filters`` as in ``list``."""
        path, params, _ = self._query(filters)
        answer = await self._requests.request("GET", path, params={**params, "limit": 0})
        objects_in(answer)
        return SubscriptionList(answer.data if isinstance(answer.data, dict) else {"objects": answer.data})

    @call
    async def grouped(self, **filters: Unpack[GroupedSubscriptionFilters]) -> List[Subscription]:
        """Return each chain of subscriptions as its first one, which ends when the last one does.

        Those that it was extended by are its ``descendants``. ``filters`` are the keys of
        ``cloudsigma.records.GroupedSubscriptionFilters``. Asks ``GET /groupedsubscriptions/``.
        """
        params = filter_params(known(filters, GroupedSubscriptionFilters, "grouped subscriptions"))
        return await fetch_all(self._requests, "groupedsubscriptions/", Subscription, params)

    @call
    async def get(self, ref: SubscriptionRef) -> Subscription:
        """Return one subscription.

        ``ref`` is its number, its uuid, its resource_uri, its record, or what an address or a VLAN says of it.
        Raises ``cloudsigma.errors.NotFound``.
        """
        return await self._fetch_one(subscription_path(ref), Subscription)

    @call
    async def create(self, **fields: Unpack[SubscriptionSpec]) -> Subscription:
        """Buy one subscription and return it.

        ``fields`` are the keys of ``cloudsigma.records.SubscriptionSpec``; ``resource`` is required, and how long
        is said by ``period``, by ``end_time``, or by ``start_time`` and one of them. An ``amount`` of several addresses
        or VLANs becomes as many subscriptions, which ``buy`` returns. Sends ``POST /subscriptions/``.

        Raises ``cloudsigma.errors.PaymentRequired`` when there is not enough money,
        ``cloudsigma.errors.ValidationError``, ``cloudsigma.errors.OutcomeUnknown`` when no answer came (look
        into ``list`` before buying again), ``cloudsigma.errors.InvalidArgument``.
        """
        if fields["resource"] in THINGS and str(fields.get("amount", 1)) != "1":
            raise InvalidArgument(
                f"{fields.get('amount')} of {fields['resource']} become as many subscriptions; buy([…]) returns them all"
            )
        bought = await self._buy([fields])
        if len(bought.objects) != 1:
            numbers = ", ".join(str(item.get("id")) for item in bought.objects)
            raise BadAnswer(
                f"{len(bought.objects)} subscriptions were bought where one was meant: {numbers or 'none is named'}",
                method="POST",
                path="/subscriptions/",
            )
        return bought.objects[0]

    @call
    async def create_many(self, specs: Sequence[SubscriptionSpec]) -> List[Subscription]:
        """Buy several subscriptions in one request, all or none, and return them.

        An amount of several addresses or VLANs becomes as many subscriptions. ``buy`` returns the price, too.
        """
        return (await self._buy(specs)).objects if specs else []

    @call
    async def buy(self, specs: Sequence[SubscriptionSpec]) -> SubscriptionList:
        """Buy subscriptions in one request, all or none, and return them with the sum of their prices.

        The cloud takes 500 at most. An amount of several addresses or VLANs becomes as many subscriptions.
        ``subscription_calculator.calculate`` says beforehand what it costs.
        """
        return await self._buy(specs)

    @call
    async def extend(self, ref: SubscriptionRef, **fields: Unpack[SubscriptionExtension]) -> Subscription:
        """Extend a subscription from the end of its chain on, and return the new one that does it.

        ``ref`` as in ``get``. ``fields`` are the keys of ``cloudsigma.records.SubscriptionExtension``; with
        none it is extended by its own length. Sends ``POST /subscriptions/{id}/action/?do=extend``. Raises
        ``cloudsigma.errors.PaymentRequired`` and ``cloudsigma.errors.OutcomeUnknown``.
        """
        answer = await self._requests.request(
            "POST", f"{subscription_path(ref)}action/", params={"do": "extend"}, body=with_times(fields)
        )
        return object_in(answer, Subscription)

    @call
    async def auto_renew(self, ref: SubscriptionRef, wanted: bool | None = None) -> Subscription:
        """Let a subscription be renewed at its end, or no longer, and return it.

        ``ref`` as in ``get``; ``wanted`` says which, and nothing is sent when it is so already; None changes it to
        the other. Sends ``POST /subscriptions/{id}/action/?do=auto_renew``.
        """
        path = subscription_path(ref)
        if wanted is not None:
            present = await self._fetch_one(path, Subscription)
            if present.auto_renew is wanted:
                return present
        # The action turns it over; the value is named as well, for it is documented that a body may carry it.
        body = {} if wanted is None else {"auto_renew": wanted}
        answer = await self._requests.request(
            "POST", f"{path}action/", params={"do": "auto_renew"}, body=body
        )
        return object_in(answer, Subscription)

    async def _buy(self, specs: Sequence[Mapping[str, Any]]) -> SubscriptionList:
        if not specs or len(specs) > MOST:
            raise InvalidArgument(f"1 to {MOST} subscriptions can be bought at once, not {len(specs)}")
        body = {"objects": [with_times(spec) for spec in specs]}
        answer = await self._requests.request("POST", "subscriptions/", body=body)
        bought = answer.data
        if isinstance(bought, dict) and "objects" not in bought:
            bought = [bought]
        if isinstance(bought, list):
            answer.data = {"objects": bought}
        objects_in(answer)
        return SubscriptionList(answer.data)


def subscription_path(ref: SubscriptionRef, collection: str = "subscriptions") -> str:
    """Return the path of a subscription: its number is what the cloud documents, so a record's is preferred."""
    if isinstance(ref, Mapping) and isinstance(ref.get("id"), (str, int)):
        ref = str(ref["id"])
    if isinstance(ref, int):
        ref = str(ref)
    if isinstance(ref, str) and "/" in ref:
        return f"{collection}/{path_of(ref, 'subscriptions').split('/')[1]}/"
    return path_of(ref, collection)
