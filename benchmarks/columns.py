"""Columns that repeat one value, and hard starts: scales, what is found, p-values, models, scores.

Flags, counts, amounts that are mostly 0, rounded and capped readings repeat one value in half to
nearly all events. A quarter to three quarters of them then have no spread at all, and a scale taken
from there is 0.
"""

from __future__ import annotations

from common import (
    column_anomalies,
    column_models,
    column_needles,
    column_scales,
    column_starts,
    column_surprises,
    options,
    ours,
)
from common.report import publish


def main() -> None:
    """Read the options, run, publish."""
    parser = options.parser(__doc__ or "")
    options.add_peers(parser)
    options.add_detectors(parser)
    arguments = parser.parse_args()
    found = ours.detector_classes()
    chosen = options.chosen(parser, found, arguments.detectors)
    detectors = {kind.__name__: kind for kind in chosen}
    count = 2_000 if arguments.quick else 20_000
    seeds = range(1 if arguments.quick else 3)
    peers = arguments.peers
    estimators = column_scales.OURS | (column_scales.PEERS if peers else {})
    tables = [
        *column_scales.scales(count, estimators),
        column_scales.influence(count // 2, estimators),
        *column_anomalies.anomalies(detectors, seeds, peers=peers),
        *column_anomalies.counts(detectors, count, peers=peers),
        column_needles.needles(detectors, quick=arguments.quick, with_peers=peers),
        *column_surprises.surprises(10 * count),
        *column_models.coefficients(count, peers=peers),
        *column_models.log_losses(count, peers=peers),
        *column_starts.starts(detectors, count // 10, seeds),
    ]
    publish(tables, arguments.out)


if __name__ == "__main__":
    options.run(main)
