"""Check that the card's names at the root are relative links into the package."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("daemon", "providers", "scheduling", "state", "config")


def main() -> int:
    wrong = [room for room in ROOMS if not _is_link(ROOT / room, Path("watchbill") / room)]
    if wrong:
        sys.stderr.write(
            f"not a relative link into watchbill/: {', '.join(wrong)}; mend with: ln -sfn watchbill/NAME NAME\n"
        )
    return 1 if wrong else 0


def _is_link(path: Path, target: Path) -> bool:
    return path.is_symlink() and path.readlink() == target and path.is_dir()


if __name__ == "__main__":
    sys.exit(main())
