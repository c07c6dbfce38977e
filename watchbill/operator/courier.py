"""The courier: a process of its own that hands one message to Apprise and ends. Nothing else of ours imports Apprise.

It reads {"url", "title", "body"} from its standard input, so that no address stands in a list of processes, and writes
{"why"}: "" once the other side has taken the message.
"""

import json
import logging
import sys

_UNKNOWN = "Apprise knows no service of that address: see the list of services in its documentation"


class _Heard(logging.Handler):
    """What Apprise says of its failures."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def carry(url: str, title: str, body: str) -> str:
    """Why the other side did not take it; "" when it did. The words may hold parts of the address."""
    import apprise  # noqa: PLC0415 - here only, in this process only

    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [heard], False
    asset = apprise.AppriseAsset(
        app_id="watchbill",
        app_desc="watchbill",
        app_url="",
        async_mode=False,  # one message, one target
        storage_mode=apprise.PersistentStoreMode.MEMORY,  # nothing is left on the disk
        secure_logging=True,
    )
    courier = apprise.Apprise(asset=asset)
    if not courier.add(url):
        return _UNKNOWN
    if courier.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        return ""
    return "; ".join(heard.said) or "it was not taken, and Apprise does not say why"


def main() -> None:
    said = json.load(sys.stdin)
    json.dump({"why": carry(said["url"], said["title"], said["body"])}, sys.stdout)


if __name__ == "__main__":
    main()
