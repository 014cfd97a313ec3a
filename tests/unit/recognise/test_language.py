"""Which language a post is in, and that the large model is loaded only for doubtful ones."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROSE = {
    "en": "We went to the hall and heard that the talks were good, with tea for all of us in it. "
    * 3,
    "de": "Wir waren in der Halle und hörten, dass die Vorträge gut sind, mit Tee für uns alle. "
    * 3,
    "fr": "Nous étions dans la salle et les exposés du matin ont été bons, avec du thé pour tous. "
    * 3,
    "es": "Fuimos a la sala y las charlas del día son buenas, con té para todos los que estaban. "
    * 3,
    "nl": "Wij waren in de zaal en het was goed, met thee voor ons en een praatje van een uur. "
    * 3,
}


@pytest.mark.parametrize("code", sorted(PROSE))
def test_small_words_decide_the_language_without_the_model(code: str) -> None:
    program = (
        "import sys\n"
        "from aggregator.model import Post, RawHtml\n"
        "from aggregator.recognise import reading\n"
        f"post = Post(id='1', title='', html=RawHtml('<p>' + {PROSE[code]!r}))\n"
        "print(reading.language(reading.read(post), surely=True), 'py3langid' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [code, "False"]
