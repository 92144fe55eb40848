import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.errors import InvalidInput, Unsupported
from shared.flags import Flags, FlagValue, Mode, Path
from shared.flags.value import bucket
from shared.telemetry import Telemetry, names


def flags(telemetry=None, **values):
    return Flags({name: FlagValue.parse(text) for name, text in values.items()}, telemetry or Telemetry.off("oms"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("off", FlagValue(Mode.OFF)),
        ("false", FlagValue(Mode.OFF)),
        ("on", FlagValue(Mode.ON)),
        ("TRUE", FlagValue(Mode.ON)),
        ("shadow", FlagValue(Mode.SHADOW)),
        ("0%", FlagValue(Mode.PERCENT, 0)),
        (" 25% ", FlagValue(Mode.PERCENT, 25)),
        ("100%", FlagValue(Mode.PERCENT, 100)),
    ],
)
def test_positions_are_read(text, value):
    assert FlagValue.parse(text) == value
    assert FlagValue.parse(str(value)) == value


@pytest.mark.parametrize("text", ["", "yes", "1", "101%", "-1%", "007%", "5.5%", "on%", "50"])
def test_other_texts_are_refused(text):
    with pytest.raises(InvalidInput):
        FlagValue.parse(text)


@given(st.text(), st.integers(0, 99))
def test_a_key_on_the_service_stays_there_as_the_percentage_grows(key, percent):
    before = FlagValue(Mode.PERCENT, percent).path("USE_GATEWAY", key)
    after = FlagValue(Mode.PERCENT, percent + 1).path("USE_GATEWAY", key)

    assert (before, after) != (Path.SERVICE, Path.LEGACY)
    assert FlagValue(Mode.PERCENT, 0).path("USE_GATEWAY", key) is Path.LEGACY
    assert FlagValue(Mode.PERCENT, 100).path("USE_GATEWAY", key) is Path.SERVICE


def test_keys_spread_evenly_and_differently_for_each_flag():
    keys = [f"user-{number}" for number in range(2000)]

    on_service = {name: {key for key in keys if bucket(name, key) < 30} for name in ("USE_GATEWAY", "USE_EMBEDDING_MS")}

    assert all(500 < len(chosen) < 700 for chosen in on_service.values())
    assert len(on_service["USE_GATEWAY"] & on_service["USE_EMBEDDING_MS"]) < 300


def test_each_flag_decides_for_itself():
    both = flags(USE_GATEWAY="on", USE_EVENT_GATEWAY="off")

    assert both.position("USE_GATEWAY") is Path.SERVICE
    assert both.position("USE_EVENT_GATEWAY") is Path.LEGACY
    with pytest.raises(InvalidInput):
        both.position("USE_OTHER")


def test_two_sets_of_flags_do_not_mix():
    one, other = flags(USE_GATEWAY="on"), flags(USE_GATEWAY="off")

    assert (one.position("USE_GATEWAY"), other.position("USE_GATEWAY")) == (Path.SERVICE, Path.LEGACY)


def test_shadow_stops_the_start_and_says_why():
    with pytest.raises(Unsupported, match="USE_GATEWAY=shadow"):
        flags(USE_GATEWAY="shadow")


def test_every_evaluation_is_counted_and_on_the_span():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry("oms", tracer_provider=provider)
    gateway = flags(telemetry, USE_GATEWAY="40%")

    with telemetry.tracer.start_as_current_span("call"):
        path = gateway.position("USE_GATEWAY", "alice")

    (span,) = exporter.get_finished_spans()
    labels = {"flag": "USE_GATEWAY", "value": "40%", "path": path.value}
    assert telemetry.registry.get_sample_value("flag_evaluations_total", labels) == 1
    assert span.attributes[names.FEATURE_FLAG_KEY] == "USE_GATEWAY"
    assert span.attributes[names.FEATURE_FLAG_VARIANT] == "40%"
