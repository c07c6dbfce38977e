"""Names of files as text: the system allows any bytes, and some are no letters."""


def is_utf8(name: str) -> bool:
    """Whether the name can be stored, printed and told to anybody as it is."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(name: str) -> str:
    """The name with the bytes that are no letters as \\udcXX."""
    return name.encode(errors="backslashreplace").decode()
