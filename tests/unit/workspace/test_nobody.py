"""Rules of nobody: root starts code as that user where it exists, and as itself, without a capability, where it does not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from watchbill.workspace import nobody

RUN = """
import subprocess, sys
from pathlib import Path
from watchbill.workspace.sandbox import Means, Sandbox
sandbox, tree = Sandbox(program=sys.argv[1]), Path(sys.argv[2])
assert sandbox.means() is Means[sys.argv[3]], sandbox.means()
script = "echo a > b; cat b; grep -c CapEff:.0000000000000000 /proc/self/status"
subprocess.run(sandbox.wrap(["sh", "-c", script], tree), cwd=tree, env=sandbox.env(), check=True)
"""
OF_ONE_USER = ("unshare", "--user", "--map-root-user")


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("         0          0 4294967295\n", True),
        ("         0       1000          1\n", False),
        ("         0       1000          1\n         1     100000      65536\n", True),
        ("         0       1000          1\n         1     100000      65533\n", False),
        ("", False),
    ],
)
def test_a_namespace_has_nobody_where_its_table_says_so(said: str, there: bool) -> None:
    assert nobody.is_mapped(said) is there


@pytest.mark.parametrize(("program", "means"), [("bwrap", "BUBBLEWRAP"), ("no-such-bwrap", "LANDLOCK")])
def test_root_without_another_user_starts_code_as_itself_without_a_capability(
    tmp_path: Path, program: str, means: str
) -> None:
    if (
        not shutil.which("unshare")
        or subprocess.run([*OF_ONE_USER, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("needs unshare and user namespaces")
    if program == "bwrap" and not shutil.which("bwrap"):
        pytest.skip("needs bubblewrap")

    done = subprocess.run(
        [*OF_ONE_USER, sys.executable, "-c", RUN, program, tmp_path, means], capture_output=True, check=False, text=True
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n1\n", "")
