"""The benchmark scripts on tiny input: their figures are right where the answer is known."""

from __future__ import annotations

import gc
import json
import math
import sys
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Load, run_script
from river import stats

from clipsgd_river.anomaly import ClippedZScore

Event = dict[Hashable, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a data folder with one small made-up set under a name of the suite."""
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((300, 3))
    labels = (np.arange(300) % 20 == 0).astype(np.uint8)
    rows[labels == 1] += 30
    (tmp_path / "adbench").mkdir()
    names = np.array(["a", "b", "c"])
    for name in ("shuttle", "Pima"):
        path = tmp_path / "adbench" / f"{name}.npz"
        np.savez(path, X=rows.astype(np.float32), y=labels, feature_names=names)
    return tmp_path


def test_suite_has_the_nineteen_sets(script: Load) -> None:
    data = script("common.data")
    assert len(set(data.SUITE)) == 19
    assert not set(data.SUITE) & set(data.OTHER)


def test_rows_are_permuted_with_their_labels(script: Load, folder: Path) -> None:
    stream = script("common.data").load(folder, "Pima", 200)
    assert stream.rows.shape == (200, 3)
    assert stream.rows.dtype == np.float64
    assert ((stream.rows.mean(axis=1) > 15) == (stream.labels == 1)).all()
    order = np.random.default_rng(0).permutation(300)[:200]
    assert (stream.labels == (order % 20 == 0)).all()


@pytest.mark.parametrize("name", ["nonsense", "glass", "nsl_kdd_test"])
def test_missing_data_is_named(script: Load, folder: Path, name: str) -> None:
    data = script("common.data")
    with pytest.raises(data.DataError, match=name):
        data.load(folder, name)


def test_damaged_file_is_named(script: Load, folder: Path) -> None:
    data = script("common.data")
    path = folder / "adbench" / "Pima.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(data.DataError, match=r"Pima\.npz"):
        data.load(folder, "Pima")


def test_quality_of_known_rankings(script: Load) -> None:
    quality = script("common.quality").ranking_quality
    labels = np.array([0, 0, 1, 0, 1], dtype=np.int8)
    assert quality(labels, np.array([0.1, 0.2, 0.8, 0.3, 0.9])) == (1.0, 1.0)
    assert quality(labels, -np.array([0.1, 0.2, 0.8, 0.3, 0.9]))[0] == 0.0
    assert all(map(math.isnan, quality(labels[:2], np.array([0.1, 0.2]))))
    with pytest.raises(ValueError, match="1 scores are not finite"):
        quality(labels, np.array([0.1, 0.2, np.nan, 0.3, 0.9]))


def test_distance_is_taken_before_the_row_is_learned(script: Load) -> None:
    rows = np.random.default_rng(0).standard_normal((60, 2))
    found = script("common.ours").distances(ClippedZScore(), rows)
    detector = ClippedZScore().partial_fit(rows[:1])
    for row, distance in zip(rows[1:], found[1:], strict=True):
        assert -detector.score_samples(row[None])[0] == distance
        detector.partial_fit(row[None])


def test_every_detector_is_discovered(script: Load) -> None:
    found = script("common.ours").detector_classes()
    assert found["ClippedZScore"] is ClippedZScore
    assert "ClippedDetector" not in found


def test_tabular_rates_every_contestant(
    script: Load,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, plot = tmp_path / "figures.json", tmp_path / "quality.png"
    options = ["--data", str(folder), "--sets", "Pima", "--quick", "--out", str(out)]
    run_script(script, "tabular", [*options, "--plot", str(plot)], monkeypatch)
    assert plot.read_bytes().startswith(b"\x89PNG")
    means = {row["detector"]: row for row in json.loads(out.read_text())["tables"][0]["rows"]}
    assert means["ClippedZScore"]["ROC AUC"] > 0.95
    assert means["ClippedZScore"]["ROC AUC of the distance"] > 0.95
    assert means["scikit-learn IsolationForest (hindsight)"]["ROC AUC"] > 0.95
    assert means["scikit-learn SGDOneClassSVM (first 3,000 rows)"]["µs per row"] > 0
    assert "| Pima |" in capsys.readouterr().out


def test_tabular_says_whether_targets_are_reached(script: Load) -> None:
    tabular, suite = script("tabular"), script("common.data").SUITE
    found = [tabular.Outcome("ClippedEnsemble", name, 0.81, 0.4, 0.8, 1.0) for name in suite]
    (table,) = tabular.targets(found, tabular.FULL)
    assert [row[-1] for row in table.rows] == ["yes", "NO"]
    assert tabular.targets(found[1:], tabular.FULL) == []
    assert tabular.targets(found, 2_000) == []


def test_row_peers_do_without_pysad(
    script: Load, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pysad", None)
    (only,) = script("common.row_peers").row_peers()
    rows = np.random.default_rng(0).standard_normal((200, 3))
    scores = only.run(rows).scores
    assert np.isfinite(scores).all()
    assert "PySAD is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["tabular", "contamination", "categorical"])
def test_without_data_the_script_is_skipped(
    script: Load,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("CLIPSGD_DATA", raising=False)
    with pytest.raises(SystemExit) as ended:
        run_script(script, name, [], monkeypatch)
    assert ended.value.code == 0
    assert "CLIPSGD_DATA" in capsys.readouterr().err


def test_a_named_folder_that_is_missing_is_an_error(
    script: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match="is not a folder"):
        run_script(script, "tabular", ["--data", str(tmp_path / "none")], monkeypatch)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--sets", "nonsense"], "no such set: nonsense"),
        (["--detectors", "Nobody"], "no such detector: Nobody"),
        (["--out", "/nonexistent/x.json"], "/nonexistent"),
    ],
)
def test_wrong_options_are_named(
    script: Load,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    complaint: str,
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_script(script, "tabular", ["--data", str(folder), *options], monkeypatch)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_there_are_48_cases_and_twins_share_their_noise(script: Load) -> None:
    cases = script("common.estimation_cases").all_cases()
    assert len(set(cases)) == 48
    clean, corrupted = cases[0], cases[1]
    assert (clean.corruption, corrupted.corruption) == (0.0, 0.02)
    events, truth = clean.draw(0, 5_000)
    hit_events, hit_truth = corrupted.draw(0, 5_000)
    assert (truth == hit_truth).all()
    hit = (events != hit_events).any(axis=1)
    assert 0.012 < hit.mean() < 0.028
    assert abs(hit_events[hit].mean() - 20) < 0.5


@pytest.mark.parametrize("kind", ["normal", "t(2.5)", "Pareto(2.1)"])
def test_noise_is_centred_with_unit_variance(script: Load, kind: str) -> None:
    """Compare quantiles, since the sample variance of these tails hardly converges."""
    from scipy import stats as laws

    law = {
        "normal": laws.norm(),
        "t(2.5)": laws.t(2.5, scale=math.sqrt(0.2)),
        "Pareto(2.1)": laws.pareto(
            2.1,
            loc=-laws.pareto(2.1).mean() / laws.pareto(2.1).std(),
            scale=1 / laws.pareto(2.1).std(),
        ),
    }[kind]
    assert law.mean() == pytest.approx(0, abs=1e-12)
    assert law.var() == pytest.approx(1)
    draw = script("common.estimation_cases").unit_noise
    sample = draw(np.random.default_rng(0), kind, (20_000, 1)).ravel()
    assert laws.kstest(sample, law.cdf).pvalue > 0.001


def test_comparison_means_are_rivers(script: Load) -> None:
    estimation = script("estimation")
    events = np.random.default_rng(0).standard_normal((50, 2))
    running, fading = estimation.running_means(events), estimation.exponential_means(events, 0.1)
    for column in range(2):
        mean, faded = stats.Mean(), stats.EWMean(0.1)
        for row in range(50):
            assert running[row, column] == pytest.approx(mean.get(), abs=1e-12)
            assert fading[row, column] == pytest.approx(faded.get(), abs=1e-12)
            mean.update(events[row, column])
            faded.update(events[row, column])


def test_tracked_location_is_the_public_one(script: Load) -> None:
    rows = np.random.default_rng(0).standard_normal((80, 3))
    tracked = script("estimation").clipped_locations(ClippedZScore(learning_rate=0.05), rows)
    detector = ClippedZScore(learning_rate=0.05)
    assert (tracked[0] == 0).all()
    for before, row in zip(tracked[1:], rows, strict=False):
        detector.learn_many(row[None])
        assert (before == detector.location_).all()


def test_estimation_measures_one_case(script: Load) -> None:
    estimation, cases = script("estimation"), script("common.estimation_cases").all_cases()
    found = estimation.measure(cases[0], 400, (0,))
    assert 0 < found.fixed[found.best_rate] <= min(found.fixed.values())
    assert found.ratio == found.automatic / found.fixed[found.best_rate]
    assert len(estimation.summary([found]).rows) == 2
    assert estimation.by_case([found]).rows[0][0] == "d=1, normal, constant"


def test_attacks_leave_the_original_events_alone(script: Load, folder: Path) -> None:
    contamination, contestants = script("contamination"), script("common.contestants")
    stream = script("common.data").load(folder, "shuttle")
    # This one ranks perfectly and learns nothing, so nothing can be lost.
    deaf = contestants.Contestant("deaf", lambda rows: contestants.Run(rows.sum(axis=1), 0.0))
    row = contamination.losses(deaf, stream, contamination.attacks(stream))
    assert row == ["deaf", 1.0, 0, 0, 0, 0, 0]
    # This one tells how many events each attack adds to the 300.
    sizes: list[int] = []

    def count(rows: Any) -> Any:
        sizes.append(len(rows))
        return contestants.Run(rows[:, 0], 0.0)

    for attack in contamination.attacks(stream):
        attack.apply(stream, contestants.Contestant("counter", count))
    assert sizes == [333, 400, 500, 301, 301]


def test_interleaved_timing_returns_every_round(script: Load) -> None:
    timing, calls = script("common.timing"), []
    tasks = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    found = timing.interleaved(tasks, 3)
    assert calls == ["a", "b"] * 4
    assert [len(seconds) for seconds in found.seconds.values()] == [3, 3]
    assert gc.isenabled()
    known = timing.Timings({"slow": [2.0, 9.0, 4.0], "fast": [1.0, 3.0, 1.0]})
    assert (known.median("slow"), known.ratio("slow", "fast")) == (4.0, 3.0)
    with pytest.raises(ValueError, match="rounds"):
        timing.interleaved(tasks, 0)


def test_speed_target_can_be_met_and_missed(script: Load) -> None:
    speed, timing = script("speed"), script("common.timing")
    known = timing.Timings({"slow": [6.0], "fast": [2.0]})
    assert speed.Target(1, "slow", "fast", 3, at_least=True).row(known)[2:] == [3.0, "≥ 3", "yes"]
    assert speed.Target(1, "slow", "fast", 2).row(known)[2:] == [3.0, "≤ 2", "NO"]


def test_speed_tasks_run(script: Load) -> None:
    speed, timing = script("speed"), script("common.timing")
    on_dicts = {1: timing.interleaved(speed.dict_tasks(1, 50), 1)}
    on_arrays = {10: timing.interleaved(speed.array_tasks(10, 50), 1)}
    targets = [target for target in speed.DICT_TARGETS if target.features == 1]
    assert len(speed.verdicts(on_dicts, targets)) == 1
    assert len(speed.costs("x", on_arrays, 50).rows) == len(on_arrays[10].seconds)


def test_fuzzing_passes_a_sound_detector(script: Load) -> None:
    fuzz = script("fuzz")
    verdict = fuzz.fuzz(ClippedZScore(max_features=fuzz.MAX_FEATURES), 400, 0)
    assert verdict.violations == []
    assert verdict.refused > 0
    assert verdict.row()[1] == 400 + fuzz.BLOCK_ROWS
    assert verdict.row()[-2:] == [0, ""]


class Overconfident(ClippedZScore):
    """Scores outside [0, 1)."""

    def score_one(self, x: Event) -> float:
        return 1.0 + super().score_one(x)


class Credulous(ClippedZScore):
    """Takes what should be refused."""

    def score_learn_one(self, x: Event) -> float:
        try:
            return super().score_learn_one(x)
        except TypeError:
            return 0.5


class Sloppy(ClippedZScore):
    """Learns what it can of an event before it refuses the rest."""

    def learn_one(self, x: Event) -> None:
        super().learn_one({key: value for key, value in x.items() if isinstance(value, float)})
        super().learn_one(x)

    def score_learn_one(self, x: Event) -> float:
        score = self.score_one({})
        self.learn_one(x)
        return score


class Brittle(ClippedZScore):
    """Fails on an infinite value."""

    def learn_one(self, x: Event) -> None:
        if math.inf in x.values():
            raise OverflowError("too large")
        super().learn_one(x)


@pytest.mark.parametrize(
    ("broken", "evidence"),
    [
        (Overconfident, "scored 1."),
        (Credulous, "was accepted"),
        (Sloppy, "was refused but changed the state"),
        (Brittle, "OverflowError"),
    ],
)
def test_fuzzing_catches_a_broken_detector(
    script: Load, broken: type[ClippedZScore], evidence: str
) -> None:
    verdict = script("fuzz").fuzz(broken(max_features=40), 400, 0)
    assert any(evidence in violation for violation in verdict.violations)


def test_memory_growth_is_seen(script: Load) -> None:
    memory = script("memory")
    hoard: list[bytes] = []

    def leak(event: Event) -> None:
        # Large: a heap that earlier tests have left free must not swallow it.
        hoard.append(repr(event).encode() * 100)

    assert memory.growth_per_event(leak, 50_000) > 50
    with pytest.raises(ValueError, match="count"):
        memory.growth_per_event(leak, 3)


def test_state_sizes_are_counted(script: Load) -> None:
    sizes = script("memory").state_sizes(ClippedZScore, 10)
    assert 0 < sizes["to_bytes"] <= 2_048
    assert sizes["pickle"] > 0


def test_json_holds_no_nan_and_table_no_stray_bar(script: Load) -> None:
    report = script("common.report")
    table = report.Table("t", ("name", "x"), [["a | b", math.nan], ["c", 12_345], ["d", None]])
    assert table.records()[0] == {"name": "a | b", "x": None}
    assert table.markdown().splitlines()[2:] == [
        "| name | x |",
        "|---|--:|",
        "| a \\| b | n/a |",
        "| c | 12,345 |",
        "| d |  |",
    ]


def test_interruption_ends_in_a_word(script: Load, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        script("common.options").run(interrupted)
    assert ended.value.code == 130
    assert "interrupted" in capsys.readouterr().err
