import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.canonical import JsonNumber, encode
from shared.errors import InvalidInput, TooLarge, ValidationFailed
from shared.events import envelope, http_binding, jetstream, protobuf

ATTRIBUTES = {"id": "1", "source": "urn:oms:dev:data-kernel", "type": "io.oms.commit.v1"}
STRUCTURED = {"specversion": "1.0", **ATTRIBUTES}
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=9))])
MOMENTS = st.builds(datetime.fromtimestamp, st.integers(0, 2**33), ZONES)


@st.composite
def events(draw):
    attributes = dict(ATTRIBUTES)
    attributes["id"] = draw(TEXTS)
    for name, values in {"subject": TEXTS, "time": MOMENTS, "partitionkey": TEXTS, "flag": st.booleans()}.items():
        if draw(st.booleans()):
            attributes[name] = draw(values)
    media_type = draw(st.sampled_from([None, "application/json", "text/plain", "application/octet-stream"]))
    if media_type:
        attributes["datacontenttype"] = media_type
    is_json = envelope.is_json_type(media_type)
    return envelope.build(attributes, draw(JSON if is_json else st.binary(max_size=20)))


def broken(changes):
    with pytest.raises(ValidationFailed) as caught:
        envelope.from_json({**STRUCTURED, **changes})
    return [(violation.path, violation.rule) for violation in caught.value.violations]


@given(events())
def test_an_event_has_the_same_message_by_the_gateway_and_by_the_fallback(event):
    direct = jetstream.to_message(event)

    by_grpc = protobuf.from_proto(protobuf.to_proto(event))
    by_http = http_binding.from_http(*http_binding.to_http(event))
    by_batch = http_binding.from_http(*http_binding.to_http_batch([event]))

    for arrived in (by_grpc, by_http[0], by_batch[0]):
        assert jetstream.to_message(arrived) == direct


def test_every_bad_attribute_is_told_without_its_content():
    found = broken({"id": "", "source": "not a uri", "type": "Bad Type", "time": "yesterday", "Ext": "x"})

    assert found == [("", "name"), ("/id", "empty"), ("/source", "form"), ("/time", "form"), ("/type", "form")]


@pytest.mark.parametrize("name", ["id", "source", "type", "specversion"])
def test_a_missing_attribute_is_named(name):
    assert broken({name: None}) == [(f"/{name}", "required")]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"specversion": "0.3"}, ("/specversion", "value")),
        ({"subject": "a\nb"}, ("/subject", "value")),
        ({"partitionkey": "a\x00"}, ("/partitionkey", "value")),
        ({"type": "a.b\n"}, ("/type", "value")),
        ({"number": 2**31}, ("/number", "type")),
        ({"number": {"a": 1}}, ("/number", "type")),
        ({"number": JsonNumber("1.5")}, ("/number", "type")),
        ({"dataschema": "relative"}, ("/dataschema", "form")),
        ({"time": "2026-01-01T00:00:00"}, ("/time", "form")),
        ({"time": "0001-01-01T00:00:00+10:00"}, ("/time", "form")),
        ({"data": 1, "data_base64": "AA=="}, ("", "value")),
        ({"traceparent": "nonsense"}, ("/traceparent", "form")),
    ],
)
def test_a_bad_value_is_refused(changes, found):
    assert found in broken(changes)


def test_null_attributes_and_extensions_are_absent():
    event = envelope.from_json({**STRUCTURED, "subject": None, "ext": None, "count": 3, "flag": True})

    assert event.get_attributes() == {**STRUCTURED, "count": "3", "flag": "true"}


def test_a_time_is_utc_and_none_is_invented():
    told = envelope.from_json({**STRUCTURED, "time": "2026-01-01T09:00:00.5+09:00"})

    assert told.get_time() == datetime(2026, 1, 1, microsecond=500_000, tzinfo=UTC)
    assert b'"time":"2026-01-01T00:00:00.500000Z"' in envelope.to_bytes(told)
    assert envelope.build(ATTRIBUTES).get_time() is None


def test_numbers_keep_their_digits():
    body = encode({**STRUCTURED, "data": {"n": JsonNumber("3.14159265358979323846"), "big": 10**30}})

    assert envelope.to_bytes(envelope.parse(body)) == body


def test_json_data_in_base64_is_json():
    text = base64.b64encode(b'{"b": 1, "a": 2}').decode()

    event = envelope.from_json({**STRUCTURED, "data_base64": text})

    assert event.get_data() == {"a": 2, "b": 1}


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b'{"id": NaN}', b'{"id":"a","id":"b"}', b"\xff"])
def test_what_is_no_json_object_is_malformed(body):
    with pytest.raises(InvalidInput):
        envelope.parse(body)


@pytest.mark.parametrize("encoded", ["???", "AAA"])
def test_bad_base64_is_malformed(encoded):
    with pytest.raises(InvalidInput):
        envelope.from_json({**STRUCTURED, "datacontenttype": "image/png", "data_base64": encoded})


def test_a_structure_needs_a_json_media_type():
    with pytest.raises(InvalidInput):
        envelope.build(ATTRIBUTES | {"datacontenttype": "text/plain"}, {"a": 1})


def test_the_size_counts_the_attributes_and_is_named():
    fitting = envelope.build(ATTRIBUTES, "x" * 60_000)
    assert len(envelope.to_bytes(fitting)) > 60_000

    with pytest.raises(TooLarge, match="65536"):
        envelope.build(ATTRIBUTES, "x" * 65_536)
    with pytest.raises(TooLarge, match="65536"):
        envelope.parse(b" " * 65_537)


def test_binary_mode_is_read_from_headers_and_body():
    headers = {"CE-Id": "%E2%82%AC", "ce-source": "/a", "ce-type": "a.b", "ce-specversion": "1.0", "ce-ext": "x"}

    (event,) = http_binding.from_http(headers | {"Content-Type": "application/json; charset=utf-8"}, b'{"a": 1.0}')

    assert event.get_id() == "€"
    assert event.get_extension("ext") == "x"
    assert json.loads(envelope.to_bytes(event))["data"] == {"a": 1.0}


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, InvalidInput),
        ({"content-type": "application/cloudevents+avro"}, InvalidInput),
        ({"content-type": "application/json"}, InvalidInput),
        ({"ce-id": "1", "ce-source": "/a", "ce-type": "a.b"}, ValidationFailed),
    ],
)
def test_a_request_in_none_of_the_modes_is_refused(headers, error):
    with pytest.raises(error):
        http_binding.from_http(headers, b"{}")


def test_a_batch_is_bounded():
    with pytest.raises(TooLarge, match="1000"):
        http_binding.batch_items(b"[" + b",".join([b"{}"] * 1001) + b"]")
    with pytest.raises(InvalidInput):
        http_binding.batch_items(b"{}")


@pytest.mark.parametrize("name", ["data", "data_base64"])
def test_where_json_has_the_data_is_no_attribute(name):
    with pytest.raises(ValidationFailed) as caught:
        http_binding.from_http({f"ce-{key}": text for key, text in {**STRUCTURED, name: "x"}.items()}, b"")
    assert [each.path for each in caught.value.violations] == [f"/{name}"]
    message = protobuf.pb.CloudEvent(**ATTRIBUTES, extensions={name: "x"})
    with pytest.raises(ValidationFailed):
        protobuf.from_proto(message)
