"""What other parts of the program say, in the reader's language.

The poller and the store say in English why a feed fails and what somebody has decided, and that is
kept in the database. All of it is made from few patterns; here they are once more, so that they
can be translated when they are shown. Whatever fits none, such as what a library says, stays as it
is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from aggregator.errors import AggregatorError
from aggregator.web.language import N_, SOURCE, chosen, gettext


class Refused(AggregatorError):
    """What was asked for cannot be done; said in the reader's language already."""


@dataclass(frozen=True, slots=True)
class Told:
    """Words to be shown."""

    words: str
    language: str  # of the words


# Holes of these names are filled with words of ours, too: they are looked up in the same table.
_NESTED = ("where", "why", "more", "names", "talk")
# In others there are only such letters, which keeps patterns apart.
_LETTERS = {"num": r"[\d.,]+", "all": r"[\d.,]+", "status": r"\d{3}"}
# How several messages stand side by side: faults, signs of another site, changes of an event.
_JOINTS = tuple(
    re.compile(joint)
    for joint in (
        r"(; )",
        r"(, )(?=its? )",
        r"(, )(?=(?:name|place|first day|last day|homepage|hashtag) )",
    )
)
_MOST = 8  # messages that are looked for side by side: more takes long

# What may stand in `feeds.error`, in the log of polls and in a refusal, the special ones first.
FAULTS = (
    # answers and what keeps us from asking
    N_("%(where)s answered %(status)s (%(phrase)s): %(why)s"),
    N_("it wants a login; use a public address, or put user:password@ in this one"),
    N_("it wants to be paid; look for another address"),
    N_("the server lets nobody like us in; ask its owner or look for another address"),
    N_("check the address"),
    N_("check the address in a browser"),
    N_("it is gone for good; remove it or find its new address"),
    N_("it has had too many requests from here and asks to be left alone, try again %(why)s"),
    N_("it is withheld for legal reasons"),
    N_("it is overloaded or under repair and asks to be left alone, try again %(why)s"),
    N_("it asks to be left alone before its redirect is followed, try again %(why)s"),
    N_("in %(num)s s"),
    N_("later"),
    N_("the fault is the server's, try again later"),
    N_("it sends what it was given elsewhere, to be asked for"),
    N_("it does not say where to; give the address that it means"),
    N_("%(where)s redirects more than %(num)s times: give the address that it ends at"),
    N_(
        "%(where)s redirects in a circle (some sites do so to whoever takes no cookies): check the"
        " address in a browser"
    ),
    N_("%(where)s redirects to %(target)s, which is no address"),
    N_("%(where)s is not asked while its site's robots.txt cannot be had: %(why)s"),
    N_("%(where)s is not asked: %(why)s"),
    N_(
        "%(where)s was not asked: %(host)s has had too many requests from here and wants to be left"
        " alone for another %(num)s s"
    ),
    N_("only http and https are asked, not %(scheme)s"),
    N_("it names no host"),
    N_("port %(num)s is no web server's"),
    N_("%(address)s is a private address"),
    N_("%(host)s names a network of this machine"),
    N_("%(host)s leads to the private address %(address)s"),
    N_("%(host)s is no address"),
    N_("%(where)s did not accept a connection within %(num)s s"),
    N_("%(where)s sent nothing for %(num)s s"),
    N_("%(where)s took longer than %(num)s s in all"),
    N_("%(where)s cannot be found: the name %(host)s is unknown"),
    N_("%(where)s has no secure connection: %(why)s"),
    N_("%(where)s cannot be reached: %(why)s"),
    N_("the connection was refused"),
    N_("%(where)s is no address that can be asked"),
    N_("%(where)s answered with what is not HTTP"),
    N_("%(where)s broke the connection off before its answer was complete"),
    N_("%(where)s is larger than the limit of %(num)s bytes"),
    N_("%(where)s answered with headers over the limit of %(num)s bytes in %(lines)s lines"),
    N_("%(url)s (redirected to %(target)s)"),
    N_("it is packed several times over (%(coding)s), which nobody asked for"),
    N_("it is packed as %(coding)s, which was not asked for"),
    N_("its %(coding)s packing is damaged"),
    N_("its %(coding)s packing ends early"),
    N_("it is packed in more than %(num)s parts"),
    # documents
    N_("%(where)s answered with an empty document: look again later"),
    N_("%(where)s is XML without anything in it that can be read"),
    N_("%(where)s holds no entry that can be read: %(why)s"),
    N_("%(where)s is an OPML list of feeds, not a feed: import it instead"),
    N_("%(where)s is a page, not a feed; it offers %(target)s"),
    N_("%(where)s is XML, but no feed (its first element is <%(element)s>): check the address"),
    N_("%(where)s is a page, not a feed, and links none: look for the feed's own address"),
    N_("%(where)s is not a feed (it is neither XML nor JSON): check the address"),
    N_("%(where)s cannot be read: its entries cannot be told apart"),
    N_("%(where)s cannot be read: %(why)s"),
    N_("%(where)s is JSON with more parts than a feed may have"),
    N_("%(where)s is not valid JSON: %(error)s"),
    N_("%(where)s is JSON, but no JSON Feed: it has no list of items"),
    N_("%(where)s answered 304 to its first request"),
    N_(
        "the first %(num)s of %(all)s entries were taken, because together they are too long for a"
        " document of this kind"
    ),
    N_("the newest %(num)s of more than %(all)s entries were taken"),
    N_("the newest %(num)s of %(all)s entries were taken"),
    N_(
        "only the first %(num)s of its %(all)s MB were read, because it is no well-formed XML in"
        " UTF-8 or has too many parts"
    ),
    N_("it is not well-formed XML (%(error)s); what could be read was taken"),
    N_("there is text before the document, which was skipped"),
    N_("it defines entities of its own, which were left out"),
    N_("its last entry is cut off and was left out"),
    N_("some of its letters are not UTF-8 and were guessed"),
    N_("%(num)s of its entries have an id that another one has"),
    N_("it does not say which version of JSON Feed it is"),
    N_("the file is no OPML list of feeds (%(why)s): export one from your reader"),
    N_("its first element is <%(element)s>"),
    N_("no XML"),
    N_("the OPML list is damaged: %(why)s"),
    # polls
    N_("this program failed; its log has the details"),
    N_("reading what was fetched took more than %(num)s s and was stopped"),
    N_(
        "reading what was fetched took more than %(num)s MB of memory, or the machine had none"
        " left, and was stopped"
    ),
    N_(
        "sent on for good to %(target)s; after %(all)s polls in a row that is believed"
        " (this is %(num)s)"
    ),
    N_("moved for good from %(url)s to %(target)s"),
    N_("found on the page %(url)s"),
    N_("this seems to be another site now: none of its known entries is left, %(more)s"),
    N_("its title was “%(old)s” and is “%(new)s”"),
    N_("its titles look like advertising"),
    N_("its links lead to %(new)s and no more to %(old)s"),
    N_("its language is %(new)s and was %(old)s"),
    N_("it is written by %(new)s and no more by %(old)s"),
    N_("it has no word in common with what it told before"),
    N_("it was last read %(num)s days ago"),
    N_("it failed before"),
    N_("to accept what it brings now: aggregator feeds resume %(num)s"),
    # what cannot be done
    N_("there is no account %(key)s"),
    N_("there is no decision %(key)s"),
    N_("there is no entry %(key)s"),
    N_("there is no event %(key)s"),
    N_("there is no feed %(key)s"),
    N_("there is no series %(key)s"),
    N_("there is no source %(key)s"),
    N_("there is no speaker %(key)s"),
    N_("there is no tag %(key)s"),
    N_("there is no talk %(key)s"),
    N_("there is an account %(name)s already"),
    N_("an account needs a name of at most 100 characters"),
    N_("a role is %(roles)s, not %(role)s"),
    N_("the password is too short; it needs %(num)s characters"),
    N_("the password is too long; at most %(num)s characters"),
    N_("feed %(num)s, %(name)s, is followed already"),
    N_("feed %(num)s, %(name)s, is on trial already"),
    N_("%(address)s is no web address; give one like https://…"),
    N_("%(address)s is no web address"),
    N_("an event cannot end before it starts"),
    N_("that was undone already"),
    N_("that is no correction of a talk: %(value)s"),
    N_("that is too much to say of one talk; shorten it"),
    N_("that correction is not there any more"),
    N_("that entry is gone"),
    N_("that event is gone"),
    N_("that tag is one of its own already"),
    N_("that event is one of its own already"),
    N_("those events have changed since; merge them by hand"),
    N_("%(name)s cannot be merged into itself"),
    N_("%(name)s is an event of its own"),
    N_("%(name)s was rejected already"),
    N_("an alias needs a name"),
    N_("a tag needs a name"),
    N_("%(old)s means %(new)s already"),
)

# What somebody says of a talk, and the parts of what is said of an event.
_TALKS = (
    N_("“%(old)s” is %(talk)s"),
    N_("“%(title)s”, by %(names)s"),
    N_("nobody named, %(url)s"),
    N_("nobody named"),
)
_FACTS = (
    N_("name %(value)s"),
    N_("place %(more)s"),
    N_("first day %(more)s"),
    N_("last day %(more)s"),
    N_("homepage %(more)s"),
    N_("hashtag %(more)s"),
    N_("is right"),
    N_("not known"),
)
# What was decided, by the kind of decision.
DECISIONS = {
    "entry.correct": (
        N_("“%(title)s” is a recap"),
        N_("“%(title)s” is no recap"),
        N_("“%(title)s” is hidden"),
        N_("“%(title)s” is not hidden"),
        N_("“%(title)s” is not about %(value)s"),
        N_("“%(title)s” is about %(value)s"),
        N_("“%(title)s” does not have the tag %(value)s"),
        N_("“%(title)s” has the tag %(value)s"),
        N_("“%(title)s” has no talk %(value)s"),
        N_("“%(title)s” tells of %(talk)s"),
        *_TALKS,
    ),
    "event.merge": (N_("“%(old)s” means %(new)s"), N_("%(old)s is %(new)s")),
    "event.split": (N_("%(old)s is not %(new)s"),),
    "event.accept": (N_("%(name)s is right"),),
    "event.reject": (N_("%(name)s is no event"),),
    "event.change": (N_("%(name)s: %(more)s"), *_FACTS),
    "tag.merge": (N_("%(old)s is %(new)s"),),
    "tag.rename": (N_("%(old)s is called %(new)s"),),
    "tag.ignore": (N_("%(name)s is shown nowhere"), N_("%(name)s is shown again")),
}


def told(said: str) -> Told:
    """Return a fault or a note of a poll, or what the store refuses, in the reader's language."""
    return _told(said, FAULTS)


def decided(action: str, said: str) -> Told:
    """Return what was decided in the reader's language; `action` is the decision's kind."""
    return _told(said, DECISIONS.get(action, ()))


def talk(said: str) -> str:
    """Return what somebody says of a talk (`TalkFix.said`) in the reader's language."""
    return _told(said, _TALKS).words


def _told(said: str, patterns: tuple[str, ...]) -> Told:
    words = None if chosen() == SOURCE else _kept(said, patterns, chosen())
    return Told(said, SOURCE) if words is None else Told(words, chosen())


@lru_cache(maxsize=4000)  # the log of a feed that fails says the same again and again
def _kept(said: str, patterns: tuple[str, ...], _language: str) -> str | None:
    return _translated(said, patterns)


def _translated(said: str, patterns: tuple[str, ...]) -> str | None:
    """Return the translation of one message or of several; None where no pattern fits."""
    for joint in _JOINTS:
        parts = joint.split(said)
        if 1 < len(parts) < 2 * _MOST:
            words = _side_by_side(parts, patterns)
            if words is not None:
                return words
    return _one(said, patterns)


def _side_by_side(parts: list[str], patterns: tuple[str, ...]) -> str | None:
    """Return the translation of messages with joints between them, which may stand within, too."""
    for end in range(1, len(parts), 2):
        first = _one("".join(parts[:end]), patterns)
        rest = None if first is None else _side_by_side(parts[end + 1 :], patterns)
        if rest is not None:
            return f"{first}{parts[end]}{rest}"
    return _one("".join(parts), patterns)


def _one(said: str, patterns: tuple[str, ...]) -> str | None:
    for pattern in patterns:
        found = _shape(pattern).fullmatch(said)
        if found:
            filled = {
                name: (_translated(value, patterns) or value) if name in _NESTED else value
                for name, value in found.groupdict().items()
            }
            return gettext(pattern, **filled)
    return None


@cache
def _shape(pattern: str) -> re.Pattern[str]:
    """Return what a message of this pattern looks like."""
    parts = re.split(r"%\((\w+)\)s", pattern)
    shaped = [
        f"(?P<{part}>{_LETTERS.get(part, '.+?')})" if n % 2 else re.escape(part)
        for n, part in enumerate(parts)
    ]
    return re.compile("".join(shaped), re.DOTALL)
