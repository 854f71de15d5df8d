"""What subscriptions would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ..core.call import F, call
from ..core.pages import objects_in
from ..errors import InvalidArgument
from ..records.subscription import (
    CalculatedSubscription,
    PriceCalculation,
    SubscriptionExtension,
    SubscriptionSpec,
)
from .collection import Collection, object_in
from .given_filters import with_times
from .subscriptions import MOST, SubscriptionRef, subscription_path


class SubscriptionCalculator(Collection[F]):
    """The calculator (``/subscriptioncalculator/``): prices of subscriptions without buying them."""

    _path = "subscriptioncalculator"

    @call
    async def get_price(self, **fields: Unpack[SubscriptionSpec]) -> PriceCalculation:
        """Return what one subscription would be and cost.

        ``fields`` are the keys of ``cloudsigma.records.SubscriptionSpec``; ``resource`` is required, and how long
        is said as in buying. Sends ``POST /subscriptioncalculator/``. Raises ``cloudsigma.errors.ValidationError``.
        """
        return await self._calculate([fields])

    @call
    async def calculate(self, specs: Sequence[SubscriptionSpec]) -> PriceCalculation:
        """Return what several subscriptions would be and cost, and the sum of it; the cloud takes 500 at most."""
        return await self._calculate(specs)

    @call
    async def extend(
        self, ref: SubscriptionRef, **fields: Unpack[SubscriptionExtension]
    ) -> CalculatedSubscription:
        """Return what the extension of a subscription would be and cost.

        ``ref`` is its number, its uuid, its resource_uri or its record; ``fields`` are the keys of
        ``cloudsigma.records.SubscriptionExtension``; with none it is extended by its own length.
        Sends ``POST /subscriptioncalculator/{id}/action/?do=extend``.
        """
        answer = await self._requests.request(
            "POST",
            f"{subscription_path(ref, self._path)}action/",
            params={"do": "extend"},
            body=with_times(fields),
            repeatable=True,
        )
        return object_in(answer, CalculatedSubscription)

    async def _calculate(self, specs: Sequence[Mapping[str, Any]]) -> PriceCalculation:
        if not specs or len(specs) > MOST:
            raise InvalidArgument(f"1 to {MOST} subscriptions can be calculated at once, not {len(specs)}")
        answer = await self._requests.request(
            "POST",
            "subscriptioncalculator/",
            body={"objects": [with_times(spec) for spec in specs]},
            repeatable=True,
        )
        objects_in(answer)
        return PriceCalculation(answer.data if isinstance(answer.data, dict) else {"objects": answer.data})
