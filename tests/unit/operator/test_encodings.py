"""Rules of encodings: a terminal that cannot hold a sign is no reason to fail, and JSON stays JSON on it."""

import json
import subprocess
import sys

import pytest

SAY = """
import sys
from watchbill.operator.cli import encodings
encodings.let_through()
sys.stdout.write(sys.argv[1]); sys.stderr.write(sys.argv[1])
"""
SAID = '{"é": "○ 🙂 \udcff"}'


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", '{"\\u00e9": "\\u25cb \\ud83d\\ude42 \\udcff"}'),
        ("latin-1", '{"é": "\\u25cb \\ud83d\\ude42 \\udcff"}'),
        ("utf-8", '{"é": "○ 🙂 \\udcff"}'),
    ],
)
def test_what_an_encoding_lacks_is_written_as_json_writes_it(encoding: str, shown: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SAY, SAID],
        env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
    )

    assert (done.stdout, done.stderr) == (shown.encode(encoding),) * 2
    assert json.loads(done.stdout.decode(encoding)) == json.loads(SAID)
