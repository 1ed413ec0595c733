"""Figures of the benchmarks are right where the answer is known."""

from __future__ import annotations

import math
import mmap
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from broken_detectors import IntegerScores, LearnsHalfOfABadEvent, ReadsNumbersFromText
from conftest import Load
from river import stats

from clipsgd_river.anomaly import ClippedZScore

pytestmark = pytest.mark.either_mode


def test_goals(script: Load) -> None:
    goals = script("common.goals")
    assert goals.goal("x", 2.0, "≤", 2.5) == ["x", 2.0, "≤ 2.5", "yes"]
    assert goals.goal("x", 2.0, "≥", 2.5) == ["x", 2.0, "≥ 2.5", "NO"]


def test_tables_hold_no_nan_and_no_stray_bar(script: Load) -> None:
    report = script("common.report")
    table = report.Table("t", ("name", "x"), [["a | b", math.nan], ["c", 12_345], ["d", None]])
    assert table.records()[0] == {"name": "a | b", "x": None}
    assert table.markdown().splitlines()[3:] == [
        "|---|--:|",
        "| a \\| b | n/a |",
        "| c | 12,345 |",
        "| d |  |",
    ]


def test_figures_are_kept(script: Load, tmp_path: Path) -> None:
    journal, path, calls = script("common.journal"), tmp_path / "figures.jsonl", []

    def measure() -> list[float]:
        calls.append(1)
        return [1.5, math.inf]

    for key in (("delay", "a", 1), ["delay", "a", 1]):
        assert journal.Journal(path).figure(key, measure) == [1.5, math.inf]
    assert len(calls) == 1


def test_rows_are_permuted_with_their_labels(script: Load, tmp_path: Path) -> None:
    data = script("common.data")
    assert len(set(data.SUITE)) == 19
    assert not set(data.SUITE) & set(data.OTHER)
    (tmp_path / "adbench").mkdir()
    rows = np.arange(300.0)[:, None]
    np.savez(tmp_path / "adbench" / "Pima.npz", X=rows, y=rows[:, 0] % 20 == 0)
    stream = data.load(tmp_path, "Pima", 200)
    assert (stream.rows[:, 0] == np.random.default_rng(0).permutation(300)[:200]).all()
    assert (stream.labels == (stream.rows[:, 0] % 20 == 0)).all()
    with pytest.raises(data.DataError, match="glass"):
        data.load(tmp_path, "glass")


def test_quality_of_known_rankings(script: Load) -> None:
    quality = script("common.quality").ranking_quality
    labels, scores = np.array([0, 0, 1, 0, 1], dtype=np.int8), np.array([0.1, 0.2, 0.8, 0.3, 0.9])
    assert quality(labels, scores) == (1.0, 1.0)
    assert quality(labels, -scores)[0] == 0.0
    assert all(map(math.isnan, quality(labels[:2], scores[:2])))
    with pytest.raises(ValueError, match="5 scores are not finite"):
        quality(labels, scores * np.nan)


def test_rounds_are_compared_within_themselves(script: Load) -> None:
    timing, calls = script("common.timing"), []
    tasks = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    found = timing.interleaved(tasks, 3)
    assert calls == ["a", "b"] * 4
    assert [len(seconds) for seconds in found.seconds.values()] == [3, 3]
    known = timing.Timings({"slow": [2.0, 9.0, 4.0], "fast": [1.0, 3.0, 1.0]})
    assert (known.median("slow"), known.ratio("slow", "fast")) == (4.0, 3.0)
    assert known.excess("slow", "fast") == 3.0


def test_distance_is_taken_before_the_row_is_learned(script: Load) -> None:
    rows = np.random.default_rng(0).standard_normal((60, 2))
    found, detector = script("common.ours").distances(ClippedZScore(), rows), ClippedZScore()
    for row, distance in zip(rows.tolist(), found, strict=True):
        assert detector.distance_one(dict(enumerate(row))) == distance
        detector.learn_one(dict(enumerate(row)))


def test_twins_of_the_48_cases_share_their_noise(script: Load) -> None:
    cases = script("common.estimation_cases").all_cases()
    assert len(set(cases)) == 48
    events, truth = cases[0].draw(0, 5_000)
    hit_events, hit_truth = cases[1].draw(0, 5_000)
    assert (truth == hit_truth).all()
    hit = (events != hit_events).any(axis=1)
    assert 0.012 < hit.mean() < 0.028
    assert abs(hit_events[hit].mean() - 20) < 0.5


@pytest.mark.parametrize("kind", ["normal", "t(2.5)", "Pareto(2.1)"])
def test_noise_is_centred_with_unit_variance(script: Load, kind: str) -> None:
    """Compare quantiles, since the sample variance of these tails hardly converges."""
    from scipy import stats as laws

    law = {"normal": laws.norm(), "t(2.5)": laws.t(2.5), "Pareto(2.1)": laws.pareto(2.1)}[kind]
    sample = script("common.estimation_cases").unit_noise(np.random.default_rng(0), kind, (20_000,))
    assert laws.kstest(sample * law.std() + law.mean(), law.cdf).pvalue > 0.001


def test_unclipped_means_are_rivers(script: Load) -> None:
    means, events = script("common.means"), np.random.default_rng(0).standard_normal((50, 1))
    running, fading = means.running_means(events), means.exponential_means(events, 0.1)
    mean, faded = stats.Mean(), stats.EWMean(0.1)
    for row in range(50):
        assert running[row, 0] == pytest.approx(mean.get(), abs=1e-12)
        assert fading[row, 0] == pytest.approx(faded.get(), abs=1e-12)
        mean.update(events[row, 0])
        faded.update(events[row, 0])


def test_tracked_location_is_the_public_one(script: Load) -> None:
    rows = np.random.default_rng(0).standard_normal((80, 3))
    tracked = script("estimation").clipped_locations(ClippedZScore(learning_rate=0.05), rows)
    detector = ClippedZScore(learning_rate=0.05)
    assert (tracked[0] == 0).all()
    for before, row in zip(tracked[1:], rows, strict=False):
        detector.learn_many(row[None])
        assert (before == detector.location_).all()


def test_regret_grows_by_the_fitted_power(script: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    regret = script("regret")
    monkeypatch.setattr(regret, "estimators", lambda _: {"made up": np.zeros_like})
    monkeypatch.setattr(regret, "error", lambda _, stream: stream.n_samples**-0.5)
    (row,) = regret.growth(False, (100, 200, 400), range(2)).rows
    assert row[1:5] == pytest.approx([10.0, 200**0.5, 20.0, 0.5])


def test_convergence_counts_events_until_the_last_excess(script: Load) -> None:
    until = script("convergence").events_until
    error = np.array([9.0, 0.5, 0.05, 0.2, 0.05, 0.05])
    assert [until(error, level) for level in (1.0, 0.1, 0.01)] == [1, 4, math.inf]


def test_attacks_leave_the_original_events_alone(script: Load) -> None:
    contamination, contestants = script("contamination"), script("common.contestants")
    labels = (np.arange(300) % 20 == 0).astype(np.int8)
    stream = script("common.data").Stream("made up", 30.0 * labels[:, None], labels)
    sizes: list[int] = []

    def run(rows: Any) -> Any:
        sizes.append(len(rows))
        return contestants.Run(rows[:, 0], 0.0)

    # It ranks perfectly and learns nothing, so nothing can be lost.
    deaf = contestants.Contestant("deaf", run)
    row = contamination.losses(deaf, stream, contamination.attacks(stream))
    assert row == ["deaf", 1.0, 0, 0, 0, 0, 0]
    assert sizes == [300, 333, 400, 500, 301, 301]


def test_growth_of_memory_is_seen(script: Load) -> None:
    hoard: list[mmap.mmap] = []

    def leak(event: dict[Any, Any]) -> None:
        # Pages of its own: a heap that earlier tests have left free would swallow it.
        hoard.append(mmap.mmap(-1, mmap.PAGESIZE))
        hoard[-1].write(repr(event).encode())

    assert script("memory").growth_per_event(leak, 5_000) > 50


@pytest.mark.parametrize(
    ("broken", "evidence"),
    [
        (IntegerScores, "scored "),
        (ReadsNumbersFromText, "was accepted"),
        (LearnsHalfOfABadEvent, "was refused but changed the state"),
    ],
)
def test_fuzzing_catches_a_broken_detector(script: Load, broken: Any, evidence: str) -> None:
    verdict = script("fuzz").fuzz(broken(max_features=40), 2_000, 0)
    assert any(evidence in violation for violation in verdict.violations)


def test_fitness_is_measured_after_the_change(script: Load) -> None:
    fitness = script("fitness")
    stream = fitness.shifts(fitness.WINDOW + 300, 0)
    truth, stretch = stream.labels.astype(float), stream.stretch
    assert fitness.judged(stream, truth) == [1.0, 1.0, 1.0]
    early, late = truth.copy(), truth.copy()
    early[:stretch] *= -1
    assert fitness.judged(stream, early) == [1.0, 1.0, 0.0]
    for start in range(stretch, len(late), stretch):
        late[start : start + fitness.BEGINNING] *= -1
    assert fitness.judged(stream, late)[0] == 0.0


def test_a_burst_replays_one_other_digit_amid_each_stretch(script: Load) -> None:
    rows, others = np.zeros((400, 3)), np.ones((400, 3))
    labels = np.zeros(400, dtype=np.int8)
    attacked, told = script("common.turned").with_burst(rows, labels, others, 200, seed=0)
    assert (attacked == told[:, None]).all()
    place = np.flatnonzero(told) % 200
    assert 60 <= place.min() <= place.max() < 140
    assert 20 <= told.sum() <= 50


def test_shares_of_alerts(script: Load) -> None:
    tail = script("tail")
    share = tail.Share("x", "t(3)", 1e-3, [1.2, 0.7], [9.0, 9.0])
    assert share.row()[-3:] == [0.7, "within 1.5", "yes"]
    changed = tail.Share("x", "t(3), threefold scale midway", 1e-3, [9.0], [2.1])
    assert changed.row()[-3:] == [2.1, "within 2", "NO"]


def test_rate_and_recall_of_alerts(script: Load) -> None:
    alerts, streams = script("alerts"), script("common.alert_streams")
    labels = np.arange(20_000) % 200 == 0
    stream = streams.AlertStream("made up", np.zeros((20_000, 1)), labels, (10_000,), 0.9)
    caught = labels | (np.arange(20_000) % 200 == 100)

    def outcome(found: Any) -> Any:
        return alerts.Outcome("AlertBudget", "none", stream, 0.01, found, caught)

    right, wrong = outcome(caught), outcome(np.roll(caught, 1))
    assert (right.realised, right.recall, right.agreement) == (1.0, 1.0, 1.0)
    assert (wrong.realised, wrong.recall, wrong.agreement) == (1.0, 0.0, 0.0)
    assert [row[-1] for row in alerts.verdicts([right, wrong]).rows] == ["yes", "yes", "yes", "NO"]
    assert not outcome(labels).kept


def test_categories_are_compared_with_one_hot_columns(script: Load) -> None:
    categorical = script("categorical")

    def reached(ours: float) -> list[object]:
        found = {
            ("ClippedEnsemble", "SurprisalEncoder"): ours,
            ("ClippedEnsemble", "one-hot columns"): 0.85,
            ("ClippedZScore", "one-hot columns"): 0.99,
            ("River trees", "one-hot columns"): 0.84,
        }
        outcomes = [
            categorical.Outcome(categorical.SETS[0], *of, a, 0.5) for of, a in found.items()
        ]
        return [row[-1] for row in categorical.quality_targets(outcomes)]

    assert [reached(auc) for auc in (0.82, 0.83, 0.845)] == [
        ["NO", "NO"],
        ["yes", "NO"],
        ["yes", "yes"],
    ]


def test_f1_and_covering_of_change_points(script: Load) -> None:
    tcpd = script("common.tcpd")
    series = tcpd.Series("x", np.zeros(100), [[50], [50], []])
    assert tcpd.f_measure(series, [50]) == tcpd.f_measure(series, [53]) == 1.0
    # Two of two marks are not found by one point; the mean recall is (1/2 + 1/2 + 1) / 3.
    assert tcpd.f_measure(series, []) == pytest.approx(2 * 2 / 3 / (1 + 2 / 3))
    # Precision 2/3, recall 1.
    assert tcpd.f_measure(series, [50, 80]) == pytest.approx(0.8)
    assert tcpd.covering(series, [50]) == pytest.approx((1 + 1 + 0.5) / 3)
    assert tcpd.covering(series, []) == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_published_figures_are_of_the_same_series(script: Load, data_folder: Path) -> None:
    """Who never fires gets what was published for "zero"."""
    tcpd = script("common.tcpd")
    series = tcpd.real_univariate(data_folder)
    for score, published in zip(
        (tcpd.f_measure, tcpd.covering), tcpd.PUBLISHED["zero"], strict=True
    ):
        assert np.mean([score(one, []) for one in series]) == pytest.approx(published, abs=5e-5)


def test_levels_change_at_the_marks(script: Load) -> None:
    drawn = script("common.level_series")
    for kind in drawn.KINDS:
        for one, again in zip(*(drawn.level_series(kind, 3, 1) for _ in range(2)), strict=True):
            assert one.values.tolist() == again.values.tolist()
            assert np.diff([0, *one.marks[0], len(one.values)]).min() >= 8
    assert all(one.marks == [[]] for one in drawn.level_series("random walk", 3, 1))


@pytest.fixture(scope="module")
def log_ins(script: Load) -> ModuleType:
    return script("common.log_ins")


@pytest.fixture(scope="module")
def stream(log_ins: ModuleType) -> Any:
    return log_ins.LogIns(n_users=120, n_days=400, events_per_day=200, n_stolen=30)


def test_thieves_come_at_night_from_a_country_that_the_owner_does_not_know(
    log_ins: ModuleType, stream: Any
) -> None:
    drawn = stream.drawn
    assert len(drawn.seconds) == stream.n_samples == 80_000
    assert (np.diff(drawn.seconds) >= 0).all()
    first = np.datetime64(log_ins.START, "s").astype(int)
    for theft in range(30):
        at = drawn.stolen == theft
        (user,), (country,) = set(drawn.user[at]), set(drawn.country[at])
        assert at.sum() >= log_ins.FEWEST
        assert country not in drawn.country[(drawn.user == user) & (drawn.stolen < 0)]
        start = drawn.seconds[at].min()
        assert start - first >= (log_ins.EARLIEST_THEFT - 1) * log_ins.DAY
        # At the home of one of the five offices.
        local = (start / 3600 + np.array([1, 1, 0, -5, 5])) % 24
        assert ((local >= log_ins.NIGHT[0]) & (local <= log_ins.NIGHT[1])).any()


def test_habits_change_in_holidays_and_sales(log_ins: ModuleType, stream: Any) -> None:
    drawn, windows = stream.drawn, stream.windows
    sales = [window[1:] for window in windows if window.kind == "sale"]
    assert sales[1] == (date(2023, 11, 20), date(2023, 11, 28))
    days = drawn.seconds.astype("datetime64[s]").astype("datetime64[D]")
    for at, window in enumerate(windows):
        within = (days >= np.datetime64(window.start)) & (days < np.datetime64(window.end))
        assert (within == (drawn.window == at)).all()
    kinds = np.array([w.kind for w in windows] + [""])[drawn.window]
    shop = drawn.service == list(log_ins.SERVICES).index("shop")
    share = {kind: len(np.unique(days[kinds == kind])) / 400 for kind in ("", "holiday", "sale")}
    assert shop[kinds == "sale"].sum() / share["sale"] > 2 * shop[kinds == ""].sum() / share[""]
    home = np.isin(log_ins.CODES[drawn.country], ("DE", "FR", "GB", "US", "IN"))
    assert home[kinds == ""].mean() > 0.85
    assert 0.2 < home[kinds == "holiday"].mean() < 0.7


def test_found_accounts_and_false_alarms(script: Load, log_ins: ModuleType) -> None:
    security, stream = script("security"), log_ins.LogIns(30, 130, 30.0, 3, seed=1)
    stolen, window = stream.drawn.stolen, stream.drawn.window
    thefts = [np.flatnonzero(stolen == theft) for theft in range(3)]
    owners = np.flatnonzero((stolen < 0) & (window >= 0))[:20]

    def outcome(name: str, alerts: list[Any]) -> Any:
        return security.Outcome(name, stream, np.isin(np.arange(len(stolen)), alerts), 1.0)

    before = outcome(security.PLAIN, [*(at[0] for at in thefts), *owners])
    assert before.found(windows=False) == (3, 3)
    assert (before.false_alarms(windows=True), before.false_alarms(windows=False)) == (20, 0)
    late = outcome(security.PLAIN, [at[3] for at in thefts if len(at) > 3])
    assert late.found(windows=False) == (0, 3)
    after = outcome(security.SPECIAL, [*owners[:5]])
    assert [row[1:] for row in security.verdicts([before, after]).rows] == [
        [3, "≥ 3", "yes"],
        [0.75, "≥ 0.8", "NO"],
    ]
