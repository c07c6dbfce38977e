"""The image and the compose file, built and run for real.

make deploy-container      needs root, mmdebstrap, buildah, podman, runc, and the network; about five minutes
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.player import Player, finish, write
from tests.deploy import containers, roots
from tests.deploy.containers import Ship, podman
from tests.deploy.post import until
from tests.vendors import FakeVendor

roots.need("mmdebstrap", "systemd-nspawn", "buildah", "podman", "runc", "conmon")
pytestmark = [pytest.mark.deep, pytest.mark.vendors]

OWNER = 1000  # another one than the image's own user
QUEUE = "docs/AI_TASK_QUEUE.md"
WELL = "# Work\n\n- [ ] Dig the well [id:: well] [files:: well.md]\n"
DUG = [write("well.md", "Deep and cold.\n"), finish("The well is dug.")]
DIGGING = [write("well.md", f"{depth} feet deep.\n") for depth in range(1, 200)]
CONFIG = """
[daemon]
slot_policy = "off"
max_parallel = 1
tick_min = "1s"
drain_timeout = "20s"

[[repo]]
name = "town"
path = "{repo}"
commands = [{{ name = "look", argv = ["sh", "-c", "test ! -e /etc/watchbill && test ! -e /var/lib/watchbill"] }}]

[provider.claude]
kind = "anthropic"
api_key = "file:/run/secrets/vendor"
base_url = "{url}"
models = [{{ id = "fake-1", price = {{ input = 3, output = 15 }} }}]
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> None:
    containers.build(tmp_path_factory.mktemp("base"))


@contextmanager
def launched(folder: Path, url: str) -> Iterator[Ship]:
    repos = folder / "repos"
    repo = repos / "town"
    (repo / "docs").mkdir(parents=True)
    (repo / QUEUE).write_text(WELL)
    (folder / "keys").mkdir()
    (folder / "keys/vendor").write_text("sk-canary-in-a-container\n")
    (folder / "watchbill.toml").write_text(CONFIG.format(repo=repo, url=url))
    who = ("-c", "user.name=The Owner", "-c", "user.email=owner@example.org")
    for args in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-q", "-m", "The beginning")):
        subprocess.run(["git", "-C", str(repo), *args], check=True)
    subprocess.run(["chown", "-R", f"{OWNER}:{OWNER}", str(folder)], check=True)
    for above in (folder, *folder.parents[:-1]):
        above.chmod(above.stat().st_mode | 0o011)  # pytest's folders are closed to others
    ship = Ship(folder=folder, repo=repo)
    try:
        ship.up()
        yield ship
    finally:
        ship.compose("down", "--volumes", "--timeout", "5", code=None)


@pytest.fixture
def player() -> Player:
    """Digs on, slowly, until it is told otherwise."""
    return Player({"Dig the well": DIGGING}, pace=0.2)


@pytest.fixture
def ship(image: None, player: Player, tmp_path: Path) -> Iterator[Ship]:
    with FakeVendor(player) as vendor, launched(tmp_path, vendor.anthropic_url) as made:
        yield made
        player.release()


def landed(ship: Ship) -> str:
    words = ["git", "-c", "safe.directory=*", "-C", str(ship.repo), "show", "watchbill/main:well.md"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("player", [Player({"Dig the well": DUG})])
def test_a_container_is_healthy_and_its_work_lands_as_its_owner(ship: Ship) -> None:
    ship.wait("task.landed")
    podman("healthcheck", "run", ship.name)
    inside = podman("exec", ship.name, "id", "-u").strip()

    assert landed(ship) == "Deep and cold.\n"
    assert inside == str(OWNER)
    assert {(ship.repo / ".git" / name).stat().st_uid for name in ("HEAD", "refs/heads/watchbill")} == {OWNER}
    assert "sk-canary" not in ship.log


def test_a_killed_container_is_followed_by_a_new_one_on_the_same_volume(ship: Ship, player: Player) -> None:
    until(lambda: len(player.heard) >= 3)
    ship.kill()
    replies = len(player.heard)
    ship.up()
    ship.wait("session.resumed")
    player.steps, player.pace = {"Dig the well": [*DIGGING[:replies], finish()]}, 0.0
    ship.wait("task.landed")
    shown = ship.ask("task", "show", "well")

    assert landed(ship).endswith(" feet deep.\n")
    assert len(shown["runs"]) == 2
    assert shown["state"] == "landed"


def test_stop_drains_to_a_checkpoint(ship: Ship, player: Player) -> None:
    until(lambda: len(player.heard) >= 3)
    ship.compose("stop")
    stopped = ship.state()
    log = ship.log
    ship.compose("start")
    player.pace = 0.0
    ship.wait("session.resumed")

    assert stopped["ExitCode"] == 0
    assert '"state": "handed_off"' in log


@pytest.mark.parametrize("player", [Player({"Dig the well": DUG})])
def test_a_wrong_configuration_ends_it_with_78(ship: Ship, tmp_path: Path) -> None:
    ship.compose("stop")
    wrong = (tmp_path / "watchbill.toml").read_text().replace("max_parallel", "max_paralel")
    (tmp_path / "wrong.toml").write_text(wrong)
    mount = f"{tmp_path}/wrong.toml:/etc/watchbill/watchbill.toml:ro"
    said = podman("run", "--rm", "--no-healthcheck", "--network=host", "-v", mount, containers.IMAGE, code=None)
    ended = podman(
        "run", "--no-healthcheck", "--name=wrong", "--network=host", "-v", mount, containers.IMAGE, code=None
    )
    code = podman("inspect", "--format", "{{.State.ExitCode}}", "wrong").strip()
    podman("rm", "wrong")

    assert code == "78", ended
    assert "daemon.max_paralel" in said
