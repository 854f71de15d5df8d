"""The schemas of profile, balance, current usage and subscriptions."""

from __future__ import annotations

from .build import NAMED, NO, F, Schema

PROFILE = Schema(
    ["get", "put"],
    ["get", "put"],
    (
        F("address", "string", ""),
        F("api_https_only", "boolean", False),
        F("autotopup_amount", "decimal", 0),
        F("autotopup_threshold", "decimal", 0),
        F("bank_reference", "string", NO, "blank nullable readonly"),
        F("clone_naming", "string", "NONE"),
        F("company", "string", ""),
        F("country", "string", ""),
        F("currency", "string", NO, "blank nullable readonly"),
        F("email", "string", NO, "readonly"),
        F("first_name", "string", ""),
        F("has_autotopup", "boolean", False),
        F("has_tx_autotopup", "boolean", False),
        F("invoicing", "boolean", True),
        F("key_auth", "boolean", False),
        F("language", "string", "EN"),
        F("last_name", "string", ""),
        F("mailing_list", "boolean", True),
        F("meta", "dict", NO),
        F("my_notes", "string", "", "nullable"),
        F("network_restrictions", "string", NO, "nullable readonly"),
        F("nickname", "string", ""),
        F("phone", "string", ""),
        F("postcode", "string", NO, "nullable"),
        F("reseller", "string", ""),
        F("signup_time", "datetime", "2015-03-19T13:49:15.421660+00:00"),
        F("state", "string", NO, "readonly"),
        F("tax_name", "string", NO, "nullable readonly"),
        F("tax_rate", "decimal", NO, "nullable readonly"),
        F("title", "string", ""),
        F("town", "string", ""),
        F("tx_autotopup_amount", "decimal", 0),
        F("tx_autotopup_threshold", "decimal", 0),
        F("uuid", "string", NO, "readonly"),
        F("vat", "string", ""),
    ),
    old=True,
)


BALANCE = Schema(
    ["get"],
    ["get"],
    (
        F("balance", "decimal", NO, "readonly required"),
        F("credit_limit", "string", NO, "readonly required"),
        F("currency", "string", NO, "readonly required"),
    ),
    filtering=NAMED,
)


CURRENTUSAGE = Schema(
    ["get"],
    ["get"],
    (
        F("balance", "dict", NO, "required"),
        F("usage", "dict", NO, "required"),
    ),
    filtering=NAMED,
)


SUBSCRIPTIONS = Schema(
    ["get", "post"],
    ["get", "post"],
    (
        F("amount", "string", 1),
        F("auto_renew", "boolean", True),
        F("descendants", "related", NO, "nullable readonly"),
        F("discount_amount", "decimal", NO, "blank nullable"),
        F("discount_percent", "decimal", NO, "blank nullable"),
        F("discounts", "dict", NO, "blank nullable readonly"),
        F("end_time", "datetime", NO, "nullable"),
        F("free_tier", "boolean", False),
        F("id", "string", "", "unique"),
        F("period", "string", NO),
        F("price", "decimal", 0),
        F("remaining", "string", NO, "nullable"),
        F("resource", "string", NO),
        F("resource_uri", "string", NO, "readonly"),
        F("start_time", "datetime", "2015-03-19T13:55:01.236421+00:00"),
        F("status", "string", NO, "readonly"),
        F("subscribed_object", "string", NO, "nullable"),
        F("uuid", "string", NO, "nullable unique"),
        F("was_billed", "boolean", False),
    ),
    filtering={"subscribed_object": ["exact"]},
    old=True,
)


LOGS = Schema(
    ["get"],
    [],
    (
        F("action", "string", None, "required"),
        F("actor", "related"),
        F("category", "string", None, "required"),
        F("details", "string"),
        F("error_message", "string"),
        F("error_point", "string"),
        F("error_type", "string"),
        F("success", "boolean", True, "required"),
        F("timestamp", "string", None, "required"),
        F("uuid", "string"),
    ),
    filtering=NAMED,
)
