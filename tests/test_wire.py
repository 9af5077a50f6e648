"""What the archive is given of an exchange, against the log of the server that had it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cdxj_indexer.main import CDXJIndexer
from fastwarc.warc import ArchiveIterator
from OpenSSL import SSL
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from archive.cdxj import path_for
from archive.verification.files import verify_file
from archive.warc import WarcWriter
from crawler.cipher import iana_name
from crawler.exchange import MAX_HEAD
from tests.exchanges import CASES, FIVE, LATER, MOVED, OK, SECONDS, Case
from tests.recorder import Recorder
from tests.wirecrawl import WAYS, Crawl, crawl

ALL = CASES | LATER
SCRIPTS = {name: case.steps for name, case in ALL.items()} | {"moved": (MOVED,), "target": (OK + FIVE,)}
TRAVEL = {"via": "https://ganjil.test/sitemap.xml", "hops": "M", "opt_out": ["robots.txt content-signal: ai-train=no"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    folder = tmp_path_factory.mktemp("wire")
    with Recorder(SCRIPTS, folder) as server:
        moved = Case(SCRIPTS["moved"], meta=TRAVEL)
        yield crawl(server, folder, [CASES, {"moved": moved}, LATER])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [name for name in ALL if name != "nothing at all"])
def test_a_capture_is_what_crossed_the_wire(run: Crawl, way: str, name: str) -> None:
    case, capture, crossed = ALL[name], run.capture(way, name), run.server.crossed(way, name)[-1]
    assert capture.request == crossed.request
    if case.whole:
        end = len(crossed.sent) - len(case.surplus)
        assert capture.interim == case.interim
        assert capture.response == crossed.sent[len(case.interim) : end]
    else:
        assert capture.interim + capture.response
        assert crossed.sent.startswith(capture.interim + capture.response)
    assert capture.surplus == len(case.surplus)
    assert capture.truncated == case.truncated
    assert capture.exact


@pytest.fixture(scope="module")
def warc(run: Crawl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of everything that the sink was given."""
    folder = tmp_path_factory.mktemp("warc")
    writer = WarcWriter(folder, "ganjil", {"software": "uji"})
    for got in run.got.values():
        for capture in got.captures:
            writer.write(capture)
    writer.close()
    return folder / writer.finished[0]


@pytest.fixture(scope="module")
def blocks(warc: Path) -> dict[str | None, dict[str, list[bytes]]]:
    """Address -> blocks by type of record and media type."""
    found: dict[str | None, dict[str, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    about: dict[str | None, str | None] = {None: None}
    with warc.open("rb") as file:
        for record in ArchiveIterator(file, parse_http=False, strict_mode=True):
            assert record.verify_block_digest()
            fields = record.headers
            about[record.record_id] = fields.get("WARC-Target-URI") or about[fields.get("WARC-Concurrent-To")]
            media_type = fields["Content-Type"].partition(";")[0]
            found[about[record.record_id]][f"{fields['WARC-Type']} {media_type}"].append(record.reader.read())
    return found


@pytest.mark.parametrize("way", WAYS)
def test_the_warc_holds_what_crossed_the_wire_and_notes_what_was_beyond_it(
    run: Crawl, blocks: dict[str | None, dict[str, list[bytes]]], way: str
) -> None:
    for name, case in ALL.items():
        if name == "nothing at all" or not case.whole:
            continue
        crossed, found = run.server.crossed(way, name)[-1], blocks[run.server.address(way, name)]
        end = len(crossed.sent) - len(case.surplus)
        message = found["response application/http"] or found["metadata application/octet-stream"]
        assert found["request application/http"] == [crossed.request], name
        assert b"".join(message) == crossed.sent[len(case.interim) : end], name
        [notes] = found["metadata application/warc-fields"]
        early = [line for line in notes.splitlines() if line.startswith(b"interimHeads: ")]
        heads = [json.loads(line.partition(b" ")[2]).encode("latin-1") for line in early]
        assert b"".join(heads) == case.interim, name
        assert (b"surplusBytes: %d\r\n" % len(case.surplus) in notes) == bool(case.surplus), name


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves files open
def test_independent_readers_take_the_whole_file(run: Crawl, warc: Path, tmp_path: Path) -> None:
    assert list(verify_file(warc, own=True)) == []
    captures = sum(len(got.captures) for got in run.got.values())
    with warc.open("rb") as file:
        kinds = Counter(record.rec_type for record in WarcioIterator(file))
    assert kinds["request"] == captures
    index = tmp_path / "index.cdxj"
    CDXJIndexer(str(index), [str(warc)], sort=True).process_all()
    ours = warc.with_name(path_for(warc.name)).read_text().splitlines()
    # It lists what has no address, too, under none.
    assert ours == [line for line in index.read_text().splitlines() if not line.startswith("- ")]


@pytest.mark.parametrize("way", WAYS)
def test_scrapy_refuses_what_it_refuses_and_the_capture_is_there_all_the_same(run: Crawl, way: str) -> None:
    errors = {name: run.got[f"{way} {name}"].error for name in ALL}
    assert errors == {name: case.error for name, case in ALL.items()}


@pytest.mark.parametrize("way", WAYS)
def test_no_answer_at_all_leaves_nothing_to_keep(run: Crawl, way: str) -> None:
    assert run.server.crossed(way, "nothing at all")
    assert run.got[f"{way} nothing at all"].captures == []


@pytest.mark.parametrize("way", WAYS)
def test_of_a_request_sent_twice_the_one_that_was_answered_counts(run: Crawl, way: str) -> None:
    stale, fresh = run.server.crossed(way, "connection that went stale")
    assert (bytes(stale.sent), bytes(fresh.sent)) == (b"", OK + FIVE)
    assert run.capture(way, "connection that went stale").request == fresh.request


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "name", ["endless head", "endless interim heads", "endless header line", "endless chunk extensions"]
)
def test_a_head_or_framing_without_end_does_not_fill_the_memory(run: Crawl, way: str, name: str) -> None:
    capture = run.capture(way, name)
    assert len(capture.interim + capture.response) < MAX_HEAD + 128 * 1024


@pytest.mark.parametrize("way", WAYS)
def test_the_time_runs_from_the_first_byte_sent_to_the_last_received(run: Crawl, way: str) -> None:
    slow, hung = run.capture(way, "body until close"), run.capture(way, "no end of the body")
    assert run.began < slow.began < datetime.now(UTC)
    assert slow.fetch_ms is not None
    assert slow.fetch_ms >= 50
    assert hung.fetch_ms is not None
    assert hung.fetch_ms < SECONDS * 1000


@pytest.mark.parametrize("way", WAYS)
def test_the_way_that_led_here_is_told(run: Crawl, way: str) -> None:
    before, after = run.got[f"{way} moved"].captures
    assert (before.via, before.hops, before.opt_out) == (TRAVEL["via"], "M", tuple(TRAVEL["opt_out"]))
    assert (after.via, after.hops, after.opt_out) == (before.url, "MR", before.opt_out)
    assert after.url == run.server.address(way, "target")


def test_a_beginning_has_no_way_that_led_to_it(run: Crawl) -> None:
    capture = run.capture("http", "plain")
    assert (capture.via, capture.hops, capture.opt_out) == (None, "", ())


def test_the_address_is_the_servers_and_never_the_proxys(run: Crawl) -> None:
    assert [run.capture(way, "plain").ip for way in WAYS] == ["127.0.0.1", "127.0.0.1", None, None]


@pytest.mark.parametrize("way", ["https", "connect"])
def test_protocol_and_cipher_are_those_that_the_server_had(run: Crawl, way: str) -> None:
    capture, crossed = run.capture(way, "plain"), run.server.crossed(way, "plain")[-1]
    assert crossed.tls is not None
    version, cipher = crossed.tls
    assert capture.protocols == ("http/1.1", version.replace("TLSv", "tls/"))
    assert capture.cipher == iana_name(cipher)


def test_the_protocol_of_a_plain_exchange_is_the_answers(run: Crawl) -> None:
    plain, old = run.capture("http", "plain"), run.capture("proxy", "HTTP/1.0 and close")
    assert (plain.protocols, plain.cipher) == (("http/1.1",), None)
    assert (old.protocols, old.cipher) == (("http/1.0",), None)


def test_the_log_does_not_warn_of_captures(run: Crawl) -> None:
    assert "not exact" not in run.log
    assert "DOWNLOAD_FAIL_ON_DATALOSS" not in run.log


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("DHE-RSA-AES256-SHA256", "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
        ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("AES256-CCM8", "TLS_RSA_WITH_AES_256_CCM_8"),
        ("PSK-AES128-GCM-SHA256", None),
        ("RSA-PSK-AES128-CBC-SHA", None),
    ],
)
def test_a_cipher_suite_has_the_name_that_iana_gave_it(openssl: str, iana: str | None) -> None:
    assert iana_name(openssl) == iana


def test_every_cipher_suite_that_we_offer_has_a_name() -> None:
    offered = SSL.Connection(SSL.Context(SSL.TLS_METHOD)).get_cipher_list()
    assert [name for name in offered if iana_name(name) is None and "PSK" not in name and "SRP" not in name] == []
