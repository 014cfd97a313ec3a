"""Making foreign HTML safe, and giving it the shape of our pages."""

from __future__ import annotations

import html as stdlib_html
import re

import pytest

from aggregator.clean import Pictures, clean, summary, text_of
from aggregator.model import Picture, RawHtml, SafeHtml

BASE = "https://blog.example/2024/post/"
REL = ' rel="noopener noreferrer nofollow ugc"'


def cleaned(html: str, **options: object) -> str:
    return str(clean(RawHtml(html), BASE, **options)).replace(REL, "")  # type: ignore[arg-type]


def test_what_runs_or_asks_is_left_out_with_its_content() -> None:
    html = (
        "<p>a</p><script>b</script><style>c</style><form>d</form><template>e</template>"
        "<textarea>f</textarea><select><option>g</select><svg><text>h</text></svg><p>i</p>"
    )
    assert cleaned(html) == "<p>a</p><p>i</p>"


def test_the_result_is_marked_as_safe() -> None:
    assert isinstance(clean(RawHtml("<p>x"), BASE), SafeHtml)


def test_structure_is_kept() -> None:
    html = (
        "<h3>a</h3><p><strong>b</strong> <em>c</em> <code>d</code> H<sub>2</sub>O x<sup>2</sup></p>"
        '<p><abbr title="e">f</abbr> <time datetime="2024-07-22">g</time></p>'
        "<blockquote><p>h</p></blockquote><ul><li>i</li><li>j</li></ul>"
        '<ol start="3"><li value="7">k</li></ol><dl><dt>l</dt><dd>m</dd></dl>'
        "<pre><code>n\n  o</code></pre><details><summary>p</summary><p>q</p></details>"
        "<figure><p>r</p><figcaption>s</figcaption></figure><table><caption>t</caption><thead><tr>"
        '<th scope="col">u</th><th></th></tr></thead><tbody><tr><td colspan="2">v</td></tr></tbody>'
        '</table><p lang="de" dir="ltr">w</p>'
    )
    assert cleaned(html) == html


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<p><b>a<i>b</b>c</i></p>", "<p><b>a<i>b</i></b>c</p>"),
        ("<p>a<p>b<ul><li>c<li>d</ul>", "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", None),
        ("<a href=/x>a<a href=/y>b</a>", None),
        ("</div></p></table>a", "a"),
        ("<td>a</td><li>b</li>", "ab"),
        ("a < b && c > d <3", "a &lt; b &amp;&amp; c &gt; d &lt;3"),
        ("<p>unended <b", "<p>unended </p>"),
    ],
)
def test_tag_soup_is_balanced(given: str, wanted: str | None) -> None:
    safe = cleaned(given)
    assert wanted is None or safe == wanted
    opened = re.findall(r"<(\w+)", safe)
    assert sorted(opened) == sorted(re.findall(r"</(\w+)", safe))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<h1>a</h1><h2>b</h2><h3>c</h3>", "<h3>a</h3><h4>b</h4><h5>c</h5>"),
        ("<h2>a</h2><h4>b</h4><h2>c</h2>", "<h3>a</h3><h4>b</h4><h3>c</h3>"),
        ("<h1>a</h1><h2>b</h2><h3>c</h3><h4>d</h4><h5>e</h5>", None),
        ("<h1></h1><h2>b</h2>", "<h3>b</h3>"),
        ("<h5>a</h5>", "<h3>a</h3>"),
    ],
)
def test_headings_begin_below_the_page_s_own(given: str, wanted: str | None) -> None:
    safe = cleaned(given)
    assert "<h1" not in safe
    assert "<h2" not in safe
    assert wanted is None or safe == wanted


def test_a_heading_that_repeats_the_title_is_left_out() -> None:
    html = "<div><h1>Three days at <em>RSECon</em>!</h1><p>a</p><h2>b</h2></div>"
    assert cleaned(html, title="three days at RSECon") == "<div><p>a</p><h3>b</h3></div>"
    assert "Three days" in cleaned(f"<p>x</p>{html}", title="Three days at RSECon")


def test_links_to_the_heading_itself_are_left_out() -> None:
    html = (
        "<h3>a<a class=headerlink href='#a'>¶</a></h3><h3><a href='#b'><svg></svg></a>b</h3>"
        "<h3>c</h3><a href='#c'>#</a><p><a href='#d'>#</a></p><h3><a href='/e'>e</a></h3>"
    )
    assert cleaned(html) == (
        f'<h3>a</h3><h3>b</h3><h3>c</h3><p><a href="{BASE}#d">#</a></p>'
        '<h3><a href="https://blog.example/e">e</a></h3>'
    )


@pytest.mark.parametrize(
    ("href", "wanted"),
    [
        ("/a", "https://blog.example/a"),
        ("b?c=1&amp;copy=2", f"{BASE}b?c=1&amp;copy=2"),
        ("b?c=1&copy=2&lt=3", f"{BASE}b?c=1&amp;copy=2&amp;lt=3"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("#notes", f"{BASE}#notes"),
        ("http://a.example/a b", "http://a.example/a%20b"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_links_are_absolute_and_keep_their_words(href: str, wanted: str) -> None:
    assert cleaned(f"<a href='{href}'>x</a>") == f'<a href="{wanted}">x</a>'


@pytest.mark.parametrize(
    "href", ["ftp://x.example/", "tel:1", "http://[", "", "mailto:", "about:x"]
)
def test_a_link_that_leads_nowhere_is_its_text(href: str) -> None:
    assert cleaned(f"<p><a href='{href}'>x</a></p>") == "<p>x</p>"


def test_without_a_base_a_relative_link_is_its_text() -> None:
    assert clean(RawHtml("<a href='/x'>y</a>"), "") == "y"


def test_links_tell_the_other_side_nothing_and_give_it_no_weight() -> None:
    assert clean(RawHtml("<a href='/x' rel='author'>y</a>"), BASE) == (
        f'<a href="https://blog.example/x"{REL}>y</a>'
    )


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<img src=a.png alt='A &amp; B'>", f'<a href="{BASE}a.png">Picture: A &amp; B</a>'),
        ("<img src=a.png>", f'<a href="{BASE}a.png">Picture</a>'),
        ("<img src=a.png alt='IMG_2031.jpg'>", f'<a href="{BASE}a.png">Picture</a>'),
        ("<a href=/b><img src=a.png alt=c></a>", '<a href="https://blog.example/b">Picture: c</a>'),
        ("<img src=data:image/png;base64,AA alt=c>", "Picture: c"),
        ("<img src=x.gif data-src=b.png alt=c>", f'<a href="{BASE}b.png">Picture: c</a>'),
        ("<p>x <img src=s.png alt='🎉'></p>", "<p>x 🎉</p>"),
        ("<p>x <img class=emoji src=s.png alt=':tada:'></p>", "<p>x :tada:</p>"),
        ("<p>x <img src=s.png alt=Slides width=16 height=16></p>", "<p>x Slides</p>"),
        ("<p>x<img src=a.gif width=1 height=1 alt=y></p>", "<p>x</p>"),
        ("<p>x<img src=a.gif style='display: none'></p>", "<p>x</p>"),
        ("<p>x<img src='https://pixel.wp.com/b.gif?host=x'></p>", "<p>x</p>"),
        ("<p>x<img width=0 src=a.gif></p>", "<p>x</p>"),
    ],
)
def test_a_picture_becomes_a_link_and_a_pixel_nothing(given: str, wanted: str) -> None:
    assert cleaned(given) == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("src=a.png srcset='a.png 400w, b.png 1300w, c.png 2600w'", "b.png"),
        ("src=a.png srcset='a.png 400w, b.png 900w'", "b.png"),
        ("src=a.png srcset='a.png, b.png 2x, c.png 3x'", "b.png"),
        ("srcset='crop,w_400/a.png 400w,\ncrop,w_800/a.png 800w'", "crop,w_800/a.png"),
        ("src=data:image/gif;base64,AA data-srcset='a.png 400w, b.png 800w'", "b.png"),
        ("src=a.png srcset='data:image/gif;base64,AA 1w'", "a.png"),
        ("src=a.png srcset=', ,'", "a.png"),
    ],
)
def test_of_several_sizes_the_one_that_fills_the_column_is_taken(given: str, wanted: str) -> None:
    pictures = Pictures()
    assert cleaned(f"<img {given}>", pictures=pictures).startswith(f'<a href="{BASE}{wanted}"')
    assert list(pictures.met) == [BASE + wanted]


def test_a_size_that_the_cache_holds_already_stays() -> None:
    held = {f"{BASE}a.png": Picture(key=KEY, width=640, height=400)}
    html = "<img src=a.png srcset='a.png 400w, b.png 1300w'>"
    assert cleaned(html, pictures=Pictures(held)) == SHOWN.format("")


def test_a_lazy_picture_and_its_fallback_are_one_link() -> None:
    html = "<img data-src=/a.png src=x.gif><noscript><img src=/a.png></noscript>"
    assert cleaned(html) == '<a href="https://blog.example/a.png">Picture</a>'


def test_a_figure_keeps_its_caption() -> None:
    html = "<figure><img src=/a.png alt=b srcset='c 2x'><figcaption>d</figcaption></figure>"
    assert cleaned(html) == (
        '<figure><a href="https://blog.example/2024/post/c">Picture: b</a>'
        "<figcaption>d</figcaption></figure>"
    )


KEY = "0123456789abcdef0123456789abcdef"
SHOWN = (
    f'<img src="picture:{KEY}" alt="{{}}" width="640" height="400" loading="lazy" decoding="async">'
)
A_PNG = {f"{BASE}a.png": Picture(key=KEY, width=640, height=400)}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<p>x <img src=a.png alt=y></p>", f"<p>x {SHOWN.format('y')}</p>"),
        ("<img src=a.png alt='a\"b' width=9000 onerror=x>", SHOWN.format("a&quot;b")),
        ("<p><img src=a.png></p>", f"<p>{SHOWN.format('')}</p>"),
        ("<a href=/b><img src=a.png></a>", f'<a href="https://blog.example/b">{SHOWN.format("Picture")}</a>'),
        ("<h2>x</h2><a href=/b><img src=a.png></a>", "<h3>x</h3>"
         f'<a href="https://blog.example/b">{SHOWN.format("Picture")}</a>'),
        ("<img src=b.png data-src=a.png>", SHOWN.format("")),
        ("<img src=b.png alt=y>", f'<a href="{BASE}b.png">Picture: y</a>'),
        (f"<img src=picture:{KEY} alt=y width=1>", SHOWN.format("y")),
        (f"<img src=picture:{'f' * 32} alt=y>", "Picture: y"),
        (f"<a href=picture:{KEY}>y</a>", "y"),
    ],
)  # fmt: skip
def test_a_picture_that_the_cache_holds_is_shown(given: str, wanted: str) -> None:
    assert cleaned(given, pictures=Pictures(A_PNG)) == wanted
    assert cleaned(wanted, pictures=Pictures(A_PNG)) == wanted


def test_a_player_gets_a_still_picture_that_the_cache_holds() -> None:
    still = "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"
    held = {still: Picture(key=KEY, width=640, height=400)}
    html = "<iframe src=https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ></iframe>"
    found = cleaned(html, pictures=Pictures(held))
    assert found == (
        '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">'
        f"{SHOWN.format('')}<br>Video: youtube.com</a></p>"
    )
    assert cleaned(found, pictures=Pictures(held)) == found


def test_the_pictures_of_an_article_are_noted_but_for_icons_and_trackers() -> None:
    noted = Pictures()
    cleaned(
        "<img src=a.png><img src=b.gif width=1 height=1><img src=c.png class=emoji alt=x>"
        "<img src=d.jpg><video poster=/e.jpg src=/f.mp4></video>",
        pictures=noted,
    )
    assert list(noted.met) == [f"{BASE}a.png", f"{BASE}d.jpg", "https://blog.example/e.jpg"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            "<iframe src='//www.youtube.com/embed/dQw4w9WgXcQ?start=9' title=Opening></iframe>",
            '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=9">'
            "Video: Opening</a></p>",
        ),
        (
            "<p><iframe data-src='//player.vimeo.com/video/1234567'></iframe></p>",
            '<p><a href="https://vimeo.com/1234567">Video: vimeo.com</a></p>',
        ),
        (
            "<object data='https://www.youtube.com/v/dQw4w9WgXcQ'><p>Get Flash</p></object>",
            '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">Video: youtube.com</a></p>',
        ),
        (
            "<object><embed src='https://www.youtube.com/v/dQw4w9WgXcQ'></object>",
            '<p><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">Video: youtube.com</a></p>',
        ),
        (
            "<video controls><source src=/a.webm><source src=/a.mp4>Too old</video>",
            '<p><a href="https://blog.example/a.webm">Video: blog.example</a></p>',
        ),
        (
            "<audio src=/a.mp3></audio>",
            '<p><a href="https://blog.example/a.mp3">Audio: blog.example</a></p>',
        ),
        (
            "<iframe src='https://speakerdeck.com/player/abc'></iframe>",
            '<p><a href="https://speakerdeck.com/player/abc">Slides: speakerdeck.com</a></p>',
        ),
        ("<iframe src='https://www.googletagmanager.com/ns.html?id=1'></iframe>", ""),
        ("<iframe src='about:blank'></iframe>", ""),
    ],
)
def test_a_player_becomes_a_link_to_its_page(given: str, wanted: str) -> None:
    assert cleaned(given) == wanted


def test_a_lazy_player_and_its_fallback_are_one_link() -> None:
    frame = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ"
    html = (
        f"<iframe data-src='{frame}'></iframe><noscript><iframe src='{frame}'></iframe></noscript>"
    )
    assert cleaned(html).count("Video:") == 1


def test_empty_elements_and_runs_of_breaks_are_left_out() -> None:
    html = "<p>a<br><br><br><br>b<br></p><p>&nbsp;</p><div><p> </p></div><br><br><p>c <b> </b>d</p>"
    assert cleaned(html) == "<p>a<br><br>b</p><p>c  d</p>"


def test_breaks_in_code_are_kept() -> None:
    assert cleaned("<pre>\na<br><br><br>b\n</pre>") == "<pre>a<br><br><br>b\n</pre>"


def test_landmarks_become_plain_and_navigation_goes() -> None:
    html = "<main><header>a</header><nav>b</nav><section><article>c</article></section></main>"
    assert cleaned(html) == "<div><div>a</div><div><div>c</div></div></div>"


def test_a_bold_line_stays_a_bold_line() -> None:
    assert cleaned("<p><strong>Day one</strong></p>") == "<p><strong>Day one</strong></p>"


@pytest.mark.parametrize(
    "attribute", ["lang='x y'", "dir=up", "colspan=0", "colspan=9999", "start=x", "datetime='<'"]
)
def test_an_attribute_with_an_odd_value_goes(attribute: str) -> None:
    html = f"<table><tr><td {attribute}><ol {attribute}><li><time {attribute}>x</time></table>"
    assert "=" not in cleaned(html)


def test_references_are_read_once() -> None:
    assert cleaned("&amp;lt;b&amp;gt; &copy 2024 &#8217; &#x80;") == "&amp;lt;b&amp;gt; © 2024 ’ €"


def test_characters_that_xml_forbids_are_left_out() -> None:
    given = "a\x00b\x1bc\ufffed&#0;e&#27;f&#xFFFE;g&#xD800;h&#129;i\U0010ff00j"
    assert cleaned(given) == "abcd\ufffdefg\ufffdhij"


def test_what_is_over_the_limit_is_cut() -> None:
    safe = clean(RawHtml("<p>ä</p>" * 1000), BASE, limit=100)
    assert 0 < len(safe) <= 100
    assert safe.endswith("</p>")


# -------------------------------------------------------------------------------- plain text


def test_the_text_of_a_page_is_its_words() -> None:
    html = "<h1>A</h1><script>x</script><p>b &amp; <b>c</b>d</p><form>y</form><ul><li>e<li>f</ul>"
    assert text_of(html) == "A b & cd e f"


def test_a_summary_is_how_the_article_begins() -> None:
    html = (
        "<h1>My week at RSECon</h1><p>By Ada Example</p><p>12 July 2024</p><p>5 min read</p>"
        "<p>Hello everyone,</p><figure><img alt=x src=y><figcaption>The hall</figcaption></figure>"
        "<p>RSECon was in Newcastle. It rained.</p><pre>code</pre><p>I gave a talk.</p>"
    )
    assert summary(html, title="My week at RSECon!") == (
        "RSECon was in Newcastle. It rained. I gave a talk."
    )


def test_a_summary_of_safe_html_passes_over_the_links_that_were_pictures() -> None:
    safe = clean(RawHtml("<p><img src=/a.png alt='The hall'></p><p>It began at nine.</p>"), BASE)
    assert summary(safe) == "It began at nine."


def test_a_long_summary_ends_with_a_sentence_or_at_a_word() -> None:
    sentences = "<p>" + "This is a sentence of some length. " * 20 + "</p>"
    assert (
        summary(sentences, 100)
        == "This is a sentence of some length. This is a sentence of some length."
    )
    line = summary("<p>" + "word " * 200 + "</p>", 100)
    assert line.endswith("word…")
    assert len(line) <= 100


def test_where_nothing_tells_all_words_are_the_summary() -> None:
    assert summary("<h2>Slides</h2><ul></ul>") == "Slides"
    assert summary("") == ""


def test_a_summary_is_no_markup() -> None:
    assert summary("<p>a &lt;script&gt; b") == "a <script> b"
    assert stdlib_html.escape(summary("<p>&amp;lt;")) == "&amp;lt;"
