"""The outlets on loopback, under their true names: `with FakeSite() as site: run(env=site.env())`."""

from tests.fakesite.reply import Reply, Request
from tests.fakesite.server import FakeSite

__all__ = ["FakeSite", "Reply", "Request"]
