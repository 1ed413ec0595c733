"""Options that fit and options that do not: a clear word before anything is read or destroyed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import call, csv_text, ordinary_rows

from clipsgd_river._kernels.anomaly import portfolio
from clipsgd_river.anomaly import ClippedEnsemble, ClippedMahalanobis, ClippedZScore
from clipsgd_river.cli.options import MEMORIES

TEXT = csv_text(ordinary_rows(100))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("args", [["--help"], ["score", "--help"], ["demo", "-h"]])
def test_help_is_quick_to_import(args: list[str]) -> None:
    heavy = "river", "sklearn", "scipy", "pandas", "pyarrow", "matplotlib"
    script = (
        "import sys; from clipsgd_river.cli import main; code = main(); "
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr); "
        "sys.exit(code)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script, *args], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "[]\n")
    assert "Usage" in found.stdout


def test_without_the_extra_the_cure_is_named() -> None:
    script = (
        "import sys; sys.modules['typer'] = None; from clipsgd_river.cli import main; "
        "sys.exit(main())"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert found.returncode == 2
    assert found.stderr == (
        'clipsgd-river needs typer, which is not installed: pip install "clipsgd_river[cli]"\n'
    )


@pytest.mark.slow
def test_python_m_runs_it() -> None:
    command = [sys.executable, "-m", "clipsgd_river", "score", "none.csv"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr == "error: cannot read none.csv: No such file or directory\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--contamination", "0"], "contamination"),
        (["--contamination", "0.6"], "contamination"),
        (["--contamination", "nan"], "contamination"),
        (["--memory", "fast"], "is neither a number of events"),
        (["--memory", "0"], "is neither a number of events"),
        (
            ["--memory", "9", "--detector", "zscore"],
            "for ClippedEnsemble, and ClippedZScore judges",
        ),
        (["--on-error", "ignore"], "on-error"),
        (["--format", "xml"], "format"),
        (["--out", "out.xml"], "say --out-format csv, jsonl or parquet"),
        (["--out", "out.csv.gz"], "results are not compressed"),
        (["--out", "none/out.csv"], "cannot write none/out.csv"),
        (["--state", "none/state"], "the state file none/state cannot be written"),
        (["--state", "."], "the state file . cannot be written"),
        (["--plot", "picture"], "let it end in .png"),
        (["--plot", "picture.txt"], "let it end in .png"),
        (["--plot", "none/picture.png"], "cannot write none/picture.png"),
        (["--report", "report.pdf"], "let it end in .html"),
        (["--report", "none/report.html"], "cannot write none/report.html"),
        (["--out", "a.html", "--report", "./a.html"], "--out and --report are the same file"),
        (["--out", "in.csv"], "FILE and --out are the same file"),
        (["--state", "in.csv"], "FILE and --state are the same file"),
        (["--state", "x.png", "--plot", "./x.png"], "--state and --plot are the same file"),
    ],
)
def test_wrong_options(
    table: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(table.parent)
    result = call("score", "in.csv", *options)
    assert result.code == 2
    assert message in result.err
    assert table.read_text() == TEXT
    assert list(table.parent.iterdir()) == [table]


def test_a_wrong_option_does_not_destroy_an_old_result(table: Path) -> None:
    out = table.with_name("out.csv")
    out.write_text("precious")
    assert call("score", table, "--out", out, "--ignore", "nothing").code == 2
    assert out.read_text() == "precious"


def test_standard_input_needs_no_format(table: Path) -> None:
    assert call("score", "-", stdin=TEXT).out == call("score", table).out


def test_state_goes_on_where_it_was(table: Path) -> None:
    state = table.with_name("state")
    args = ("score", table, "--state", state, "--detector", "zscore", "--contamination", "0.05")
    assert call(*args).code == 0
    assert call("score", table, "--state", state, "--again").code == 0
    detector = ClippedZScore.load(state)
    assert detector.n_samples_seen_ == 200
    assert detector.contamination == 0.05
    assert set(table.parent.iterdir()) == {table, state}


def test_memory_is_that_of_the_ensemble(table: Path) -> None:
    state, out = table.with_name("state"), table.with_name("out.csv")
    args = ("score", table, "--state", state, "--out", out)
    assert call(*args, "--memory", "50").code == 0
    assert ClippedEnsemble.load(state).memory == 50
    assert call(*args, "--memory", "50", "--again").code == 0
    other = call(*args, "--memory", "long", "--again")
    assert (other.code, "begun with --memory 50, now it is long" in other.err) == (2, True)
    assert set(MEMORIES) == set(portfolio.MEMORIES)
    told = " ".join(call("score", "--help").out.replace("│", " ").split())
    assert all(f"{events:,}" in told for events in portfolio.MEMORIES.values())


def test_memory_where_the_rule_chooses_another_detector(tmp_path: Path) -> None:
    text = "host,user\n" + "".join(f"h{i % 3},u{i % 7}\n" for i in range(60))
    out = tmp_path / "out.csv"
    result = call("score", "-", "--memory", "long", "--out", out, stdin=text)
    assert result.code == 2
    assert "ClippedSurprisal judges these events: leave the option out, or add" in result.err
    assert not out.exists()
    more = ("--detector", "ensemble", "--out", out)
    assert call("score", "-", "--memory", "long", *more, stdin=text).code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--detector", "mahalanobis"], "holds a ClippedZScore, --detector asks for mahalanobis"),
        (["--contamination", "0.02"], "begun with --contamination 0.01, now it is 0.02"),
    ],
)
def test_options_that_contradict_the_state(table: Path, options: list[str], message: str) -> None:
    state = table.with_name("state")
    detector = ClippedZScore()
    detector.learn_one({"cpu": 1.0})
    detector.save(state)
    before = state.read_bytes()
    result = call("score", table, "--state", state, *options)
    assert result.code == 2
    assert message in result.err
    assert state.read_bytes() == before


@pytest.mark.parametrize("change", ["cut", "flipped", "foreign", "empty"])
def test_a_damaged_state_is_named_and_left_alone(table: Path, change: str) -> None:
    state = table.with_name("state")
    detector = ClippedMahalanobis()
    detector.learn_one({"a": 1.0})
    data = bytearray(detector.to_bytes())
    if change == "flipped":
        data[len(data) // 2] ^= 1
    contents = {"cut": data[:-3], "flipped": data, "foreign": b"a,b\n1,2\n", "empty": b""}
    damaged = bytes(contents[change])
    state.write_bytes(damaged)
    result = call("score", table, "--state", state)
    assert result.code == 1
    assert f"the state file {state} is unusable" in result.err
    assert state.read_bytes() == damaged
    assert result.out == ""


def test_the_state_is_saved_when_the_data_turns_bad(table: Path) -> None:
    state = table.with_name("state")
    table.write_text(TEXT + "1,2,x\n")
    assert call("score", table, "--state", state).code == 1
    assert ClippedEnsemble.load(state).n_samples_seen_ == 100


def test_an_event_that_cannot_be_written_is_not_learned(table: Path) -> None:
    state, out = table.with_name("state"), table.with_name("out.csv")
    text = '{"a": 1}\n{"a": 2}\n{"a": 3, "b": 4}\n'
    options = ("--format", "jsonl", "--out", out, "--state", state)
    assert call("score", "-", *options, stdin=text).code == 1
    assert ClippedEnsemble.load(state).n_samples_seen_ == 2


def test_state_of_arrays_fits_columns_without_names(table: Path) -> None:
    state = table.with_name("state")
    ClippedEnsemble().partial_fit(ordinary_rows(50)).save(state)
    text = "".join(TEXT.splitlines(keepends=True)[1:])
    options = ("--format", "csv", "--no-header", "--state", state)
    assert call("score", "-", *options, stdin=text).code == 0
    detector = ClippedEnsemble.load(state)
    assert detector.features_ == [0, 1, 2]
    assert detector.n_samples_seen_ == 150


def test_a_state_without_events_is_a_beginning(table: Path) -> None:
    state = table.with_name("state")
    options = ["--format", "csv", "--categorical", "none"]
    assert call("score", "-", *options, "--state", state, stdin="cpu\n").code == 0
    assert call("score", table, "--state", state).code == 0
    assert ClippedEnsemble.load(state).n_samples_seen_ == 100


def test_columns_that_a_state_file_does_not_know_are_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    options = ["--detector", "zscore", "--state", state]
    assert call("score", "-", *options, stdin=TEXT).code == 0
    renamed = call("score", "-", *options, stdin=TEXT.replace("cpu", "load"))
    assert renamed.code == 0
    assert f"to the state file {state} 'cpu' is gone" in renamed.err
    assert f"to the state file {state} 'load' is new: renamed columns start anew" in renamed.err
    again = call("score", "-", *options, stdin=TEXT)
    assert "is new" not in again.err
    assert "'load' is gone" in again.err
