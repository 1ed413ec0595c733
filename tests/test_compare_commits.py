"""The comparer of two builds finds what differs, and nothing else."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from behaviour.record import record_all
from behaviour.subjects import public_classes
from compare_commits import main

from clipsgd_river import stats

pytestmark = pytest.mark.either_mode

Recording = dict[str, Any]


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record_all(quick=True, only="ClippedMean")


def compared(
    old: Recording, new: Recording, folder: Path, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, str]:
    """Exit code and output of a comparison of two recordings."""
    paths = [folder / "old.recording", folder / "new.recording"]
    for path, each in zip(paths, (old, new), strict=True):
        path.write_bytes(pickle.dumps(each))
    code = main([*map(str, paths), *options])
    return code, capsys.readouterr().out


def changed(recording: Recording, bit: int) -> Recording:
    """The recording with one bit of one estimate flipped."""
    found: Recording = pickle.loads(pickle.dumps(recording))
    place = next(p for p in found["classes"]["ClippedMean"] if "gaussian 1, update" in p)
    answers = found["classes"]["ClippedMean"][place]["get()"]
    step, text, bits = answers[31]
    answers[31] = (step, text, (int.from_bytes(bits, "little") ^ (1 << bit)).to_bytes(8, "little"))
    return found


def test_a_recording_is_equal_to_the_next(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = record_all(quick=True, only="ClippedMean")
    code, said = compared(recording, again, tmp_path, capsys)
    assert code == 0, said
    assert "all equal" in said


def test_one_bit_is_found_and_named(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = compared(recording, changed(recording, 0), tmp_path, capsys)
    assert code == 1
    assert "DIFFERS in 1 answers (get())" in said
    assert "gaussian 1, update', step 31, get()" in said


def test_a_last_bit_is_within_a_tolerance_and_a_high_one_is_not(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tolerance = ("--tolerance", "1e-12")
    code, said = compared(recording, changed(recording, 0), tmp_path, capsys, *tolerance)
    assert code == 0
    assert "within 1e-12: 1 answers" in said
    assert compared(recording, changed(recording, 45), tmp_path, capsys, *tolerance)[0] == 1
    others = (*tolerance, "--tolerant", "AlertBudget")
    assert compared(recording, changed(recording, 0), tmp_path, capsys, *others)[0] == 1


def test_a_build_that_behaves_otherwise_differs(
    recording: Recording,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    get = stats.ClippedMean.get
    monkeypatch.setattr(stats.ClippedMean, "get", lambda self: get(self) * (1 + 2**-52))
    code, said = compared(recording, record_all(quick=True, only="ClippedMean"), tmp_path, capsys)
    assert code == 1
    assert "1 classes differ: ClippedMean" in said


def test_an_answer_that_is_gone_is_told_and_a_new_one_too(
    recording: Recording,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(stats.ClippedMean, "radius")
    less = record_all(quick=True, only="ClippedMean")
    code, said = compared(recording, less, tmp_path, capsys)
    assert code == 1
    assert "GONE: radius()" in said
    code, said = compared(less, recording, tmp_path, capsys)
    assert code == 0
    assert "equal; new: radius()" in said
    assert compared(recording, less, tmp_path, capsys, "--ignore", "radius*")[0] == 0


def test_interpreters_are_compared_by_running_them(capsys: pytest.CaptureFixture[str]) -> None:
    pythons = ("--old-python", sys.executable, "--new-python", sys.executable)
    assert main([*pythons, "--quick", "--only", "ClippedMean"]) == 0
    assert "ClippedMean" in capsys.readouterr().out


def test_nothing_to_compare_is_no_success(
    recording: Recording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = compared({**recording, "classes": {}}, recording, tmp_path, capsys)
    assert code == 1
    assert "1 classes only in the new build: ClippedMean" in said
    assert "nothing was compared" in said


def test_every_public_class_says_something() -> None:
    for name in ("ClippedScaler", "AlertRate", "Yearly"):
        places = record_all(quick=True, only=name)["classes"][name]
        assert sum(len(each) for place in places.values() for each in place.values()) > 100
    assert {"ClippedZScore", "AlertBudget", "ClippedOCPD", "Direction"} <= set(public_classes())
