"""Alerts, recording rules and the dashboard speak of metrics that exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.metric_names import series_of_the_code

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/compose"
RULES = sorted((COMPOSE / "prometheus/rules").glob("*.yml"))
DASHBOARDS = sorted((COMPOSE / "grafana/dashboards").glob("*.json"))
OF_PROMETHEUS = {"up"}
OF_THE_PROXY = {"terminusdb_proxy_http_response_count_total"}
"""Of prometheus-nginxlog-exporter, under the namespace of nginx/metrics.hcl."""
NO_METRICS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"}


def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    boards = [json.loads(path.read_text(encoding="utf-8")) for path in DASHBOARDS]
    return [panel for board in boards for panel in board["panels"] if panel["type"] != "row"]


def queries_of_the_runbooks() -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs/operations").glob("*.md"))]
    found = [query for text in texts for query in re.findall(r"```promql\n(.*?)```", text, flags=re.DOTALL)]
    assert len(found) > 1
    return found


def metrics(expression: str) -> set[str]:
    """The series that a PromQL expression reads."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", " ", expression)
    bare = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"\b[a-z_][a-z0-9_:]*\b(?!\s*\()", bare)) - NO_METRICS


def test_metrics_are_found_in_expressions() -> None:
    read = metrics(
        'sum by (job) (rate(a_total{x="b_total"}[5m])) / max(c:d:rate5m) > 14.4 * 0.001 and e offset 1h or absent(f)'
    )
    assert read == {"a_total", "c:d:rate5m", "e", "f"}


def test_every_series_that_is_read_is_exported() -> None:
    exported = series_of_the_code() | OF_PROMETHEUS | OF_THE_PROXY
    exported |= {rule["record"] for rule in rules() if "record" in rule}
    expressions = [rule["expr"] for rule in rules()]
    expressions += [target["expr"] for panel in panels() for target in panel["targets"]]
    expressions += queries_of_the_runbooks()
    assert len(expressions) > 40
    for expression in expressions:
        read = metrics(expression)
        assert read, expression
        assert read <= exported, expression


def test_the_names_are_read_from_the_code() -> None:
    assert series_of_the_code() >= {
        "http_server_duration_seconds_bucket",
        "rpc_client_duration_seconds_count",
        "rpc_server_in_flight",
        "resilience_circuit_state",
        "kernel_outbox_depth",
        "event_gateway_drained_total",
        "oms_event_failures_total",
    }


def test_the_proxys_metrics_have_the_namespace_of_its_configuration() -> None:
    configured = (COMPOSE / "nginx/metrics.hcl").read_text(encoding="utf-8")
    (namespace,) = re.findall(r'^namespace "(\w+)"', configured, flags=re.MULTILINE)
    assert all(name.startswith(f"{namespace}_http_") for name in OF_THE_PROXY)


def test_an_alert_says_what_is_wrong_and_where_to_read_on() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len({alert["alert"] for alert in alerts}) == len(alerts) > 10
    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["summary"]
        runbook = (ROOT / alert["annotations"]["runbook"]).read_text(encoding="utf-8")
        assert f"`{alert['alert']}`" in runbook, alert["alert"]


def test_every_service_of_the_platform_is_asked_for_its_metrics() -> None:
    compose = yaml.safe_load((COMPOSE / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    asked = yaml.safe_load((COMPOSE / "prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    hosts = {host for job in asked for found in job["dns_sd_configs"] for host in found["names"]}
    names = {
        alias for each in compose.values() if isinstance(each["networks"], dict) for alias in aliases(each["networks"])
    }
    assert hosts <= set(compose) | names
    built = {name for name, service in compose.items() if str(service["image"]).startswith("oms/")}
    known = {name for name in built if {name, *aliases(compose[name]["networks"])} & hosts}
    assert known == built


def aliases(networks: Any) -> set[str]:
    given = networks.values() if isinstance(networks, dict) else []
    return {alias for network in given if network for alias in network.get("aliases", [])}


def test_the_dashboard_is_whole() -> None:
    for path in DASHBOARDS:
        board = json.loads(path.read_text(encoding="utf-8"))
        ids = [panel["id"] for panel in board["panels"]]
        assert len(set(ids)) == len(ids)
        assert board["uid"]
    for panel in panels():
        assert panel["datasource"]["uid"] == "prometheus"
        assert panel["title"]
        assert panel["description"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")
def test_prometheus_takes_the_rules() -> None:
    checked = subprocess.run(
        ["promtool", "check", "rules", *map(str, RULES)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
