"""Pictures of unknown makers."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from aggregator.errors import AggregatorError
from aggregator.imaging import encode


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_encoded_anew_with_its_size(kind: str) -> None:
    made = encode(written(Image.new("RGB", (320, 200), "navy"), kind))
    found = read(made.data)
    assert (found.format, found.size) == ("WEBP", (320, 200))
    assert (made.width, made.height) == (320, 200)


def test_a_large_picture_is_scaled_down() -> None:
    made = encode(written(Image.new("RGB", (4000, 3000)), "JPEG"))
    assert (made.width, made.height) == (1280, 960)


def test_what_shines_through_still_does() -> None:
    made = encode(written(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG"))
    assert read(made.data).convert("RGBA").getpixel((5, 5)) == (0, 0, 0, 0)


def test_a_photograph_stands_upright_and_tells_nothing_of_its_place() -> None:
    facts = Image.Exif()
    facts[0x0112] = 6  # turned by a quarter
    facts[0x010E] = "taken in the garden of Ada Example"
    made = encode(written(Image.new("RGB", (300, 100)), "JPEG", exif=facts))
    assert (made.width, made.height) == (100, 300)
    assert not read(made.data).getexif()
    assert b"garden" not in made.data


def test_of_a_moving_picture_the_first_frame_stands() -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    made = encode(written(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    found = read(made.data)
    assert getattr(found, "n_frames", 1) == 1
    red, _, blue = found.convert("RGB").getpixel((5, 5))  # type: ignore[misc]  # three numbers
    assert red > 200 > blue


def _png(width: int, height: int) -> bytes:
    """Return the head of a PNG file of that size, with hardly any data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no picture"),
        (b"<html>not found</html>", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "no picture"),
        (written(Image.new("RGB", (300, 200)), "PNG")[:200], "no picture"),
        (written(Image.new("RGB", (1, 1)), "GIF"), "only 1 x 1"),
        (written(Image.new("RGB", (9, 9)), "BMP"), "no picture"),
        (_png(100_000, 100_000), "decompression bomb"),
        (_png(5_001, 5_000), "more than 25000000"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(body: bytes, why: str) -> None:
    with pytest.raises(AggregatorError, match=why):
        encode(body)


def test_a_picture_that_lies_on_its_side_is_scaled_by_how_it_stands() -> None:
    facts = Image.Exif()
    facts[0x0112] = 8
    made = encode(written(Image.new("RGB", (4000, 3000)), "JPEG", exif=facts))
    assert (made.width, made.height) == (1280, 1707)


def test_too_little_memory_says_nothing_about_a_picture() -> None:
    """A process with little room left gives the call up, and does not call the picture broken."""
    body = written(Image.effect_noise((1600, 1200), 60).convert("RGBA"), "PNG")
    program = """
import resource, sys
from aggregator.imaging import encode
body = sys.stdin.buffer.read()
used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_DATA, (used + {room} * 1_000_000, resource.RLIM_INFINITY))
try:
    encode(body)
except MemoryError:
    print("no room")
else:
    print("made")
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", program.format(room=room)],
            input=body,
            capture_output=True,
            check=True,
        ).stdout.strip()
        for room in (2, 9, 14, 17, 20, 400)
    ]
    assert said[0] == b"no room"
    assert said[-1] == b"made"
    assert set(said) == {b"no room", b"made"}
