"""Pictures of unknown makers to small ones of our own making.

What cannot be decoded in full is refused; what can is scaled down and encoded anew, so that nothing
of the original file (comments, places, other formats hidden in it) reaches a reader.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from aggregator.errors import AggregatorError

_FORMATS = ("GIF", "JPEG", "PNG", "WEBP")  # no SVG: it is a program
_WIDEST, _HIGHEST = 1280, 4000  # pixels; the column of an article is 700 wide, or 1400 small pixels
_MOST_PIXELS = 25_000_000  # of the original: 100 MB of memory
_LEAST = 3  # pixels; what is smaller only counts its viewers
_QUALITY = 80
_ORIENTATION, _ON_ITS_SIDE = 0x0112, 5  # of Exif: from 5 on, width and height change places
_NO_ROOM = re.compile(r"encoding error [12]\b")  # how libwebp says so


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A picture as we serve it: WebP."""

    data: bytes
    width: int  # pixels
    height: int


def encode(body: bytes) -> Encoded:
    """Encode a picture anew; of a moving one its first frame.

    Raises:
        AggregatorError: it is none, is damaged, or has too few or too many pixels.
        MemoryError: this process has no room for it; that says nothing about the picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which are dropped
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                return _encoded(picture)
    except (AggregatorError, MemoryError):
        raise
    except Exception as error:  # the decoders raise all kinds of errors on broken files
        raise AggregatorError(f"it is no picture that can be read: {error}") from error


def _encoded(picture: Image.Image) -> Encoded:
    width, height = picture.size
    if width < _LEAST or height < _LEAST:
        raise AggregatorError(f"it has only {width} x {height} pixels")
    if width * height > _MOST_PIXELS:
        raise AggregatorError(f"it has {width} x {height} pixels, more than {_MOST_PIXELS}")
    picture.draft("RGB", (2 * _WIDEST, 2 * _HIGHEST))  # a large JPEG is decoded at half its size
    clear = "A" in picture.getbands() or "transparency" in picture.info
    mode = "RGBA" if clear else "RGB"
    # Scaled before it is turned, and copied only where it must be: the original fills the memory.
    made: Image.Image = picture if picture.mode == mode else picture.convert(mode)
    turned = picture.getexif().get(_ORIENTATION, 1) >= _ON_ITS_SIDE
    made.thumbnail((_HIGHEST, _WIDEST) if turned else (_WIDEST, _HIGHEST))
    ImageOps.exif_transpose(made, in_place=True)
    out = io.BytesIO()
    try:
        made.save(out, "WEBP", quality=_QUALITY, method=4)
    except (OSError, ValueError) as error:
        if _NO_ROOM.search(str(error)):
            raise MemoryError(str(error)) from error
        raise
    return Encoded(data=out.getvalue(), width=made.width, height=made.height)
