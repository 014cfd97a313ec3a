"""Addresses."""

from __future__ import annotations

import pytest

from aggregator import urls
from aggregator.model import LinkKind


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://Lab.Example:80", "http://lab.example/"),
        ("https://lab.example:443/a?b=1#c", "https://lab.example/a?b=1"),
        ("https://lab.example:8443/", "https://lab.example:8443/"),
        ("https://lab.example/a?utm_source=x&id=7&fbclid=y", "https://lab.example/a?id=7"),
        ("https://lab.example/a;jsessionid=12?x=", "https://lab.example/a?x="),
        ("https://lab.example/ä b", "https://lab.example/%C3%A4%20b"),
        ("mailto:ada@lab.example", "mailto:ada@lab.example"),
        ("http://[broken", "http://[broken"),
        ("http://lab.example:port/", "http://lab.example:port/"),
    ],
)
def test_one_address_has_one_spelling(url: str, same: str) -> None:
    assert urls.canonical(url) == same
    assert urls.canonical(same) == same


def test_spellings_of_one_page_share_a_key() -> None:
    spellings = (
        "http://www.lab.example/a/",
        "https://lab.example/a/index.html",
        "https://m.lab.example/a?utm_campaign=x",
        "https://LAB.example/a#part",
    )
    assert {urls.key(url) for url in spellings} == {"lab.example/a"}


@pytest.mark.parametrize("url", ["http://[broken", "", "mailto:x", "http://h:99999/"])
def test_what_cannot_be_read_breaks_nothing(url: str) -> None:
    assert not urls.video_of(url)
    assert urls.resource_kind(url) is None
    assert isinstance(urls.key(url), str)
    assert isinstance(urls.resource_key(url), str)
    assert urls.public_page(url) == url


@pytest.mark.parametrize(
    ("base", "link", "whole"),
    [
        ("https://lab.example/a/", "b", "https://lab.example/a/b"),
        ("https://lab.example/a/", "//other.example/", "https://other.example/"),
        ("https://lab.example/a/", " \n/b\tc ", "https://lab.example/bc"),
        ("https://lab.example/a/", "", ""),
        ("https://lab.example/a/", "javascript:alert(1)", ""),
        ("https://lab.example/a/", "http://[broken", ""),
        ("", "b", ""),
    ],
)
def test_links_are_made_absolute_or_dropped(base: str, link: str, whole: str) -> None:
    assert urls.absolute(base, link) == whole


@pytest.mark.parametrize(
    ("url", "video"),
    [
        ("https://www.youtube.com/watch?v=abcdefghijk&t=1h2m3s", ("youtube:abcdefghijk", 3723)),
        ("https://youtu.be/abcdefghijk?t=90", ("youtube:abcdefghijk", 90)),
        ("https://www.youtube-nocookie.com/embed/abcdefghijk?start=5", ("youtube:abcdefghijk", 5)),
        ("https://m.youtube.com/live/abcdefghijk", ("youtube:abcdefghijk", 0)),
        ("https://player.vimeo.com/video/123456#t=10s", ("vimeo:123456", 10)),
        ("https://media.ccc.de/v/36c3-1/oembed", ("ccc:36c3-1", 0)),
        (
            "https://tube.example/w/abcdefghijklmnopqrstuv",
            ("peertube:abcdefghijklmnopqrstuv", 0),
        ),
        ("https://www.youtube.com/playlist?list=PL1", None),
        ("https://www.youtube.com/@channel", None),
        ("https://www.youtube.com/embed/videoseries?list=PL1", None),
        ("https://lab.example/watch?v=abcdefghijk", None),
    ],
)
def test_videos_are_known_by_their_address(url: str, video: tuple[str, int] | None) -> None:
    assert urls.video_of(url) == video


@pytest.mark.parametrize(
    ("url", "page"),
    [
        (
            "https://www.youtube.com/embed/abcdefghijk?start=5",
            "https://www.youtube.com/watch?v=abcdefghijk&t=5",
        ),
        ("https://player.vimeo.com/video/123456", "https://vimeo.com/123456"),
        ("https://media.ccc.de/v/36c3-1/oembed", "https://media.ccc.de/v/36c3-1"),
        (
            "https://tube.example/videos/embed/abcdefghijklmnopqrstuv",
            "https://tube.example/w/abcdefghijklmnopqrstuv",
        ),
        (
            "https://docs.google.com/presentation/d/e/X/embed?start=false",
            "https://docs.google.com/presentation/d/e/X/pub",
        ),
        ("https://lab.example/a?b", "https://lab.example/a?b"),
        (
            "https://player.vimeo.com/video/123456?h=abcdef01#t=10s",
            "https://vimeo.com/123456/abcdef01#t=10s",
        ),
        ("https://archive.org/embed/a-talk", "https://archive.org/details/a-talk"),
        ("https://slides.com/ada/tables/embed", "https://slides.com/ada/tables"),
        (
            "https://view.officeapps.live.com/op/embed.aspx?src=https://lab.example/a.pptx",
            "https://lab.example/a.pptx",
        ),
        (
            "https://web.archive.org/web/2020/https://lab.example/a",
            "https://web.archive.org/web/2020/https://lab.example/a",
        ),
    ],
)
def test_a_player_leads_to_its_public_page(url: str, page: str) -> None:
    assert urls.public_page(url) == page


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://youtu.be/abcdefghijk", LinkKind.VIDEO),
        ("https://lab.example/talk.mp4", LinkKind.VIDEO),
        ("https://archive.org/details/talk", LinkKind.VIDEO),
        ("https://speakerdeck.com/ada/talk", LinkKind.SLIDES),
        ("https://docs.google.com/presentation/d/1/edit", LinkKind.SLIDES),
        ("https://lab.example/slides/", LinkKind.SLIDES),
        ("https://github.com/lab/tool", LinkKind.CODE),
        ("https://doi.org/10.5281/zenodo.1", LinkKind.PAPER),
        ("https://pretalx.com/x/talk/Y/", LinkKind.PAGE),
        ("https://conf.example/sessions/7", LinkKind.PAGE),
        ("https://web.archive.org/web/2020/https://youtu.be/abcdefghijk", LinkKind.VIDEO),
        ("https://archive.org/embed/talk", LinkKind.VIDEO),
        ("https://av.tib.eu/player/123", LinkKind.VIDEO),
        (
            "https://indico.lab.example/event/1/contributions/2/attachments/3/4/a.pdf",
            LinkKind.SLIDES,
        ),
        ("https://indico.lab.example/event/1/contributions/2/", LinkKind.PAGE),
        ("https://git.lab.example/g/tool/-/blob/main/a.py", LinkKind.CODE),
        ("https://raw.githubusercontent.com/lab/tool/main/a.py", LinkKind.CODE),
        ("https://surfdrive.surf.nl/files/index.php/s/AbCdEf", None),
        ("https://lab.example/about", None),
    ],
)
def test_what_a_link_leads_to_is_told_by_its_address(url: str, kind: LinkKind | None) -> None:
    assert urls.resource_kind(url) is kind


YT, SHORT = "abcdefghijk", "kkGMgK9ZtnKfYAgnEtQxbv"
UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"
HEX = "0123456789abcdef0123456789abcdef"
DECK = "https://docs.google.com/presentation/d"
ONE = {  # what each line's addresses lead to is one thing
    "a video on YouTube": f"""
        https://www.youtube.com/watch?v={YT}  http://youtube.com/watch?feature=x&v={YT}&list=PL1&index=3
        https://youtu.be/{YT}?si=x  https://m.youtube.com/watch?v={YT}  https://youtube.com/live/{YT}
        https://www.youtube.com/embed/{YT}?rel=0  https://www.youtube-nocookie.com/embed/{YT}
        https://www.youtube.com/shorts/{YT}  https://music.youtube.com/watch?v={YT}  https://www.youtube.com/v/{YT}
        https://www.youtube.com/watch?v={YT}#comments  https://www.youtube.com/watch?v={YT}x
        https://www.youtube.com/attribution_link?a=b&u=%2Fwatch%3Fv%3D{YT}%26feature%3Dshare
        https://web.archive.org/web/20200102030405/https://www.youtube.com/watch?v={YT}
        https://www.google.com/url?q=https://www.youtube.com/watch?v%3D{YT}&sa=D&ust=1""",
    "a video on Vimeo": """
        https://vimeo.com/123456789  https://player.vimeo.com/video/123456789?h=abcdef0123&badge=0
        https://vimeo.com/123456789/abcdef0123  https://vimeo.com/channels/staff/123456789
        https://vimeo.com/groups/x/videos/123456789  https://vimeo.com/showcase/7654321/video/123456789""",
    "a video on PeerTube, on any instance": f"""
        https://tube.example/w/{SHORT}  https://tube.example/videos/watch/{UUID}
        https://tube.example/videos/embed/{UUID}?title=0  https://other.example/w/{UUID}?start=0s
        https://tube.example/videos/watch/{SHORT}""",
    "a recording of the CCC": """
        https://media.ccc.de/v/36c3-10565-the_talk  https://media.ccc.de/v/36c3-10565-the_talk/oembed
        https://media.ccc.de/v/36c3-10565-the_talk#l=deu  http://media.ccc.de/v/36c3-10565-the_talk/
        https://cdn.media.ccc.de/congress/2019/h264-hd/36c3-10565-eng-deu-The_Talk_hd.mp4""",
    "a recording at TIB": """
        https://av.tib.eu/media/12345  https://av.tib.eu/player/12345  https://doi.org/10.5446/12345""",
    "an item of the Internet Archive": """
        https://archive.org/details/a-talk  https://archive.org/embed/a-talk?autoplay=1
        https://archive.org/download/a-talk/a-talk_512kb.mp4  https://archive.org/details/a-talk/a-talk.mp4
        https://ia800000.us.archive.org/1/items/a-talk/a-talk.mp4""",
    "a deck on Speaker Deck": """
        https://speakerdeck.com/ada/on-tables  https://www.speakerdeck.com/Ada/on-tables?slide=7""",
    "the same, embedded": f"""
        https://speakerdeck.com/player/{HEX}  //speakerdeck.com/player/{HEX}?title=false
        https://files.speakerdeck.com/presentations/{HEX}/on-tables.pdf
        https://speakerd.s3.amazonaws.com/presentations/{HEX}/on-tables.pdf""",
    "a deck on SlideShare": """
        https://www.slideshare.net/ada/on-tables-12345678  https://de.slideshare.net/ada/on-tables-12345678?ref=x
        https://www.slideshare.net/slideshow/on-tables/12345678  https://www.slideshare.net/slideshow/embed_code/12345678?rel=0
        https://www.slideshare.net/mobile/ada/on-tables-12345678#3""",
    "a deck that slides.com shows": """
        https://slides.com/ada/tables  https://slides.com/ada/tables/live#/3  https://slides.com/ada/tables/embed""",
    "a deck of Google": f"""
        {DECK}/1AbC-x/edit?usp=sharing  {DECK}/1AbC-x/edit#slide=id.p
        {DECK}/1AbC-x/pub?start=false&loop=false
        {DECK}/1AbC-x/embed  {DECK}/1AbC-x/preview  {DECK}/1AbC-x/export/pdf  {DECK}/1AbC-x
        https://docs.google.com/a/lab.example/presentation/d/1AbC-x/view  https://docs.google.com/presentation/u/0/d/1AbC-x/""",
    "a deck that Google publishes": f"""
        {DECK}/e/2PACX-1v/pub {DECK}/e/2PACX-1v/pubembed {DECK}/e/2PACX-1v/embed""",
    "a file of Google Drive": """
        https://drive.google.com/file/d/1xYz/view?usp=sharing  https://drive.google.com/open?id=1xYz
        https://drive.google.com/uc?export=download&id=1xYz  https://drive.google.com/file/u/1/d/1xYz/preview""",
    "a record of Zenodo": """
        https://zenodo.org/record/77  https://zenodo.org/records/77?x=1  https://www.zenodo.org/records/77/files/slides.pdf?download=1
        https://doi.org/10.5281/zenodo.77  http://dx.doi.org/10.5281/ZENODO.77  https://zenodo.org/doi/10.5281/zenodo.77
        https://zenodo.org/badge/DOI/10.5281/zenodo.77.svg  https://zenodo.org/api/records/77  https://doi.org/10.5281%2Fzenodo.77.""",
    "an item of figshare": """
        https://doi.org/10.6084/m9.figshare.12345678.v2  https://doi.org/10.6084/m9.figshare.12345678
        https://figshare.com/articles/presentation/On_tables/12345678/1  https://figshare.com/articles/12345678
        https://lab.figshare.com/articles/On_tables/12345678?file=99  https://widgets.figshare.com/articles/12345678/embed""",
    "a paper with versions": "https://doi.org/10.20944/preprints202101.0001.v1 https://doi.org/10.20944/preprints202101.0001.v2",
    "a paper with reviewed versions": "https://doi.org/10.12688/f1000research.12345.1 https://doi.org/10.12688/f1000research.12345.3",
    "a preprint on arXiv": """
        https://arxiv.org/abs/2101.00001v2  https://arxiv.org/pdf/2101.00001.pdf  https://ar5iv.org/html/2101.00001
        https://doi.org/10.48550/arXiv.2101.00001""",
    "an article of a journal": """
        https://joss.theoj.org/papers/10.21105/joss.01234  https://doi.org/10.21105/joss.01234)
        https://joss.theoj.org/papers/10.21105/joss.01234/status.svg""",
    "an article at its publisher": """
        https://www.biorxiv.org/content/10.1101/2020.01.02.123456v2.full.pdf  https://doi.org/10.1101/2020.01.02.123456
        https://www.biorxiv.org/content/10.1101/2020.01.02.123456v1""",
    "a DOI with brackets": "https://doi.org/10.1016/S0140-6736(05)12345-6 https://doi.org/10.1016/s0140-6736(05)12345-6).",
    "a project of OSF": """
        https://osf.io/ab3de/  https://osf.io/AB3DE/?view_only=1  https://osf.io/ab3de/download  https://doi.org/10.17605/OSF.IO/AB3DE
        https://osf.io/preprints/socarxiv/ab3de_v2  https://mfr.osf.io/render?url=https://osf.io/ab3de/download""",
    "a repository": """
        https://github.com/Lab/tool  https://github.com/lab/tool.git  https://github.com/lab/tool/  http://www.github.com/lab/tool#readme
        https://github.com/lab/tool/tree/main  https://github.com/lab/tool/blob/master/README.md  https://mybinder.org/v2/gh/lab/tool/HEAD""",
    "a file in a repository": """
        https://github.com/lab/tool/blob/main/talk/Slides.pdf  https://github.com/lab/tool/raw/main/talk/Slides.pdf
        https://raw.githubusercontent.com/lab/tool/main/talk/Slides.pdf  https://github.com/lab/tool/blob/0a1b2c3/talk/Slides.pdf#L3
        https://raw.githubusercontent.com/lab/tool/refs/heads/main/talk/Slides.pdf
        https://cdn.jsdelivr.net/gh/lab/tool@main/talk/Slides.pdf
        https://htmlpreview.github.io/?https://github.com/lab/tool/blob/main/talk/Slides.pdf""",
    "a notebook": """
        https://github.com/lab/tool/blob/main/a.ipynb  https://nbviewer.org/github/lab/tool/blob/main/a.ipynb
        https://colab.research.google.com/github/lab/tool/blob/main/a.ipynb""",
    "a gist": """
        https://gist.github.com/ada/0123456789abcdef  https://gist.github.com/0123456789abcdef.git
        https://gist.githubusercontent.com/ada/0123456789abcdef/raw/x.py  https://gist.github.com/ada/0123456789abcdef#file-x-py""",
    "a repository on GitLab": """
        https://gitlab.com/lab/group/tool  https://gitlab.com/lab/group/tool.git  https://gitlab.com/lab/group/tool/-/tree/main""",
    "a file on somebody's GitLab": """
        https://git.lab.example/g/tool/-/blob/main/a.pdf  https://git.lab.example/g/tool/-/raw/v2/a.pdf?inline=false""",
    "a repository on Codeberg": """
        https://codeberg.org/lab/tool  https://codeberg.org/Lab/tool.git  https://codeberg.org/lab/tool/src/branch/main""",
    "a contribution in Indico": """
        https://indico.cern.ch/event/7/contributions/12/  https://indico.cern.ch/event/7/contributions/12/attachments/3/4/slides.pdf
        https://indico.cern.ch/event/7/session/3/contribution/12  https://indico.cern.ch/contributionDisplay.py?contribId=12&confId=7""",
    "a talk in pretalx": """
        https://cfp.conf.example/2026/talk/ABC123/  https://cfp.conf.example/2026/talk/ABC123/?x=1#top
        https://cfp.conf.example/media/2026/submissions/ABC123/resources/slides.pdf""",
    "a session of Sessionize": "https://conf.sessionize.com/session/123456 https://sessionize.com/s/ada/on-tables/123456",
    "a session of Sched": "https://conf.sched.com/event/1AbC/on-tables https://conf.sched.com/event/1AbC?iframe=no",
    "a file, wherever it is shown": """
        https://lab.example/talk.pptx  https://view.officeapps.live.com/op/embed.aspx?src=https://lab.example/talk.pptx
        https://docs.google.com/viewer?url=https%3A%2F%2Flab.example%2Ftalk.pptx&embedded=true
        http://web.archive.org/web/2020id_/http:/www.lab.example/talk.pptx""",
    "a share that has one spelling": "https://surfdrive.surf.nl/files/index.php/s/AbCdEf https://surfdrive.surf.nl/files/index.php/s/AbCdEf/",
    "a page": """
        https://conf.example/talks/on-tables  https://www.conf.example/talks/on-tables/?utm_source=x&_gl=1#abstract
        https://conf.example/talks/on-tables#:~:text=tables""",
    "a deck of one's own": "https://ada.example/deck.html https://ada.example/deck.html#/3/1 https://ada.example/deck.html#12",
}  # fmt: skip
APART = {  # no two of a line are one
    "videos": f"""
        https://youtu.be/{YT}  https://youtu.be/Abcdefghijk  https://vimeo.com/123456789  https://vimeo.com/event/123456789
        https://vimeo.com/showcase/7654321  https://www.youtube.com/playlist?list=PL1  https://www.youtube.com/playlist?list=PL2
        https://www.youtube.com/embed/live_stream?channel=UC1  https://tube.example/w/p/{SHORT}""",
    "files of one item": """
        https://archive.org/details/conf-2026  https://archive.org/download/conf-2026/first.mp4
        https://archive.org/download/conf-2026/second.mp4""",
    "decks": """
        https://www.slideshare.net/ada/talk-20160512  https://www.slideshare.net/eve/talk-20160512
        https://speakerdeck.com/ada/one  https://speakerdeck.com/ada/two  https://osf.io/ab3de/files/osfstorage/0123456789abcdef01234567
        https://osf.io/ab3de/files/osfstorage/0123456789abcdef01234568""",
    "records": """
        https://zenodo.org/records/77  https://zenodo.org/records/78  https://doi.org/10.6084/m9.figshare.77
        https://doi.org/10.6084/m9.figshare.c.77""",
    "parts of one repository": """
        https://github.com/lab/tool  https://github.com/lab/tool/tree/rsecon24  https://github.com/lab/tool/blob/main/a.pdf
        https://github.com/lab/tool/blob/main/b.pdf  https://github.com/lab/tool/issues/7  https://github.com/lab
        https://gitlab.com/lab/tool  https://codeberg.org/lab/tool""",
    "contributions": """
        https://indico.cern.ch/event/7/contributions/12/  https://indico.cern.ch/event/7/contributions/13/
        https://indico.desy.de/event/7/contributions/12/  https://indico.cern.ch/event/7/contributions/12/subcontributions/1""",
    "places on a page of many talks": """
        https://conf.example/schedule  https://conf.example/schedule#ada  https://conf.example/schedule#eve
        https://conf.example/#/talk/ABC  https://conf.example/#/talk/DEF""",
}  # fmt: skip


@pytest.mark.parametrize("addresses", ONE.values(), ids=ONE)
def test_addresses_of_one_resource_share_a_key(addresses: str) -> None:
    found: dict[str, list[str]] = {}
    for url in addresses.split():
        found.setdefault(urls.resource_key(url), []).append(url)
    assert len(found) == 1, found


@pytest.mark.parametrize("addresses", APART.values(), ids=APART)
def test_addresses_of_different_resources_do_not(addresses: str) -> None:
    found: dict[str, list[str]] = {}
    for url in addresses.split():
        found.setdefault(urls.resource_key(url), []).append(url)
    assert all(len(some) == 1 for some in found.values()), found


@pytest.mark.parametrize(
    ("offset", "second"),
    [
        ("?t=90", 90),
        ("?t=90s", 90),
        ("?t=1h2m3s", 3723),
        ("?start=5", 5),
        ("?time_continue=7", 7),
        ("#t=2m", 120),
        ("#t=00:02:05", 125),
        ("?t=1.5s", 1),
        ("?t=", 0),
        ("?t=soon", 0),
        ("?t=99999999999h", 10**6),
    ],
)
def test_where_a_video_begins_is_a_fact_of_its_own(offset: str, second: int) -> None:
    found = urls.resource_of(f"https://youtu.be/abcdefghijk{offset}")
    assert (found.key, found.start) == ("youtube:abcdefghijk", second)


def test_two_places_in_one_recording_are_two_resources() -> None:
    for video in ("https://youtu.be/abcdefghijk", "https://lab.example/day1.mp4#"):
        places = [f"{video}?t=60", f"{video}?t=3600"]
        if "#" in video:
            places = [f"{video}t=60", f"{video}t=3600"]
        assert len({urls.resource_key(url) for url in places}) == 2
        assert len({urls.resource_of(url).key for url in places}) == 1


@pytest.mark.parametrize(
    "url", ["https://x.example/" + "a/talk/" * 100_000, "https://" + "w" * 9999]
)
def test_an_endless_address_takes_no_time(url: str) -> None:
    assert urls.resource_key(url)
    assert urls.resource_kind(url) is None or urls.resource_kind(url)
