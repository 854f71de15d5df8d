"""Records: dicts that lose nothing, whose annotated keys are typed attributes."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import pprint
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudsigma import records
from cloudsigma.records.record import Field, Record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=25,
)
JSON_OBJECTS = st.dictionaries(st.text(), JSON, max_size=6)


def public_records() -> list[type[Record]]:
    found = (getattr(records, name) for name in dir(records) if not name.startswith("_"))
    return [item for item in found if inspect.isclass(item) and issubclass(item, Record)]


RECORDS = public_records()


def field_names(cls: type[Record]) -> list[str]:
    return [name for name in get_type_hints(cls) if not name.startswith("_")]


@given(JSON_OBJECTS, st.sampled_from(RECORDS))
def test_any_json_object_survives(value: dict[str, Any], cls: type[Record]) -> None:
    record = cls(copy.deepcopy(value))
    assert record == value
    assert json.loads(json.dumps(record)) == json.loads(json.dumps(value))
    assert orjson.loads(orjson.dumps(record)) == orjson.loads(orjson.dumps(value))


@given(st.data())
def test_reading_every_attribute_changes_nothing(data: st.DataObject) -> None:
    """Whatever stands in the annotated keys, an attribute is the item, and the dict stays equal to what came."""
    cls = data.draw(st.sampled_from(RECORDS))
    keys = field_names(cls) or ["a"]
    value = data.draw(st.dictionaries(st.sampled_from(keys), JSON, max_size=6))
    record = cls(copy.deepcopy(value))
    for name in value:
        assert getattr(record, name) is record[name]
    assert record == value
    assert json.dumps(record, sort_keys=True) == json.dumps(value, sort_keys=True)


@given(JSON_OBJECTS, st.sampled_from(RECORDS))
def test_copies_are_of_the_same_type_and_equal(value: dict[str, Any], cls: type[Record]) -> None:
    record = cls(value)
    for twin in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert type(twin) is cls
        assert twin == record
        assert twin is not record


def test_a_partial_record_stays_partial_in_copies() -> None:
    server = records.Server(uuid="u")
    assert server.runtime is None
    server._mark_partial()
    for twin in (copy.copy(server), copy.deepcopy(server), pickle.loads(pickle.dumps(server))):
        with pytest.raises(AttributeError, match="fields="):
            twin.runtime  # noqa: B018


def test_a_deep_copy_shares_nothing() -> None:
    server = records.Server(nics=[{"mac": "22:00:00:00:00:01"}])
    twin = copy.deepcopy(server)
    twin.nics[0].mac = "22:00:00:00:00:02"
    assert server["nics"][0]["mac"] == "22:00:00:00:00:01"


def test_nested_records_get_their_type_in_place() -> None:
    nic = {"mac": "22:00:00:00:00:01", "ip_v4_conf": {"conf": "static", "ip": {"uuid": "192.0.2.1"}}}
    server = records.Server({"nics": [nic], "runtime": {"nics": [nic]}})
    assert isinstance(server.nics[0], records.Nic)
    assert server.nics[0] is server["nics"][0]
    assert server.nics is server.nics
    conf = server.nics[0].ip_v4_conf
    assert isinstance(conf, records.IpConf)
    assert isinstance(conf.ip, records.Reference)
    assert server.runtime is not None
    assert isinstance(server.runtime.nics[0], records.ServerNicRuntime)
    server.nics[0].model = "e1000"
    assert server["nics"][0]["model"] == "e1000"


def test_records_in_dicts_and_in_themselves_get_their_type() -> None:
    capabilities = records.Capabilities(drives={"dssd": {"size": {"min": 1, "max": 2}}})
    assert capabilities.drives is not None
    assert isinstance(capabilities.drives["dssd"].size, records.Limits)
    job = records.Job(children=[{"children": [{"children": [], "state": "success"}]}])
    assert job.children is not None
    assert job.children[0].children is not None
    assert job.children[0].children[0].state == "success"


def test_fields_that_nobody_annotated_are_attributes_too() -> None:
    server = records.Server({"name": "web", "secure_boot": True})
    assert server.secure_boot is True  # type: ignore[attr-defined]
    server.secure_boot = False  # type: ignore[attr-defined]
    assert server == {"name": "web", "secure_boot": False}


def test_a_missing_field_says_how_to_get_it() -> None:
    server = records.Server({"uuid": "u"})
    with pytest.raises(AttributeError, match=r"Server has no field 'cpu'.*get\(ref\)"):
        server.cpu  # noqa: B018
    with pytest.raises(AttributeError, match="no field 'nonsense'"):
        server.nonsense  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(server, "cpu")
    assert server.get("cpu") is None


def test_deleting_an_attribute_deletes_the_key() -> None:
    server = records.Server({"name": "web"})
    del server.name
    assert server == {}
    with pytest.raises(AttributeError):
        del server.name


@pytest.mark.parametrize("name", [name for name in dir(dict) if not name.startswith("_")])
def test_a_field_that_would_hide_a_dict_method_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=f"would hide dict.{name}"):
        type("Bad", (Record,), {"__annotations__": {name: "str"}})


def test_it_prints_like_a_dict() -> None:
    server = records.Server({"name": "web", "nics": [{"mac": "m"}]})
    assert repr(server) == repr(dict(server))
    wide = records.Server({f"key{number}": "x" * 20 for number in range(9)})
    assert pprint.pformat(wide) == pprint.pformat(dict(wide))


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: str(cls.__name__))
def test_every_record_documents_its_fields(cls: type[Record]) -> None:
    """Annotations resolve, are of kinds that JSON has, and each has its line of documentation in the source."""
    assert cls.__doc__
    source = inspect.getsource(cls).splitlines()
    for name in inspect.get_annotations(cls):
        assert isinstance(vars(cls)[name], Field)
        line = next(number for number, text in enumerate(source) if text.startswith(f"    {name}: "))
        assert source[line + 1].startswith('    """'), f"{cls.__name__}.{name} has no line of documentation"
    for name, hint in get_type_hints(cls).items():
        assert jsonable(hint), f"{cls.__name__}.{name}: {hint}"


def jsonable(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return all(jsonable(part) for part in get_args(hint))
    if origin is list:
        return jsonable(get_args(hint)[0])
    if origin is dict:
        return get_args(hint)[0] is str and jsonable(get_args(hint)[1])
    if inspect.isclass(hint) and issubclass(hint, Record):
        return True
    return hint in (str, int, float, bool, NoneType, Any)


def test_every_body_documents_its_keys() -> None:
    bodies = [getattr(records, name) for name in dir(records) if not name.startswith("_")]
    bodies = [body for body in bodies if is_typeddict(body)]
    assert len(bodies) > 15
    for body in bodies:
        source = inspect.getsource(body).splitlines()
        get_type_hints(body)
        for name in inspect.get_annotations(body):
            line = next(
                (number for number, text in enumerate(source) if text.startswith(f"    {name}: ")), None
            )
            if line is not None:  # otherwise inherited, and looked at there
                assert source[line + 1].startswith('    """'), f"{body.__name__}.{name}"


def test_every_export_is_importable_and_known_to_checkers() -> None:
    """The lazy table and the imports that only checkers read name the same things."""
    source = inspect.getsource(records)
    for name, home in records._HOME.items():
        assert getattr(records, name) is not None
        assert f"from .{home} import {name} as {name}" in source
    assert source.count("\n    from .") == len(records._HOME)
    with pytest.raises(AttributeError, match="Nonsense"):
        records.Nonsense  # noqa: B018


class TestValues:
    @pytest.mark.parametrize(
        ("text", "iso"),
        [
            ("2015-03-19T13:52:51+00:00", "2015-03-19T13:52:51+00:00"),
            ("2014-06-05T09:45:08.003595+00:00", "2014-06-05T09:45:08.003595+00:00"),
            ("2014-06-05 09:41:29.378194+00:00", "2014-06-05T09:41:29.378194+00:00"),
            ("2014-06-05T09:45:08", "2014-06-05T09:45:08+00:00"),
        ],
    )
    def test_times_in_every_shape(self, text: str, iso: str) -> None:
        assert records.to_datetime(text).isoformat() == iso

    @pytest.mark.parametrize("text", ["", "yesterday", "2015-03-19T25:00:00"])
    def test_what_is_no_time_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".+"):
            records.to_datetime(text)

    @given(st.decimals(allow_nan=False, allow_infinity=False, places=20))
    def test_amounts_stay_exact(self, amount: Any) -> None:
        assert records.to_decimal(str(amount)) == amount

    def test_zero_in_the_cloud_s_spelling(self) -> None:
        assert records.to_decimal("0E-20") == 0

    @pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1,5", 0.1, True])
    def test_what_is_no_amount_is_refused(self, text: Any) -> None:
        with pytest.raises(ValueError, match=r".+"):
            records.to_decimal(text)
