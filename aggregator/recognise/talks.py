"""Finds the talks that a post tells of: title, speakers and resources.

The post is walked block by block. Within a block, sentences bind: links, quoted phrases and
speakers of one sentence make one talk, unless a second titled link or a second video begins
another. A heading opens a section; the blocks below feed it where they have no title of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aggregator.model import Block, LinkKind, TalkMention
from aggregator.recognise import cited, naming, people, resources, tables
from aggregator.recognise.drafts import TOLD, Draft, Part, finished, grouped, merged
from aggregator.recognise.forms import (
    MARK,
    NAMED,
    form_of,
    heading_of,
    is_generic_heading,
    is_good_label,
    is_heading_line,
    is_title,
    may_name,
    quoted_in,
    says_talk,
    sentences,
    titles_in,
)
from aggregator.recognise.people import Person
from aggregator.recognise.reading import Reading
from aggregator.recognise.resources import Resource
from aggregator.recognise.tables import Columns
from aggregator.text import squeeze, title_key

_MOST = 150
_SHE = re.compile(r"\b(?:[Ss]he|[Hh]e|[Hh]er|[Hh]is|Ihr|Ihre[mn]?|Seine?[mn]?)\b")
_THEY = re.compile(r"\b(?:[Tt]hey|[Tt]heir)\b")
_HER_TALK = re.compile(
    r"\b(?:[Hh]er|[Hh]is|[Tt]heir|Ihr|Sein) (?:\w+ )?(?:talk|keynote|session|"
    r"presentation|workshop|Vortrag)\b|^(?:In|Im) [\"“„]"
)
_IN_TITLE = re.compile(r"^In [\"“„][^\"”“]{3,150}[\"”“],? ")
# Said of a further talk, not of the one told before.
_ANOTHER = re.compile(
    r"\b(?:another|second|third|other|next) (?:\w+ )?(?:talk|keynote|session|one)\b"
)
# Said of one talk, not of talks in general.
_THIS_TALK = re.compile(
    r"\b(?:the|this|his|her|their|my|our|opening|closing|der|sein|ihr|mein|la|su|mi|sa|ma)"
    r"(?: \w+){0,2} (?:talk|keynote|presentation|lecture|session|vortrag|charla|conférence)\b"
    r"(?!s)[^.]{0,120}$",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"\b(?:my|I gave|I presented|I spoke|mein|mi)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Section:
    """What the last heading says."""

    title: str = ""
    speakers: tuple[str, ...] = ()
    blocks: int = 0  # seen below it
    talk: Draft | None = None  # the talk that the heading names


def find(reading: Reading) -> tuple[TalkMention, ...]:
    """Return the talks in the order told; each with at least a title, most with speaker or link."""
    finder = _Finder(reading)
    for index, block in enumerate(reading.blocks):
        if len(finder.drafts) >= _MOST:
            break
        following = reading.blocks[index + 1] if index + 1 < len(reading.blocks) else None
        finder.block(block, following)
    return tuple(finished(draft) for draft in merged(finder.drafts))


class _Finder:
    """Walks the blocks; knows the section and the people named so far."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.drafts: list[Draft] = []
        self.section = _Section()
        self.known: dict[str, str] = {}  # full names by first name
        self.previous: Block | None = None
        self.intro = reading.title  # the last words before a list
        self.columns: Columns | None = None  # of the table that is being read

    def block(self, block: Block, following: Block | None) -> None:
        """Take in one block."""
        if block.kind in ("code", "caption"):
            return
        if not block.text:
            self._player(block)
            return
        if self._row(block):
            self.previous = block
            return
        heading = block.kind == "heading" or is_heading_line(block, following)
        if heading:
            self._heading(block)
        else:
            self.section.blocks += 1
            if block.kind == "paragraph":
                self.intro = block.text[-300:]
            if len(block.text) < 8000 or block.links:
                self._prose(block)
        self.previous = block

    def _row(self, block: Block) -> bool:
        """Read a row of a table that has a column of talks; tell whether it is one."""
        if block.kind != "row":
            self.columns = None
            return False
        if self.previous is None or self.previous.kind != "row":
            self.columns = tables.columns(block)
            return self.columns is not None
        if self.columns is None:
            return False
        self.drafts.extend(tables.talk(block, self.columns))
        return True

    # ---------------------------------------------------------------------------------- headings

    def _heading(self, block: Block) -> None:
        text = heading_of(block.text)
        form = form_of(text, comma=True)
        self.section = _Section(title=text)
        rated = [r for r in cited.rated(block, 0, len(block.text)) if r.sure or form]
        if form or rated:
            title, speakers = form or (text, ())
            draft = Draft(speakers=list(speakers), links=rated, told=squeeze(block.text))
            draft.entitle(title, 1)
            self.section.talk = draft
            self.section.speakers = speakers
            self.drafts.append(draft)

    def _heading_title(self) -> tuple[str, int]:
        """Return what the heading offers as a title, and how good that is (9: useless)."""
        section = self.section
        if section.talk:
            return section.talk.title, 2 if section.talk.title else 9
        if not section.title or len(section.title) > 150 or is_generic_heading(section.title):
            return section.title, 8
        if section.blocks > 3 or people.is_name(section.title):
            return section.title, 8
        return section.title, 2 if section.blocks <= 2 else 4

    # ----------------------------------------------------------------------------------- players

    def _player(self, block: Block) -> None:
        """Bind an embedded player to what stands before it."""
        for link in block.links:
            resource = resources.rate(link, "", "")
            if not resource or not resource.sure:
                continue
            told = self.section.talk
            if told is not None and not told.links:
                told.links.append(resource)
            elif not self._joined_to_last(resource):
                self._alone(resource)

    def _joined_to_last(self, resource: Resource) -> bool:
        """Add a player to the talk that the block before it told of."""
        before, last = self.previous, self.drafts[-1] if self.drafts else None
        if before is None or last is None or not last.told or before.kind == "heading":
            return False
        if last.told[:60] not in squeeze(before.text):
            return False
        if any(r.kind is LinkKind.VIDEO for r in last.links):
            return False
        last.links.append(resource)
        return True

    def _alone(self, resource: Resource) -> None:
        """Make a talk of a player that no talk before it claims, if anything says that it is one.

        Films of the whole event are embedded as well: nobody speaks in what is said of them.
        """
        draft = Draft(links=[resource])
        label = resource.link.text
        if is_good_label(label):
            draft.entitle(label, 3)
        before = self.previous
        said = says_talk(self.section.title) or says_talk(label)
        if before is not None and before.kind != "heading" and before.text:
            words = before.text[-500:]
            draft.speakers = self._speaking(people.find(words))
            draft.told = squeeze(words)[-TOLD:]
            said = said or bool(_THIS_TALK.search(words))
            for title in quoted_in(words):
                draft.entitle(title if " " in title else "", 2)
        naming.entitle_by_context(draft, "", *self._heading_title())
        if draft.title_rank <= 4 or draft.speakers or said:
            self.drafts.append(draft)

    # ------------------------------------------------------------------------------------- prose

    def _prose(self, block: Block) -> None:
        found: list[Draft] = []
        talky_block = says_talk(block.text)
        telling = talky_block or block.links or MARK.search(block.text)
        spans = sentences(block.text) if telling else []
        for number, (start, end) in enumerate(spans):
            sentence = block.text[start:end]
            talky = says_talk(sentence)
            rated = cited.rated(block, start, end)
            if not talky and not rated and not MARK.search(sentence):
                continue  # most sentences of most posts: nothing to do
            persons = [self._full(person) for person in people.find(sentence)]
            part = Part(sentence, start, 0, len(sentence))
            drafts = self._sentence(block, part, rated, persons, found)
            if any(not draft.speakers for draft in drafts):
                before = self._speaking_before(block, spans[:number], sentence, talky=talky)
                for draft in drafts:
                    draft.speakers = draft.speakers or before
            for draft in drafts:
                naming.entitle_by_context(draft, draft.around, *self._heading_title())
            own = _FIRST_PERSON.search(sentence)  # by whoever writes, though no name is known
            found.extend(draft for draft in drafts if draft.links or draft.speakers or own)
        if not found and block.kind in ("item", "row"):
            found = _item(block)
        if not found and talky_block:
            found = self._told_under_heading(block)
        cited.add_codes(block, found)
        self.drafts.extend(found)

    def _speaking_before(
        self, block: Block, spans: Sequence[tuple[int, int]], sentence: str, *, talky: bool
    ) -> list[str]:
        """Return who a sentence without names speaks of: whom the sentences before it name."""
        heading = title_key(self.section.title)
        alone = bool(_SHE.search(sentence)) or (heading and heading in title_key(sentence))
        several = _THEY.search(sentence)
        for start, end in reversed(spans[-2:]):
            text = block.text[start:end]
            told = says_talk(text) or any(start <= a.start < end for a in block.links)
            if not (alone or several) and not (talky and told and end == spans[-1][1]):
                break
            persons = [self._full(person) for person in people.find(text)]
            names = list(dict.fromkeys(p.name for p in persons if " " in p.name))
            speaking = self._speaking(persons)
            if speaking or (alone and len(names) == 1):
                return speaking or names
            if names:
                break
        return []

    def _full(self, person: Person) -> Person:
        """Return `person` under the full name that was told before, if only the first is given."""
        if " " in person.name:
            self.known.setdefault(person.name.split()[0], person.name)
            return person
        return replace(person, name=self.known.get(person.name, person.name))

    def _speaking(self, persons: Sequence[Person]) -> list[str]:
        return list(dict.fromkeys(self._full(p).name for p in persons if p.speaks))[:4]

    def _sentence(
        self,
        block: Block,
        whole: Part,
        rated: Sequence[Resource],
        persons: Sequence[Person],
        found: Sequence[Draft],
    ) -> list[Draft]:
        """Return the talks that one sentence tells of; what belongs to one of `found` joins it."""
        sentence, start = whole.sentence, whole.offset
        talky = says_talk(sentence)
        drafts = grouped(self._cited(block, whole, rated, persons), start, persons)
        for number, draft in enumerate(drafts):
            last = number + 1 == len(drafts)
            low = drafts[number - 1].end - start if number else 0
            high = len(sentence) if last else drafts[number + 1].start - start
            part = Part(sentence, start, low, high)
            draft.told, draft.around = squeeze(sentence), part.text
            draft.speakers = list(
                naming.speakers(draft, part, persons, last=last) or self._implied(sentence)
            )
            if block.kind in ("item", "row") and len(drafts) == 1:
                naming.entitle_by_form(draft, sentence)
            naming.entitle_by_links(draft)
            naming.entitle_by_quotes(draft, part)
        if len(drafts) == 1 and self._joined(drafts[0], block, persons, found):
            return []
        drafts = [draft for draft in drafts if talky or not cited.is_film(draft)]
        return drafts or self._without_link(sentence, persons, talky=talky)

    def _cited(
        self, block: Block, whole: Part, rated: Sequence[Resource], persons: Sequence[Person]
    ) -> list[Resource]:
        """Return the links of a sentence that are taken for talks'."""
        listed = block.kind in ("item", "row") and form_of(whole.sentence) is not None
        speaking = any(person.speaks for person in persons)
        found = cited.useful(whole, rated, speaking=speaking, listed=listed)
        if found or not (listed or speaking):
            return found
        of_talks = listed and any(map(says_talk, (self.section.title, self.intro)))
        if not (of_talks or speaking):
            return []
        return cited.pages(block, whole, of_talks=of_talks, title=self.reading.title)

    def _joined(
        self, draft: Draft, block: Block, persons: Sequence[Person], found: Sequence[Draft]
    ) -> bool:
        """Add links without a title ("His slides are here") to the talk told just before."""
        if draft.title_rank <= 2 or NAMED.search(draft.told) or _ANOTHER.search(draft.told):
            return False
        if not found and block.kind == "item":
            found = _item(block)
            self.drafts.extend(found)
        speaking = self._speaking(persons)
        # A word such as "checklist" names what is linked, but is no title either.
        plain = all(r.generic or re.fullmatch(r"[a-zß-ÿ]+", r.link.text) for r in draft.links)
        if not found or not plain:
            return False
        last = found[-1]
        if speaking and not set(speaking) & set(last.speakers):
            return False
        if {r.kind for r in last.links} & {r.kind for r in draft.links}:
            return False
        last.links.extend(draft.links)
        return True

    def _implied(self, sentence: str) -> tuple[str, ...]:
        """Return who speaks where the sentence names nobody: the heading's people or the author."""
        if self.section.speakers:
            return self.section.speakers
        return self._author() if _FIRST_PERSON.search(sentence) else ()

    def _author(self) -> tuple[str, ...]:
        """Return who wrote the post, if that is one person by name."""
        authors = self.reading.post.authors
        return authors if len(authors) == 1 and people.is_name(authors[0]) else ()

    def _without_link(
        self, sentence: str, persons: Sequence[Person], *, talky: bool
    ) -> list[Draft]:
        """Return a talk told without a link: a quoted title, or "called ...", with a speaker."""
        named = NAMED.search(sentence) if talky and may_name(sentence) else None
        placed = titles_in(sentence)
        quoted = [title for title in quoted_in(sentence) if is_title(title)]
        repeated = [title for title in quoted if title_key(title) == title_key(self.section.title)]
        speakers = self._speaking(persons) or _opened_by(sentence, persons)
        if speakers:
            titles = quoted if talky else placed
        elif _FIRST_PERSON.search(sentence) and talky:
            titles = placed
            speakers = list(self._author())
        else:
            titles = repeated or (placed if _HER_TALK.search(sentence) else [])
        if named and speakers:
            titles = [*titles, named["title"]]
        if not titles:
            return []
        draft = Draft(speakers=speakers, told=squeeze(sentence))
        draft.entitle(titles[0], 0)
        return [draft]

    def _told_under_heading(self, block: Block) -> list[Draft]:
        """Return the talk that a heading names and the paragraph below it tells of."""
        title, rank = self._heading_title()
        if self.section.talk is not None or self.section.blocks > 2 or rank > 2:
            return []
        opening = block.text[:400]
        speakers = self._speaking(people.find(opening))
        if not speakers or not says_talk(opening):
            return []
        first = sentences(block.text)[0]
        draft = Draft(speakers=speakers, told=squeeze(block.text[first[0] : first[1]]))
        draft.entitle(title, 2)
        self.section.talk = draft
        return [draft] if draft.title else []


# ----------------------------------------------------------------------------------------- pieces


def _opened_by(sentence: str, persons: Sequence[Person]) -> list[str]:
    """Return who speaks in 'In "Title" Ada Stone listed ...', whatever the verb."""
    opening = _IN_TITLE.match(sentence)
    return [p.name for p in persons if opening and p.start == opening.end() and " " in p.name]


def _item(block: Block) -> list[Draft]:
    """Return the talk of a list item or table row such as "Title, by Name"."""
    line = block.text.split("\n", 1)[0]
    first = line[: sentences(line)[0][1]] if line else ""
    form = form_of(first) if len(first) < 220 else None
    if not form:
        return []
    draft = Draft(speakers=list(form[1]), told=squeeze(first))
    draft.entitle(form[0], 1)
    return [draft]
