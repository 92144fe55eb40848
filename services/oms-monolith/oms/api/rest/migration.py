"""The migration board."""

from fastapi import APIRouter

from oms.api.rest.calls import JsonAnswer, UseCases
from oms.application.ports import FlagState, PathFigures
from shared.canonical import Json

router = APIRouter(tags=["migration"], default_response_class=JsonAnswer)


@router.get("/api/v1/migration")
async def show_migration(oms: UseCases) -> JsonAnswer:
    """Each rollout flag: value, source, and what both paths have served in this process; and the next step.

    `error_rate` counts calls that ended without an answer of the peer; latencies are estimated from a histogram.
    """
    report = oms.migration.report()
    step: Json = {
        "flag": report.next.flag or None,
        "action": report.next.action,
        "outOfOrder": list(report.next.out_of_order),
    }
    return JsonAnswer({"flags": [_flag(each) for each in report.flags], "nextStep": step})


def _flag(state: FlagState) -> Json:
    paths: dict[str, Json] = {name: _figures(figures) for name, figures in state.paths.items()}
    return {"name": state.name, "value": state.value, "source": state.source, "paths": paths}


def _figures(figures: PathFigures) -> Json:
    return {
        "calls": figures.calls,
        "errorRate": round(figures.failures / figures.calls, 6) if figures.calls else 0,
        "latencyMs": {
            "p50": _ms(figures.p50_s),
            "p95": _ms(figures.p95_s),
            "p99": _ms(figures.p99_s),
        },
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
