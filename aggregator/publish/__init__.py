"""Values to bytes: RSS, Atom, JSON Feed, OPML, iCalendar, sitemaps, citations, JSON shapes.

Pure: the same values give the same bytes, so an ETag over them means something.
"""

from aggregator.publish.atom import atom
from aggregator.publish.cite import bibtex, cff, csl_json
from aggregator.publish.document import Document, image_of
from aggregator.publish.ical import ical
from aggregator.publish.json_feed import json_feed
from aggregator.publish.linked import entry_data, event_data, licence_url, linked_data, talk_data
from aggregator.publish.opml import opml
from aggregator.publish.rss import rss
from aggregator.publish.shapes import entry_json, event_json, feed_json, recognition_json
from aggregator.publish.sitemap import sitemap

__all__ = [
    "Document",
    "atom",
    "bibtex",
    "cff",
    "csl_json",
    "entry_data",
    "entry_json",
    "event_data",
    "event_json",
    "feed_json",
    "ical",
    "image_of",
    "json_feed",
    "licence_url",
    "linked_data",
    "opml",
    "recognition_json",
    "rss",
    "sitemap",
    "talk_data",
]
