"""A WebSub hub on loopback, written from the Recommendation, for tests of subscribers."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import threading
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.site import Answer, Request, Site


@dataclass(frozen=True)
class Reply:
    """What a subscriber answered."""

    status: int
    body: bytes
    headers: dict[str, str]


def ask(url: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Reply:
    """Send one request to a subscriber."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body or None, headers=sent)
    answer = connection.getresponse()
    reply = Reply(answer.status, answer.read(), dict(answer.getheaders()))
    connection.close()
    return reply


@dataclass(frozen=True)
class Asked:
    """A subscriber's request."""

    mode: str
    topic: str
    callback: str
    secret: str
    lease_s: int


class Hub:
    """Takes requests at `url`, makes sure of each, and tells subscribers what is published."""

    def __init__(self, site: Site, *, lease_s: int = 864_000) -> None:
        self.url = site.set("/hub", self._take)
        self.asked: list[Asked] = []
        self.replies: list[Reply] = []  # to what the hub wanted to make sure of
        self.subscribers: dict[tuple[str, str], str] = {}  # topic and callback: secret
        self.lease_s = lease_s
        self.refuses = 0  # the status that requests are refused with
        self._threads: list[threading.Thread] = []

    def _take(self, request: Request) -> Answer:
        said = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        asked = Asked(
            mode=said["hub.mode"],
            topic=said.get("hub.topic", ""),
            callback=said.get("hub.callback", ""),
            secret=said.get("hub.secret", ""),
            lease_s=int(said.get("hub.lease_seconds", 0)),
        )
        self.asked.append(asked)
        if self.refuses:
            return Answer(status=self.refuses, body=b"no")
        if asked.mode in ("subscribe", "unsubscribe"):
            thread = threading.Thread(target=self._verify, args=(asked,))
            self._threads.append(thread)
            thread.start()
        return Answer(status=202)

    def _verify(self, asked: Asked) -> None:
        reply = self.verify(asked.callback, asked.mode, asked.topic, self.lease_s)
        self.replies.append(reply)
        if (reply.status // 100, reply.body) != (2, b"challenge-7"):
            return
        place = asked.topic, asked.callback
        if asked.mode == "subscribe":
            self.subscribers[place] = asked.secret
        else:
            self.subscribers.pop(place, None)

    def settle(self) -> None:
        """Wait until all that was asked has been made sure of."""
        while self._threads:
            self._threads.pop().join(20)

    def verify(self, callback: str, mode: str, topic: str, lease_s: int = 600) -> Reply:
        """Ask a subscriber whether it meant what it asked for."""
        fields = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": "challenge-7"}
        return ask(f"{callback}?{urlencode(fields | {'hub.lease_seconds': str(lease_s)})}")

    def deny(self, callback: str, topic: str) -> Reply:
        """Tell a subscriber that it is not served."""
        fields = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": "closed for the winter"}
        return ask(f"{callback}?{urlencode(fields)}")

    def publish(self, topic: str, body: bytes, method: str = "sha256") -> list[Reply]:
        """Send new content to those who subscribed to it."""
        return [
            ask(callback, method="POST", body=body, X_Hub_Signature=signed(secret, body, method))
            for (subscribed, callback), secret in self.subscribers.items()
            if subscribed == topic
        ]


def signed(secret: str, body: bytes, method: str = "sha256") -> str:
    """Return the header that proves who sent a body."""
    digest = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    return f"{method}={digest}"
