"""The table: medians over the rounds, and what they are worth beside the limit and the rival on the same framework."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import median

from load import Load, Sample

__all__ = ["Row", "rows_of", "table"]


@dataclass(frozen=True)
class Row:
    """One line: a candidate under one load. A ratio of 1.00 is as good as what it is compared with."""

    operation: str
    connections: int
    candidate: str
    rate: float
    rate_to_limit: float | None
    cpu: float
    cpu_to_limit: float | None
    cpu_to_rival: float | None
    cpu_to_shop: float | None
    p50: float
    p95: float
    p99: float
    faults: str


HEADS = (
    *("operation", "conn.", "candidate", "req/s", "/limit"),
    *("CPU µs", "/limit", "/rival", "/shop", "p50", "p95", "p99", ""),
)


def rows_of(
    samples: Mapping[tuple[Load, str], Sequence[Sample]], broken: Mapping[str, str], rivals: Mapping[str, str]
) -> list[Row]:
    """Return one row for each load and candidate, in the order given.

    Args:
        samples: What was seen in every round.
        broken: What was wrong with a candidate before it was measured; said in each of its rows.
        rivals: The hand-written service on the framework of each candidate.
    """

    def middle(load: Load, candidate: str, name: str) -> float | None:
        seen = samples.get((load, candidate))
        return median(getattr(sample, name) for sample in seen) if seen else None

    def ratio(one: float | None, other: float | None) -> float | None:
        return one / other if one and other else None

    rows = []
    for (load, candidate), seen in samples.items():
        rate, cpu = middle(load, candidate, "rate") or 0.0, middle(load, candidate, "cpu") or 0.0
        faults = dict.fromkeys(filter(None, (broken.get(candidate, ""), *(sample.faults for sample in seen))))
        rows.append(
            Row(
                operation=load.operation,
                connections=load.connections,
                candidate=candidate,
                rate=rate,
                rate_to_limit=ratio(rate, middle(load, "limit", "rate")),
                cpu=cpu,
                cpu_to_limit=ratio(middle(load, "limit", "cpu"), cpu),
                cpu_to_rival=ratio(middle(load, rivals[candidate], "cpu"), cpu),
                cpu_to_shop=ratio(middle(load, "shop", "cpu"), cpu),
                p50=middle(load, candidate, "p50") or 0.0,
                p95=middle(load, candidate, "p95") or 0.0,
                p99=middle(load, candidate, "p99") or 0.0,
                faults="; ".join(faults),
            )
        )
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, aligned, with an empty line between one load and the next."""

    def shown(name: str, value: object) -> str:
        if value is None:
            return "-"
        if not isinstance(value, float):
            return str(value)
        if name in ("rate", "cpu"):
            return f"{value:.0f}"
        return f"{value:.2f}" if "_to_" in name else f"{value:.1f}"

    names = [column.name for column in fields(Row)]
    lines = [[shown(name, getattr(row, name)) for name in names] for row in rows]
    widths = [max(len(line[column]) for line in [list(HEADS), *lines]) for column in range(len(HEADS))]

    def aligned(cells: Sequence[str]) -> str:
        text = (
            cell.ljust(width) if name in ("operation", "candidate", "faults") else cell.rjust(width)
            for name, cell, width in zip(names, cells, widths, strict=True)
        )
        return "  ".join(text).rstrip()

    printed = [aligned(HEADS)]
    for index, row in enumerate(rows):
        before = rows[index - 1] if index else None
        if before is None or (before.operation, before.connections) != (row.operation, row.connections):
            printed.append("")
        printed.append(aligned(lines[index]))
    return "\n".join(printed)
