"""Subscriptions: what ``/subscriptions/`` and ``/subscriptioncalculator/`` answer and take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Required, TypedDict

from .record import Record


class CalculatedSubscription(Record):
    """A subscription as the calculator sees it: what it would be and cost, not bought."""

    amount: str
    """How much: bytes of storage, memory and traffic, MHz of CPU, a count of all else."""
    discount_amount: str | None
    """Money taken off, a decimal."""
    discount_percent: str | None
    """Fraction taken off, a decimal: ``0.2500000000`` is a quarter."""
    discounts: dict[str, Any] | None
    """Fractions taken off by reason, such as ``{"period": "0.2500000000"}``; not in the oldest answers."""
    end_time: str | None
    """End, ISO 8601 with offset."""
    free_tier: bool | None
    """Whether it belongs to the free tier; not in the oldest answers."""
    period: str
    """Length from start to end, ``31 days, 1:31:53.888650``; ``to_timedelta`` of ``cloudsigma.records`` reads it."""
    price: str
    """What it costs after the discount, a decimal; ``to_decimal`` reads it exactly."""
    resource: str
    """What is subscribed: ``dssd``, ``cpu``, ``mem``, ``ip``, ``vlan``, ``tx``, the name of a licence …"""
    start_time: str | None
    """Start, ISO 8601 with offset."""
    was_billed: bool | None
    """Whether it was paid for; not in the oldest answers."""


class Subscription(CalculatedSubscription):
    """A resource bought for a time. It cannot be cancelled; only its renewal can be stopped."""

    auto_renew: bool
    """Whether it is extended by itself at its end."""
    descendants: list[Subscription] | None
    """Those that it was extended by."""
    id: str
    """Its number, in text (an address or VLAN gives it as a number)."""
    last_notification: str | None
    """Only in the oldest answers."""
    remaining: str | None
    """What is left of ``amount``; it becomes less for traffic (``tx``) only."""
    resource_uri: str
    """Absolute path of the subscription."""
    status: str
    """``active``, ``inactive`` (not begun) or ``expired``."""
    subscribed_object: str | None
    """What was bought, where it is a thing of its own: the address, or the VLAN's uuid."""
    uuid: str
    """Identifier; the path has the ``id``."""


class SubscriptionList(Record):
    """Subscriptions with the sum of their prices, as one answer gives them."""

    meta: dict[str, Any] | None
    """Page and count; not in the answer to buying."""
    objects: list[Subscription]
    """The subscriptions."""
    price: str
    """Sum of the prices, a decimal."""


class PriceCalculation(Record):
    """What subscriptions would cost."""

    objects: list[CalculatedSubscription]
    """Each one."""
    price: str
    """Sum of the prices, a decimal."""


class SubscriptionSpec(TypedDict, total=False):
    """A subscription to buy, or to calculate. Two of start, end and period say how long; the start is now if not given."""

    resource: Required[str]
    """What: ``dssd``, ``cpu``, ``mem``, ``ip``, ``vlan``, ``tx``, the name of a licence …"""
    amount: int | str
    """How much (1): bytes of storage, memory and traffic, MHz of CPU, a count of all else."""
    period: str
    """How long: ``1 month``, ``2 months 1 week``, ``1 year``."""
    start_time: str | datetime
    """Start; UTC where no offset is given; one in the past means now. The cloud takes the noon before it."""
    end_time: str | datetime
    """End; UTC where no offset is given. The cloud takes the noon after it."""
    auto_renew: bool
    """Whether it is extended by itself at its end (true)."""


class SubscriptionExtension(TypedDict, total=False):
    """How long to extend a subscription; with neither, as long as it was."""

    period: str
    """How long: ``1 month``."""
    end_time: str | datetime
    """Until when; UTC where no offset is given."""


class SubscriptionFilters(TypedDict, total=False):
    """What subscriptions can be listed by; several must all hold, a sequence means any of its values."""

    status: str
    """``active``, ``inactive``, ``expired``, ``notexpired`` or ``all`` (default)."""
    resource: str | Sequence[str]
    """What is subscribed."""
    subscribed_object: str | Sequence[str]
    """The address or the VLAN's uuid that was bought."""
    fields: str | Sequence[str]
    """Only these fields are asked for; the records then lack the others."""


class GroupedSubscriptionFilters(TypedDict, total=False):
    """What chains of subscriptions can be listed by."""

    status: str
    """``active``, ``inactive``, ``expired``, ``notexpired`` or ``all`` (default)."""
    resource: str | Sequence[str]
    """What is subscribed."""
