"""Which language a post is in, by the small words of its prose."""

from __future__ import annotations

import pytest

from aggregator.model import Post, RawHtml
from aggregator.recognise import reading

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
    "pt": "Nós fomos à sala e as palestras foram boas, não em um dia só, com chá para os da casa. "
    * 3,
    "it": "Siamo andati nella sala e gli interventi della mattina sono stati belli, con il tè. "
    * 3,
}


def told(html: str, title: str = "") -> str | None:
    return reading.language(reading.read(Post(id="1", title=title, html=RawHtml(html))))


@pytest.mark.parametrize("code", sorted(PROSE))
def test_small_words_decide_the_language(code: str) -> None:
    assert told(f"<p>{PROSE[code]}</p>") == code


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<p>Zestful: Month 4</p>",
        "<p>Byli jsme na sjezdu a poslouchali o kamenech, mlze, lodích a horkém čaji dlouho.</p>",
        "<p>" + "Meeting room, 16 March, present: Ada Stone, Jan Berg, minutes by Eva Holt. " * 9,
    ],
)
def test_what_does_not_tell_its_language_has_none(html: str) -> None:
    assert told(html) is None
