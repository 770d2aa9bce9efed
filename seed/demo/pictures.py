"""Photographs for the demo, drawn in code: small PNGs of floors, walls and cupboards."""

from __future__ import annotations

import io
import math
import struct
import zlib

from services.evidence import Upload

Colour = tuple[int, int, int]

WIDTH, HEIGHT = 480, 360
PLASTER: Colour = (236, 232, 224)
TILE: Colour = (214, 208, 198)
JOINT: Colour = (168, 162, 152)
CHALK: Colour = (194, 52, 43)
STAIN: Colour = (196, 176, 140)
SOOT: Colour = (52, 48, 46)
WOOD: Colour = (176, 138, 98)
PAINT: Colour = (188, 214, 206)
STEEL: Colour = (120, 130, 140)


class Picture:
    """A canvas that rectangles are painted on."""

    def __init__(self, ground: Colour) -> None:
        self._rows = [bytearray(bytes(ground) * WIDTH) for _ in range(HEIGHT)]

    def fill(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:
        """Paint a rectangle, as far as it lies on the canvas."""
        begin, end = max(left, 0), min(left + width, WIDTH)
        if begin >= end:
            return
        stroke = bytes(colour) * (end - begin)
        for row in self._rows[max(top, 0) : top + height]:
            row[begin * 3 : end * 3] = stroke

    def png(self) -> bytes:
        """The picture as a PNG file: 8 bits a channel, no filter."""
        pixels = b"".join(b"\0" + row for row in self._rows)
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def hollow_tiles() -> Upload:
    """A tiled floor with seven tiles marked in red chalk."""
    picture = Picture(TILE)
    for x in range(0, WIDTH, 80):
        picture.fill(x, 0, 3, HEIGHT, JOINT)
    for y in range(0, HEIGHT, 72):
        picture.fill(0, y, WIDTH, 3, JOINT)
    for column, line in ((4, 0), (5, 0), (4, 1), (5, 1), (5, 2), (3, 1), (4, 3)):
        _cross(picture, column * 80 + 40, line * 72 + 36)
    return _upload("客厅地砖空鼓标记.png", picture)


def relaid_tiles() -> Upload:
    """The same floor without a mark."""
    picture = Picture(TILE)
    for x in range(0, WIDTH, 80):
        picture.fill(x, 0, 3, HEIGHT, JOINT)
    for y in range(0, HEIGHT, 72):
        picture.fill(0, y, WIDTH, 3, JOINT)
    return _upload("重铺完工.png", picture)


def signature() -> bytes:
    """A name as a finger draws it."""
    picture = Picture((255, 255, 255))
    for step in range(2000):
        along = step / 2000
        x = 90 + 300 * along + 22 * math.sin(40 * along)
        y = 180 + 52 * math.cos(33 * along) * (1 - 0.6 * along) - 30 * along
        picture.fill(int(x), int(y), 4, 4, SOOT)
    return picture.png()


def leak() -> Upload:
    """A ceiling with a water stain that grew in rings."""
    picture = Picture(PLASTER)
    for ring in range(6):
        shade = (STAIN[0] + 6 * ring, STAIN[1] + 8 * ring, STAIN[2] + 12 * ring)
        for y in range(-90 + 12 * ring, 90 - 12 * ring, 6):
            half = int(((90 - 12 * ring) ** 2 - y**2) ** 0.5 * 1.6)
            picture.fill(250 - half, 160 + y, 2 * half, 6, shade)
    return _upload("楼下顶棚水渍.png", picture)


def crack() -> Upload:
    """A wall with a crack that runs down from the corner of a window."""
    picture = Picture(PLASTER)
    picture.fill(40, 0, 150, 120, STEEL)
    x = 190
    for y in range(120, HEIGHT, 6):
        x += (5, 2, 7, -1, 4)[y // 6 % 5]
        picture.fill(x, y, 3, 8, SOOT)
    return _upload("窗角裂缝.png", picture)


def scorched_socket() -> Upload:
    """A wall socket with soot around it."""
    picture = Picture(PLASTER)
    for ring in range(5):
        shade = (SOOT[0] + 36 * ring, SOOT[1] + 36 * ring, SOOT[2] + 34 * ring)
        picture.fill(180 - 0 + 6 * ring, 90 + 14 * ring, 150 - 12 * ring, 180 - 28 * ring, shade)
    picture.fill(200, 150, 110, 90, (248, 248, 246))
    for hole in ((232, 176), (268, 176), (250, 206)):
        picture.fill(*hole, 8, 16, SOOT)
    return _upload("厨房插座熏黑.png", picture)


def short_cupboard() -> Upload:
    """A row of cupboards that ends before the wall, with a tape measure in the gap."""
    picture = Picture(PLASTER)
    for door in range(4):
        picture.fill(20 + door * 98, 130, 94, 210, WOOD)
        picture.fill(100 + door * 98, 220, 5, 36, STEEL)
    picture.fill(412, 120, 6, 230, CHALK)
    picture.fill(460, 0, 20, HEIGHT, JOINT)
    return _upload("吊柜离墙尺寸.png", picture)


def cupboards() -> Upload:
    """A row of cupboards whose doors hang straight."""
    picture = Picture(PLASTER)
    for door in range(5):
        picture.fill(2 + door * 96, 60, 92, 280, WOOD)
        picture.fill(82 + door * 96, 180, 5, 40, STEEL)
    return _upload("柜门调整后.png", picture)


def half_painted_wall() -> Upload:
    """A wall of which four fifths have their colour."""
    picture = Picture(PLASTER)
    picture.fill(0, 0, WIDTH * 4 // 5, HEIGHT, PAINT)
    picture.fill(0, 330, WIDTH, 30, WOOD)
    return _upload("油漆进度.png", picture)


def receipt() -> Upload:
    """A bank's receipt: a frame, lines of print, and a round stamp."""
    picture = Picture((250, 250, 247))
    picture.fill(30, 30, 420, 44, STEEL)
    for line in range(6):
        picture.fill(50, 100 + 36 * line, (300, 220, 340, 180, 260, 200)[line], 10, JOINT)
    for y in range(-46, 47, 2):
        half = int((46**2 - y**2) ** 0.5)
        inner = int(max(38**2 - y**2, 0) ** 0.5)
        picture.fill(380 - half, 270 + y, half - inner, 2, CHALK)
        picture.fill(380 + inner, 270 + y, half - inner, 2, CHALK)
    return _upload("网银转账回单.png", picture)


def filled_balcony() -> Upload:
    """A tiled floor under water, with a ruler that stands in it."""
    picture = Picture((150, 186, 200))
    for x in range(0, WIDTH, 96):
        picture.fill(x, 0, 2, HEIGHT, (134, 168, 182))
    for y in range(0, HEIGHT, 90):
        picture.fill(0, y, WIDTH, 2, (134, 168, 182))
    picture.fill(300, 60, 26, 240, PLASTER)
    for mark in range(12):
        picture.fill(300, 70 + 20 * mark, 14 if mark % 5 else 24, 2, SOOT)
    return _upload("阳台闭水水位.png", picture)


def _cross(picture: Picture, x: int, y: int) -> None:
    for step in range(-16, 17, 2):
        picture.fill(x + step, y + step, 4, 4, CHALK)
        picture.fill(x + step, y - step, 4, 4, CHALK)


def _upload(name: str, picture: Picture) -> Upload:
    return Upload(name, io.BytesIO(picture.png()))
