"""What is written to harm: to run, to reach out, or to keep us busy."""

from __future__ import annotations

import re
import time

import pytest

from aggregator.clean import clean, summary, text_of
from aggregator.model import RawHtml

BASE = "https://blog.example/2024/post/"

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "script in odd case": "<ScRiPt/x>alert(1)</sCrIpT >",
    "script never ended": "<script>alert(1)",
    "script within script": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "script with a comment": "<script><!--<script>alert(1)</script>--></script>",
    "handler": "<p onclick=alert(1) ONMOUSEOVER='alert(1)'>x</p>",
    "handler after a slash": "<img/src=x/onerror=alert(1)>",
    "handler without space": '<img src="x"onerror="alert(1)">',
    "handler in a broken tag": '<img """><script>alert(1)</script>">',
    "handler in an attribute that was never ended": '<p title="<img src=x onerror=alert(1)>',
    "javascript address": "<a href='javascript:alert(1)'>x</a>",
    "javascript with entities": "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "javascript with a tab": "<a href='java&#x09;script:alert(1)'>x</a>",
    "javascript after a control character": "<a href='\x01javascript:alert(1)'>x</a>",
    "javascript over lines": "<a href='java\nscript\n:alert(1)'>x</a>",
    "javascript in capitals": "<a href=' JaVaScRiPt:alert(1)'>x</a>",
    "vbscript address": "<a href='vbscript:msgbox(1)'>x</a>",
    "data address": "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "blob address": "<a href='blob:https://blog.example/1'>x</a>",
    "frame": "<iframe src='javascript:alert(1)'></iframe>",
    "frame with a document": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "object": "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "embed": "<embed src='javascript:alert(1)'>",
    "srcset": "<img srcset='javascript:alert(1) 1x, x 2x'>",
    "picture": (
        "<picture><source srcset='x onerror=alert(1)'><img src=x onerror=alert(1)></picture>"
    ),
    "video": "<video src=x onerror=alert(1)><source onerror=alert(1)></video>",
    "style": "<style>@import 'javascript:alert(1)';</style><p style='background:url(x)'>x</p>",
    "style that hides a tag": "<style><img src='</style><img src=x onerror=alert(1)>'>",
    "link": "<link rel=stylesheet href='https://bad.example/x.css'>",
    "refresh": "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "base": "<base href='https://bad.example/'><a href='x'>x</a>",
    "form": "<form action='https://bad.example/'><input name=password><button>Go</button></form>",
    "button": "<button formaction='javascript:alert(1)'>x</button>",
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "svg link": "<svg><a xlink:href='javascript:alert(1)'><text y=9>x</text></a></svg>",
    "svg use": "<svg><use href='data:image/svg+xml,<svg onload=alert(1)>#x'/></svg>",
    "svg animation": "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "svg style": "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "svg with a foreign object": "<svg><foreignObject><img src=x onerror=alert(1)></foreignObject>",
    "svg title": "<svg><title><img src=x onerror=alert(1)></title></svg>",
    "math": (
        "<math><mtext><table><mglyph><style><!--</style><im"
        "g title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>"
    ),
    "math link": "<math href='javascript:alert(1)'>x</math>",
    "namespaces confused": (
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>"
    ),
    "svg in math": (
        "<math><annotation-xml encoding='text/html'><svg onload=alert(1)></annotation-xml></math>"
    ),
    "noscript": "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "template": "<template><script>alert(1)</script></template>",
    "textarea": "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "title": "<title><img title='</title><img src=x onerror=alert(1)>'></title>",
    "xmp": "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "noembed": "<noembed><p title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "plaintext": "<plaintext><script>alert(1)</script>",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "comment ended oddly": "<!--x--!><img src=x onerror=alert(1)>",
    "comment never ended": "<!-- <img src=x onerror=alert(1)>",
    "conditional comment": "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "CDATA": "<![CDATA[<script>alert(1)</script>]]>",
    "processing instruction": "<?xml-stylesheet href='javascript:alert(1)'?><?php alert(1) ?>",
    "doctype": "<!DOCTYPE html [<!ENTITY x '<script>alert(1)</script>'>]>&x;",
    "null": "<scr\0ipt>alert(1)</scr\0ipt><a href='java\0script:alert(1)'>x</a>",
    "byte order mark": "\ufeff<script>alert(1)</script>",
    "end tag with a handler": "</p onclick=alert(1)></br onload=alert(1)>",
    "select": "<select><option><style></option></select><img src=x onerror=alert(1)></style>",
    "table": "<table><td><svg><desc><td><img src=x onerror=alert(1)>",
    "frameset": "<frameset onload=alert(1)><frame src='javascript:alert(1)'></frameset>",
    "marquee": "<marquee onstart=alert(1)>x</marquee>",
    "body": "<body onload=alert(1) background='javascript:alert(1)'>x</body>",
    "background": "<table background='javascript:alert(1)'><td background='x'>x</td></table>",
    "custom element": "<x-y onfocus=alert(1) tabindex=1 autofocus>x</x-y>",
    "is": "<p is=x-y slot=z part=q>x</p>",
    "names for scripts to trip over": "<a id=document name=cookie class=admin href=/x>x</a>",
    "ping": "<a href=/x ping='https://bad.example/' target=_top download>x</a>",
    "private characters": (
        '\U0010ff01script\U0010ff02alert(1)\U0010ff01/script\U0010ff02<a title="\U0010ff03">x</a>'
    ),
    "accesskey": "<a href=/x accesskey=x onclick=alert(1)>x</a>",
    "popover": "<div popover id=x><p popovertarget=x>x</p></div>",
    "dialog": "<dialog open><form method=dialog><button>x</button></form></dialog>",
    "details": "<details open ontoggle=alert(1)><summary>x</summary></details>",
}
ALLOWED_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|code|dd|details|div|dl|dt|em|h[3-6]|hr|i|li|ol|p|pre|s|strong"
    r"|summary|table|tbody|td|tr|ul)(?: (?:href|title|lang|dir|rel)=\"[^\"<>]*\")*>"
)


@pytest.mark.parametrize("html", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_leaves_nothing_but_harmless_tags(html: str) -> None:
    safe = str(clean(RawHtml(f"<p>before</p>{html}<p>after</p>"), BASE))
    rest = ALLOWED_TAG.sub("", safe)
    assert "<" not in rest
    assert not re.search(r'href="(?!https?://|mailto:)', safe)
    assert "before" in safe
    assert clean(RawHtml(safe), BASE) == safe


N = 60_000  # characters, where each costs a good deal
M = 1_000_000  # where it does not
FLOODS = {
    "deep divs": "<div>" * (N // 5),
    "deep divs with text": "<div>x" * (N // 6),
    "deep lists": "<ul><li>" * (N // 8),
    "deep tables": "<table><tr><td>" * (N // 15),
    "deep figures": "<figure><figcaption>" * (N // 20),
    "unclosed formatting": "".join(f"<b lang=a{i}>" for i in range(N // 20)) + "<p>x" * (N // 8),
    "links in links": "<a href=x>y" * (N // 11),
    "misnested": "<i><div>x</i>" * (N // 13),
    "misplaced in tables": "<table>" + "<p>x" * (N // 4),
    "paragraphs": "<p>a</p>" * (N // 8),
    "cells": "<table>" + "<tr><td>x" * (N // 9),
    "attributes": "<p " + " ".join(f"a{i}" for i in range(M // 8)) + ">x",
    "ampersands in an attribute": '<a href="' + "&" * M + '">x</a>',
    "ampersands": "&" * M,
    "angle brackets": "<" * M,
    "numeric references": "&#" + "9" * M + ";",
    "a tag's name": "<" + "a" * M,
    "tags that never end": "<a " * (M // 3),
    "comments": "<!--" + "- " * (M // 2),
    "breaks": "<br> " * (N // 5),
    "headings": "<h2>x</h2>" * (N // 10),
    "marks": "<h2><a href=#x>#</a>" * (N // 20),
    "players": "<iframe src=https://youtu.be/abcdefghijk></iframe>" * (N // 50),
    "pictures": "<img src=/a.png>" * (N // 16),
    "objects": "<object>" * (N // 8),
    "svg": "<svg><p>" * (N // 8),
    "one word": "a" * M,
    "lines": "\n" * M,
}


@pytest.mark.parametrize("html", FLOODS.values(), ids=FLOODS.keys())
def test_markup_made_to_be_slow_is_not(html: str) -> None:
    began = time.process_time()
    clean(RawHtml(html), BASE, title="x")
    summary(html)
    text_of(html)
    # Measured at most 0.6 s; what this guards against are minutes.
    assert time.process_time() - began < 5
