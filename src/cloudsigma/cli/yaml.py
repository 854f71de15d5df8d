"""JSON values in block style of YAML 1.2: what cannot stand plainly is quoted as in JSON, which YAML contains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/][\w/@+-]*(?:[ .][\w/@+-]+)*", re.ASCII)
# Words that some version of YAML reads as something else than a text.
_TAKEN = re.compile(r"y|n|yes|no|on|off|true|false|null|nan|inf", re.IGNORECASE)
_BROKEN = {"\x7f": "\\x7f", "\x85": "\\x85", "\u2028": "\\u2028", "\u2029": "\\u2029", "\ufeff": "\\ufeff"}


def lines(value: Any) -> Iterator[str]:
    """Yield the lines of a document that is ``value``."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _entry(f"{_text(str(key))}:", item)
    elif isinstance(value, (list, tuple)) and value:
        for item in value:
            nested = list(lines(item))
            yield f"- {nested[0]}"
            yield from (f"  {line}" for line in nested[1:])
    else:
        yield _scalar(value)


def _entry(head: str, value: Any) -> Iterator[str]:
    if isinstance(value, (Mapping, list, tuple)) and value:
        yield head
        yield from (f"  {line}" for line in lines(value))
    else:
        yield f"{head} {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    return json.dumps(value)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not _TAKEN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    for letter, spelt in _BROKEN.items():
        quoted = quoted.replace(letter, spelt)
    # Control characters of the second range and lone surrogates are not allowed as they are.
    return re.sub(
        "[\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", quoted
    )
