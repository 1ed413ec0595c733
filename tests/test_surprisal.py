"""SurprisalEncoder: the formula, both faces, bounded memory, hostile values."""

from __future__ import annotations

import copy
import math
import os
import pickle
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from log_ins import log_ins
from naive_surprisal import NaiveSurprisal
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from clipsgd_river import COMPILED
from clipsgd_river.anomaly import ClippedEnsemble, ClippedZScore
from clipsgd_river.preprocessing import SurprisalEncoder

VARIANTS = [SurprisalEncoder(**params) for params in SurprisalEncoder._unit_test_params()]
EVENTS = 2000 if COMPILED else 500


def state(encoder: SurprisalEncoder) -> bytes:
    return encoder.to_bytes()


@pytest.mark.parametrize("memory", [1, 7, 200, 10_000])
def test_surprisals_are_those_of_the_formula(memory: int) -> None:
    encoder = SurprisalEncoder(["port"], given={"country": "user"}, learning_rate=1 / memory)
    naive = {name: NaiveSurprisal(memory) for name in ("user", "country", "port")}
    for x in log_ins(600):
        found = encoder.transform_one(x)
        assert list(found) == list(x)
        for name, value in x.items():
            if name == "bytes":
                assert found[name] is value
                continue
            context = x.get("user") if name == "country" else None
            wanted = naive[name].bits(value, context)
            assert found[name] == pytest.approx(wanted, rel=1e-9, abs=2e-9)
            naive[name].learn(value, context)
        encoder.learn_one(x)


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.sampled_from("abcdefgh"), max_size=60),
    contexts=st.lists(st.sampled_from("xyz"), min_size=60, max_size=60),
    memory=st.integers(1, 30),
)
def test_frequencies_are_probabilities(values: list[str], contexts: list[str], memory: int) -> None:
    encoder = SurprisalEncoder(given={"v": "u"}, learning_rate=1 / memory, max_values=10)
    for value, context in zip(values, contexts, strict=False):
        encoder.learn_one({"v": value, "u": context})
    if len(values) < 2:
        return
    kernel = encoder._kernel
    for context in ("x", "y", "z", None):
        seen = [kernel.seen_one({"v": value, "u": context})["v"] for value in "abcdefgh"]
        for counts, events in (
            ([s[0] for s in seen], seen[0][1]),
            ([s[2] for s in seen], seen[0][3]),
        ):
            assert sum(count or 0 for count in counts) <= min(events, memory) * (1 + 1e-9)
        for value in [*"abcdefgh", "never"]:
            bits = encoder.transform_one({"v": value, "u": context})["v"]
            assert 0 <= bits <= 2 * math.log2(2 * memory + 1) + 1e-9
            assert bits <= encoder.transform_one({"v": "unseen", "u": context})["v"]


def test_the_unseen_follows_how_often_new_values_come() -> None:
    encoder = SurprisalEncoder()
    for i in range(EVENTS):
        encoder.learn_one({"id": f"request {i}", "user": f"u{i // 2}", "country": "DE"})
    found = encoder.transform_one({"id": "another", "user": "another", "country": "KP"})
    assert found["id"] == 0.0
    assert found["user"] < 12
    assert found["country"] == pytest.approx(math.log2(2 * EVENTS - 1), abs=0.01)
    assert encoder.transform_one({"country": "DE"})["country"] == 0.0


def test_a_value_is_never_more_surprising_than_one_seen_less_often() -> None:
    encoder = SurprisalEncoder()
    for i in range(3 * 64):
        for power in range(7):
            if i % (1 << power) == 0:
                encoder.learn_one({"v": f"every {1 << power}"})
    bits = [encoder.transform_one({"v": f"every {1 << power}"})["v"] for power in range(7)]
    assert bits == sorted(bits)
    assert bits[-1] < encoder.transform_one({"v": "never"})["v"]


def test_drift_is_followed() -> None:
    encoder = SurprisalEncoder(learning_rate=0.01)
    for _ in range(1000):
        encoder.learn_one({"version": "old"})
    before = encoder.transform_one({"version": "new"})["version"]
    for _ in range(1000):
        encoder.learn_one({"version": "new"})
    after = encoder.transform_one({"version": "new"})["version"]
    assert before > 7
    assert after < 0.01
    assert encoder.transform_one({"version": "old"})["version"] > 7


def test_an_event_counts_once_the_next_is_learned() -> None:
    encoder = SurprisalEncoder()
    for _ in range(100):
        encoder.learn_one({"country": "DE"})
    scored = encoder.transform_one({"country": "KP"})
    encoder.learn_one({"country": "KP"})
    learned = encoder.transform_one({"country": "KP"})
    assert scored["country"] == pytest.approx(learned["country"], abs=0.02)
    encoder.learn_one({"country": "DE"})
    assert encoder.transform_one({"country": "KP"})["country"] < learned["country"] - 0.5


def test_what_the_detector_learns_is_what_it_was_asked_to_score() -> None:
    class Recorder(ClippedZScore):
        def learn_one(self, x: dict[Any, Any]) -> None:
            learned.append(dict(x))
            super().learn_one(x)

    learned: list[dict[Any, Any]] = []
    encoder = SurprisalEncoder(["port"], given={"country": "user"})
    model = encoder | Recorder()
    scored = []
    for x in log_ins(EVENTS):
        scored.append(encoder.transform_one(x))
        model.learn_one(x)
    gaps = [
        abs(asked[name] - known[name])
        for asked, known in list(zip(scored, learned, strict=True))[50:]
        for name in known
    ]
    # Apart where an event repeats the last one's value: one count more.
    assert np.mean(gaps) < 0.02
    assert max(gaps) < 2.5


@pytest.mark.parametrize("variant", VARIANTS)
def test_asking_changes_nothing(variant: Any) -> None:
    encoder = variant.clone()
    for x in log_ins(200):
        encoder.learn_one(x)
        before = state(encoder)
        encoder.transform_one(x)
        encoder.transform_one({"user": "nobody", "new": "text", "country": None})
        encoder._kernel.seen_one(x)
        assert state(encoder) == before


def test_order_of_features_does_not_matter() -> None:
    forth, back = (SurprisalEncoder(given={"country": "user"}) for _ in range(2))
    for x in log_ins(EVENTS):
        turned = dict(reversed(x.items()))
        assert forth.transform_one(x) == back.transform_one(turned)
        forth.learn_one(x)
        back.learn_one(turned)


@settings(max_examples=25, deadline=None)
@given(
    data=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 5), st.booleans()), max_size=300),
    most=st.integers(10, 40),
)
def test_memory_is_bounded_whatever_comes(data: list[tuple[int, int, bool]], most: int) -> None:
    encoder = SurprisalEncoder(["v"], given={"v": "u"}, max_values=most, learning_rate=0.02)
    for value, context, has_context in data:
        encoder.learn_one({"v": value, "u": context if has_context else None})
        assert encoder.n_values_[0] < most
    restored = SurprisalEncoder.from_bytes(state(encoder))
    assert state(restored) == state(encoder)


def test_heavy_hitters_are_off_by_no_more_than_stated() -> None:
    rng = np.random.default_rng(0)
    most, memory = 103, EVENTS // 2
    encoder = SurprisalEncoder(["v"], max_values=most, learning_rate=1 / memory)
    truth: dict[int, float] = {}
    values = (rng.zipf(1.3, 2 * EVENTS) % 100_000).tolist()
    for t, value in enumerate([*values, 0], start=1):
        encoder.learn_one({"v": value})
        if t > len(values):
            break
        if t > memory:
            truth = {known: count * (1 - 1 / memory) for known, count in truth.items()}
        truth[value] = truth.get(value, 0.0) + 1.0
    found = {value: encoder._kernel.seen_one({"v": value})["v"] for value in truth}
    assert all(dropped for *_, dropped in found.values())
    short = [count - (found[value][0] or 0.0) for value, count in truth.items()]
    assert min(short) > -1e-6
    assert 0 < max(short) <= 2 * memory / (most - 3)


def test_bytes_per_value() -> None:
    count = 100_000 if COMPILED else 5_000
    encoder = SurprisalEncoder(max_values=2 * count)
    for i in range(count + 1):
        encoder.learn_one({"v": f"value {i}"})
    assert encoder.n_values_ == [count]
    assert sys.getsizeof(encoder._kernel) / count <= 50


def test_long_values_are_kept_as_digests() -> None:
    encoder = SurprisalEncoder(["n"])
    long, other = "x" * 1_000_000, "x" * 999_999 + "y"
    for _ in range(100):
        encoder.learn_one({"v": long, "n": 10**400, "w": ("a", 1)})
    assert len(state(encoder)) < 1500
    for x in ({"v": long}, {"n": 10**400}, {"w": ("a", 1.0)}):
        assert list(encoder.transform_one(x).values()) == [0.0]
    for x in ({"v": other}, {"n": 10**400 + 1}, {"w": ("a", 2)}):
        assert next(iter(encoder.transform_one(x).values())) > 5


def test_equal_values_are_one_value() -> None:
    encoder = SurprisalEncoder(["v"])
    for value in [80, 80.0, np.int64(80), np.float32(80), Decimal(80), Fraction(80)] * 10:
        encoder.learn_one({"v": value, "t": np.str_("x")})
        encoder.learn_one({"v": value, "t": "x"})
    assert encoder.n_values_ == [1, 1]
    assert encoder.transform_one({"v": "80", "t": b"x"})["v"] > 5
    assert encoder.transform_one({"v": "80", "t": b"x"})["t"] > 5


def test_missing_stays_missing() -> None:
    encoder = SurprisalEncoder(["port"], given={"country": "user"})
    for x in log_ins(100):
        encoder.learn_one(x)
    before = state(encoder)
    empty = {"port": math.nan, "country": None, "user": pd.NA, "bytes": None}
    found = encoder.transform_one(empty)
    assert all(found[name] is value for name, value in empty.items())
    encoder.learn_one(empty)
    events = encoder.n_samples_seen_
    assert events == 101
    assert len(state(encoder)) == len(before)
    # A missing context is that of all events.
    plain = SurprisalEncoder()
    for x in log_ins(100):
        plain.learn_one(x)
    lone = {"country": "DE"}
    assert encoder.transform_one(lone) == plain.transform_one(lone)


@pytest.mark.parametrize(
    "value", [["a"], {"a": 1}, {1}, object(), 1j, ("a", ["b"]), range(3), np.array([1, 2])]
)
def test_other_types_are_refused_and_teach_nothing(value: Any) -> None:
    for named in ([], ["odd"]):
        encoder = SurprisalEncoder(named, given={"country": "user"})
        encoder.learn_one({"country": "DE", "user": "a"})
        before = state(encoder)
        for method in (encoder.learn_one, encoder.transform_one):
            with pytest.raises(TypeError, match=r"'odd' is .* of type \w+, .*str\(\)"):
                method({"country": "FR", "user": "b", "odd": value})
            with pytest.raises(TypeError, match=r"'user' is "):
                method({"country": "FR", "user": value})
        assert state(encoder) == before


def test_parameters_are_checked() -> None:
    for params, word in (
        ({"features": "port"}, "list of names"),
        ({"given": ["country"]}, "given is a dict"),
        ({"learning_rate": None}, "learning_rate"),
        ({"max_values": 2.5}, "max_values"),
    ):
        with pytest.raises(TypeError, match=word):
            SurprisalEncoder(**params).learn_one({})
    for params, word in (
        ({"given": {"a": "a"}}, "itself"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"learning_rate": "auto"}, "learning_rate"),
        ({"max_values": 9}, "at least 10"),
    ):
        with pytest.raises(ValueError, match=word):
            SurprisalEncoder(**params).learn_one({})
    encoder = SurprisalEncoder(max_features=2)
    encoder.learn_one({"a": "1", "b": "2"})
    with pytest.raises(ValueError, match="max_features=2"):
        encoder.learn_one({"a": "1", "c": "2"})
    with pytest.raises(TypeError, match="dict of feature"):
        encoder.learn_one(["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize("seen", [0, 1, 2, 300])
def test_many_equals_one_by_one_in_every_kind_of_table(seen: int) -> None:
    columns = ["user", "country", "port", "bytes"]
    table = [[x.get(name) for name in columns] for x in log_ins(seen + 40)]
    variant = SurprisalEncoder(["port"], given={"country": "user"})
    loop = variant.clone()
    for row in table[:seen]:
        loop.learn_one(dict(zip(columns, row, strict=True)))
    probes = table[seen:]
    wanted = np.array(
        [list(loop.transform_one(dict(zip(columns, row, strict=True))).values()) for row in probes],
        dtype=float,
    )
    by_frame = {
        pd.DataFrame: lambda rows: pd.DataFrame(rows, columns=columns),
        pl.DataFrame: lambda rows: pl.DataFrame(
            rows, schema=[(c, pl.String) for c in columns[:2]] + columns[2:], orient="row"
        ),
        pa.Table: lambda rows: pa.table(
            {name: [row[j] for row in rows] for j, name in enumerate(columns)}
        ),
    }
    for kind, frame_of in by_frame.items():
        subject = variant.clone()
        subject.learn_many(frame_of(table[:seen]))
        found = subject.transform_many(frame_of(probes))
        assert isinstance(found, kind)
        numbers = found.to_pandas() if kind is pa.Table else found
        np.testing.assert_array_equal(np.asarray(numbers, dtype=float), wanted)
    if seen:
        fitted = variant.clone().partial_fit(pd.DataFrame(table[:seen], columns=columns))
        found = fitted.transform(pd.DataFrame(probes, columns=columns))
        np.testing.assert_array_equal(found, wanted)


def test_scikit_learns_face() -> None:
    columns = ["user", "country", "port", "bytes"]
    rows = [[x.get(name) for name in columns] for x in log_ins(400)]
    by_place = SurprisalEncoder([2], given={1: 0}).fit(rows)
    by_name = SurprisalEncoder(["port"], given={"country": "user"})
    frame = pd.DataFrame(rows, columns=columns)
    by_name.set_output(transform="pandas").fit(frame)
    found = by_name.transform(frame)
    assert list(found.columns) == columns == list(by_name.get_feature_names_out())
    np.testing.assert_array_equal(by_place.transform(rows), found.to_numpy())
    np.testing.assert_array_equal(
        by_place.transform(np.array(rows, dtype=object)), found.to_numpy()
    )
    assert by_name.features_ == ["user", "country", "port"]
    with pytest.raises(NotFittedError):
        sklearn.clone(by_name).transform(frame)
    model = make_pipeline(SurprisalEncoder(["port"]), ClippedEnsemble()).fit(frame)
    strange = frame.assign(country="KP", user="mallory", port=31337)
    assert model.score_samples(strange).mean() < model.score_samples(frame).mean() - 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_copies_go_on_alike(variant: Any) -> None:
    for seen in (0, 1, 100):
        original = variant.clone()
        for x in log_ins(seen):
            original.learn_one(x)
        copies = [pickle.loads(pickle.dumps(original)), copy.deepcopy(original)]
        copies.append(type(original).from_bytes(original.to_bytes()))
        for x in log_ins(100, seed=1):
            wanted = original.transform_one(x)
            assert all(each.transform_one(x) == wanted for each in copies)
            for each in (original, *copies):
                each.learn_one(x)
        assert {each.to_bytes() for each in copies} == {original.to_bytes()}
        assert not hasattr(sklearn.clone(original), "n_features_in_")


def test_state_files(tmp_path: Any) -> None:
    encoder = SurprisalEncoder(["n", ("a", 1)], given={"v": ("a", 1)})
    for value in ["text", b"\xff", 3, 2.5, math.inf, -math.inf, "\ud800", "x" * 500, True]:
        encoder.learn_one({"v": value, "n": value, ("a", 1): value})
        encoder.learn_one({"v": value, "n": value, ("a", 1): value})
    encoder.save(tmp_path / "encoder")
    again = SurprisalEncoder.load(tmp_path / "encoder")
    assert again.to_bytes() == encoder.to_bytes()
    x = {"v": b"\xff", "n": 3.0, ("a", 1): b"\xff"}
    assert again.transform_one(x) == encoder.transform_one(x)


@pytest.mark.slow
@pytest.mark.either_mode
def test_results_do_not_depend_on_the_seed_of_hashes() -> None:
    code = (
        "import hashlib; from clipsgd_river.preprocessing import SurprisalEncoder\n"
        "encoder = SurprisalEncoder(['p'], given={'c': 'u'}, max_values=20)\n"
        "for i in range(400):\n"
        "    x = {'u': f'u{i * i % 17}', 'c': f'c{i * i % 31}', 'p': i % 23}\n"
        "    bits = encoder.transform_one(x)\n"
        "    encoder.learn_one(x)\n"
        "print(bits, hashlib.sha256(encoder.to_bytes()).hexdigest())\n"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "CLIPSGD_PURE_PYTHON": mode},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, mode in (("1", "0"), ("2", "0"), ("3", "1"))
    }
    assert len(printed) == 1
    assert "bits" not in printed


def test_times_pass() -> None:
    model = SurprisalEncoder()
    event = {"when": datetime(2026, 3, 1), "day": date(2026, 3, 1), "user": "ann"}
    model.learn_one(event)
    assert model.transform_one(event) == {**event, "user": model.transform_one(event)["user"]}
    named = SurprisalEncoder(["when"])
    with pytest.raises(TypeError, match="'when' is datetime"):
        named.learn_one(event)
