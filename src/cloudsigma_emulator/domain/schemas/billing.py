"""The schemas of prices, discounts, licences, the ledger and burst usage."""

from __future__ import annotations

from .build import NO, F, Schema

PRICING = Schema(
    ["get"],
    ["get"],
    (
        F("currency", "string", NO, "readonly"),
        F("id", "string", "", "unique"),
        F("level", "integer", 0),
        F("multiplier", "integer", NO, "readonly"),
        F("price", "decimal", NO),
        F("resource", "string", NO, "readonly"),
        F("unit", "string", NO, "readonly"),
    ),
    filtering={"level": 1},
    old=True,
    limit=0,
)


DISCOUNT = Schema(
    ["get"],
    ["get"],
    (
        F("period", "string", NO, "nullable"),
        F("value", "decimal", 0),
    ),
    old=True,
    limit=0,
)


LICENSES = Schema(
    ["get"],
    ["get"],
    (
        F("burstable", "boolean", False),
        F("long_name", "string", ""),
        F("name", "string", NO, "unique"),
        F("resource_uri", "string", NO, "readonly"),
        F("type", "string", "instance"),
        F("user_metric", "string", NO),
    ),
    old=True,
)


LEDGER = Schema(
    ["get"],
    ["get"],
    (
        F("amount", "decimal", 0),
        F("billing_cycle", "integer", NO, "nullable"),
        F("end", "decimal", 0),
        F("human_interval", "string", NO, "nullable"),
        F("id", "string", "", "unique"),
        F("initial", "decimal", 0),
        F("interval", "integer", NO, "nullable"),
        F("poll_time", "datetime", "2014-06-05T09:41:58.809494+00:00"),
        F("reason", "string", NO),
        F("resource_amount", "string", 1, "nullable"),
        F("time", "datetime", "2014-06-05T09:41:58.809480+00:00"),
    ),
    filtering={"billing_cycle": 1, "time": 1},
    ordering=["time"],
    old=True,
)


BURSTUSAGE = Schema(
    ["get"],
    ["get"],
    (
        F("amount", "decimal", 0),
        F("date", "datetime", NO, "nullable readonly"),
        F("resource_type", "string", NO),
        F("usage", "integer", 0),
        F("uuid", "string", NO),
    ),
    filtering={"date": 1},
    old=True,
)
