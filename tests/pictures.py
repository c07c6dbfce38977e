"""Pictures: a browser's PNG with its 256 most used shades only, a third of the size; for the documentation."""

import struct
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator

_HEAD = b"\x89PNG\r\n\x1a\n"
_COARSE = 0xF8  # shades that differ less are one
Colour = tuple[int, int, int]


def small(png: bytes) -> bytes:
    """The same picture. Of PNGs as Chromium makes them: eight bits, red, green and blue, no interlacing."""
    found = list(_chunks(png))
    width, height = struct.unpack(">II", next(data for kind, data in found if kind == b"IHDR")[:8])
    raw = zlib.decompress(b"".join(data for kind, data in found if kind == b"IDAT"))
    rows = list(_rows(raw, width * 3))
    pixels = [[(row[at], row[at + 1], row[at + 2]) for at in range(0, width * 3, 3)] for row in rows]
    place = _places(Counter(pixel for row in pixels for pixel in row))
    palette = sorted(set(place.values()))
    number = {colour: at for at, colour in enumerate(palette)}
    body = b"".join(b"\0" + bytes(number[place[pixel]] for pixel in row) for row in pixels)
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(map(bytes, palette))),
        (b"IDAT", zlib.compress(body, 9)),
        (b"IEND", b""),
    )
    return _HEAD + b"".join(_chunk(kind, data) for kind, data in parts)


def _places(counts: Counter[Colour]) -> dict[Colour, Colour]:
    """What each colour becomes: the most used one of its shade, or of the nearest shade that is kept."""
    shades: defaultdict[Colour, Counter[Colour]] = defaultdict(Counter)
    for colour, count in counts.items():
        shades[_shade(colour)][colour] = count
    kept = sorted(shades.values(), key=Counter.total, reverse=True)[:256]
    shown = {_shade(shade.most_common(1)[0][0]): shade.most_common(1)[0][0] for shade in kept}
    for shade in shades:
        if shade not in shown:
            shown[shade] = min(list(shown.values()), key=lambda one: _distance(one, shade))
    return {colour: shown[_shade(colour)] for colour in counts}


def _shade(colour: Colour) -> Colour:
    red, green, blue = colour
    return (red & _COARSE, green & _COARSE, blue & _COARSE)


def _distance(one: Colour, other: Colour) -> int:
    return sum((left - right) ** 2 for left, right in zip(one, other, strict=True))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_HEAD)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _rows(raw: bytes, stride: int) -> Iterator[bytearray]:
    above, at = bytearray(stride), 0
    while at < len(raw):
        above = _unfiltered(raw[at], bytearray(raw[at + 1 : at + 1 + stride]), above)
        yield above
        at += 1 + stride


def _unfiltered(kind: int, row: bytearray, above: bytearray) -> bytearray:
    """PNG's five filters, which write a byte as its difference from its neighbours."""
    for at in range(len(row)):
        left, up, corner = (row[at - 3], above[at], above[at - 3]) if at > 2 else (0, above[at], 0)
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[at] = (row[at] + guess) & 255
    return row


def _paeth(left: int, up: int, corner: int) -> int:
    goal = left + up - corner
    return min((left, up, corner), key=lambda one: abs(goal - one))
