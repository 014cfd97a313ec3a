"""Pictures of unknown makers to small ones of our own making.

What cannot be decoded in full is refused; what can is scaled down and encoded anew, so that nothing
of the original file (comments, places, other formats hidden in it) reaches a reader.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from aggregator.errors import AggregatorError

_FORMATS = ("GIF", "JPEG", "PNG", "WEBP")  # no SVG: it is a program
_WIDEST, _HIGHEST = 1280, 4000  # pixels; the column of an article is 700 wide, or 1400 small pixels
_MOST_PIXELS = 25_000_000  # of the original: 100 MB of memory
_LEAST = 3  # pixels; what is smaller only counts its viewers
_QUALITY = 80


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
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which are dropped
            with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
                return _encoded(picture)
    except AggregatorError:
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
    upright = ImageOps.exif_transpose(picture).convert("RGBA" if clear else "RGB")
    upright.thumbnail((_WIDEST, _HIGHEST))
    out = io.BytesIO()
    upright.save(out, "WEBP", quality=_QUALITY, method=4)
    return Encoded(data=out.getvalue(), width=upright.width, height=upright.height)
