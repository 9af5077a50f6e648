"""WARC files of other projects, sound and broken: each is judged by what the standard says of it."""

from __future__ import annotations

import contextlib
import io
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from warcio.checker import Checker

from archive.verification.files import verify_file

SAMPLES = Path(os.environ.get("ARSIP_CORPUS") or "/nowhere") / "warc-samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="ARSIP_CORPUS names no folder with samples of WARC files")

OLD = "version = WARC/1.0 CRLF (WARC 1.0, section 4); drafts were 0.17 and 0.18"
JWAT, WARCIO, INDEXER = "netarchivesuite.jwat__", "webrecorder.warcio__", "webrecorder.cdxj-indexer__"
RESILIPARSE, COMMONS = "chatnoir-eu.chatnoir-resiliparse__", "iipc.webarchive-commons__"

# Name -> number of faults of each kind, and the sentence of the standard or what is to be seen in the file.
EXPECTED: dict[str, tuple[dict[str, int], str]] = {
    f"{RESILIPARSE}block-sized-records.warc": ({}, "an unknown WARC-Type is to be skipped (1.1, section 5.5)"),
    f"{RESILIPARSE}block-sized-records.warc.gz": ({}, "the same, packed"),
    f"{RESILIPARSE}clipped.warc.gz": ({"torn": 1}, "the only member has no end"),
    f"{RESILIPARSE}clueweb-quirk.warc.gz": (
        {"version": 30, "field-value": 88, "payload-digest": 29},
        "0.18; dates with the day of the year; WARC-Warcinfo-ID without <>; payload digests are those of the blocks",
    ),
    f"{RESILIPARSE}warcfile.warc.gz": ({}, "Common Crawl"),
    "iipc.jwarc__cc.warc.gz": ({}, "Common Crawl; the request that the response names lies in another file"),
    "iipc.jwarc__gzip_extra_sl.warc.gz": ({}, "extra fields of gzip are allowed (1.1, annex D)"),
    f"{COMMONS}IAH-urls-wget.warc": (
        {"payload-digest-chunked": 5, "duplicate-id": 1, "concurrent-differs": 1},
        "wget 1.14: digests of chunks, an id that is given twice, and logs as in example-wget-bad-target-uri",
    ),
    f"{COMMONS}IAH-urls-wget.warc.gz": (
        {"payload-digest-chunked": 5, "duplicate-id": 1, "concurrent-differs": 1},
        "the same, packed",
    ),
    f"{COMMONS}link-extraction-test.warc": (
        {"missing-field": 9, "length": 4, "http-length": 1},
        "written by hand: no ids, lengths that miss the end by a few bytes",
    ),
    f"{COMMONS}mutliple-headers.warc": ({}, "what is repeated are fields of HTTP"),
    "internetarchive.gowarc__skip-non-open.warc.gz": ({"members": 1}, "ten records in one member (1.1, annex D)"),
    "internetarchive.gowarc__test.warc.gz": ({}, "sound"),
    f"{JWAT}invalid-warcfile-contenttype-recommended.warc": (
        {"version": 7, "missing-field": 8, "payload-digest": 2, "duplicate-id": 2},
        f"{OLD}; no Content-Type where there is a block (1.0, section 5.6), and so no HTTP: the payload is the block",
    ),
    f"{JWAT}invalid-warcfile-contenttype-warcinfo-recommended.warc": (
        {},
        "application/warc-fields is recommended for a warcinfo record (1.0, section 6.2): another type is allowed",
    ),
    f"{JWAT}invalid-warcfile-digest-fields.warc": (
        {"version": 4, "block-digest": 1, "payload-digest": 1, "field-value": 6, "duplicate-id": 3},
        f"{OLD}; a digest has an algorithm, a colon and a value (1.0, section 5.8)",
    ),
    f"{JWAT}invalid-warcfile-duplicate-fields.warc": (
        {"repeated-field": 6},
        "fields are there once (1.0, section 5)",
    ),
    f"{JWAT}invalid-warcfile-encoding-headers.warc.gz": ({}, "ASCII; the question marks were once other letters"),
    f"{JWAT}invalid-warcfile-fields-empty.warc": ({"length": 1, "field-value": 8}, "no field has a value"),
    f"{JWAT}invalid-warcfile-fields-invalidformat.warc": (
        {"length": 1, "field-value": 7, "segment": 1},
        "no field but WARC-Type has a value of its form",
    ),
    f"{JWAT}invalid-warcfile-fields-missing.warc": ({"length": 1, "field-value": 18}, "no field has a value"),
    f"{JWAT}invalid-warcfile-lonely-continuation.warc": (
        {"length": 1, "missing-field": 3, "segment": 2},
        "nothing but a WARC-Type",
    ),
    f"{JWAT}invalid-warcfile-lonely-monkeys.warc": (
        {"length": 1, "line-end": 1, "missing-field": 2},
        "nothing but a WARC-Type, and lines end in LF",
    ),
    f"{JWAT}invalid-warcfile-lonely-request-response-resource-conversion.warc": (
        {"length": 4, "missing-field": 12},
        "nothing but a WARC-Type, four times",
    ),
    f"{JWAT}invalid-warcfile-lonely-revisit.warc": ({"length": 1, "missing-field": 4}, "nothing but a WARC-Type"),
    f"{JWAT}invalid-warcfile-lonely-warcinfo-metadata.warc": (
        {"length": 2, "missing-field": 4},
        "nothing but a WARC-Type, twice",
    ),
    f"{JWAT}invalid-warcfile-record-then-garbage.warc": ({"tail": 1}, "monkeys behind the record"),
    f"{JWAT}invalid-warcfile-segment-number-continuation.warc": (
        {"version": 2, "segment": 1, "duplicate-id": 1},
        f"{OLD}; a continuation with number 1 (1.0, section 7)",
    ),
    f"{JWAT}invalid-warcfile-segment-number-response.warc": (
        {"version": 2, "segment": 1, "duplicate-id": 1},
        f"{OLD}; a response with number 2 (1.0, section 7)",
    ),
    f"{JWAT}test-utf8.warc": ({"version": 1}, OLD),
    f"{JWAT}valid-warcfile-contenttype-continuation.warc": ({"version": 1}, OLD),
    f"{JWAT}valid-warcfile-duplicate-concurrentto.warc": ({}, "WARC-Concurrent-To may be repeated (1.0, section 5.7)"),
    f"{JWAT}valid-warcfile-fields-continuation.warc": ({"version": 1}, OLD),
    f"{JWAT}valid-warcfile-fields-metainfo.warc": ({"version": 1}, OLD),
    f"{JWAT}valid-warcfile-fields-warcinfo.warc": ({"version": 1}, OLD),
    f"{JWAT}valid-warcfile-non-warc-headers.warc": ({}, "other fields are allowed, also twice (1.0, section 4)"),
    f"{JWAT}valid-warcfile-upper-lower-case.warc": ({}, "literals do not mind case (RFC 2616, section 2.1)"),
    f"{JWAT}valid-warcfile-utf8.warc": ({"version": 1}, OLD),
    f"{INDEXER}cc.warc.gz": ({}, "Common Crawl"),
    f"{INDEXER}example.warc.gz": ({"block-digest": 2}, "the blocks were changed after their digests were taken"),
    f"{INDEXER}missing-http.warc.gz": (
        {"payload-digest": 1, "http": 2},
        "the blocks are empty, the payload digest is of something",
    ),
    f"{INDEXER}post-test-more.warc": ({"payload-digest-chunked": 1}, "digest of chunks"),
    f"{INDEXER}post-test.warc.gz": ({}, "sound"),
    "webrecorder.py-wacz__example-collection.warc": ({}, "sound, and packed in spite of its name"),
    "webrecorder.py-wacz__example-resource.warc.gz": ({}, "sound"),
    "webrecorder.py-wacz__example-warcinfo-metadata.warc": ({"http": 1}, "a request that is a response"),
    f"{WARCIO}example-bad-non-chunked.warc.gz": ({"members": 1, "block-digest": 1}, "six records in one member"),
    f"{WARCIO}example-digest.warc": (
        {"field-value": 5, "duplicate-id": 3},
        "base64 is no token (1.0, section 5.8; RFC 2616, section 2.2), the digit 1 no base32; one id for four records",
    ),
    f"{WARCIO}example-iana.org-chunked.warc": ({"payload-digest-chunked": 1}, "digest of chunks"),
    f"{WARCIO}example-resource.warc.gz": ({}, "sound"),
    f"{WARCIO}example-space-in-target-uri.warc.gz": ({"field-value": 1}, "no URI has blanks (RFC 3986, section 2)"),
    f"{WARCIO}example-trunc.warc": (
        {"length": 1, "block-digest": 1, "payload-digest": 1, "http-length": 1},
        "Content-Length is two bytes too small",
    ),
    f"{WARCIO}example-wget-bad-target-uri.warc.gz": (
        {"concurrent-differs": 2},
        "<> around the target is WARC 1.0; a capture is of a single target URI (section 5.7), wget's logs are of none",
    ),
    f"{WARCIO}example-wrong-chunks.warc.gz": ({"torn": 1, "no-record": 2}, "members end within records"),
    f"{WARCIO}example.warc": ({}, "sound"),
    f"{WARCIO}example.warc.gz": ({}, "sound"),
    f"{WARCIO}post-test.warc.gz": ({}, "sound"),
}

# Where `warcio check` ends with status 0 and says nothing.
MISSED_BY_WARCIO = {
    f"{RESILIPARSE}clipped.warc.gz",
    f"{COMMONS}IAH-urls-wget.warc",
    f"{COMMONS}IAH-urls-wget.warc.gz",
    f"{JWAT}invalid-warcfile-duplicate-fields.warc",
    f"{JWAT}invalid-warcfile-fields-missing.warc",
    f"{JWAT}invalid-warcfile-lonely-continuation.warc",
    f"{JWAT}invalid-warcfile-lonely-monkeys.warc",
    f"{JWAT}invalid-warcfile-lonely-warcinfo-metadata.warc",
    f"{JWAT}invalid-warcfile-segment-number-continuation.warc",
    f"{JWAT}invalid-warcfile-segment-number-response.warc",
    f"{INDEXER}post-test-more.warc",
    f"{WARCIO}example-iana.org-chunked.warc",
    f"{WARCIO}example-space-in-target-uri.warc.gz",
    f"{WARCIO}example-wget-bad-target-uri.warc.gz",
    "webrecorder.py-wacz__example-warcinfo-metadata.warc",
}


def samples() -> Iterator[Path]:
    return (path for path in SAMPLES.iterdir() if path.name.endswith((".warc", ".warc.gz")))


def test_every_sample_is_judged() -> None:
    assert {path.name for path in samples()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_has_the_faults_that_the_standard_names(name: str) -> None:
    wanted, reason = EXPECTED[name]
    found = list(verify_file(SAMPLES / name, own=False))
    assert Counter(str(fault.kind) for fault in found) == wanted, (reason, found)


class Warcio:
    """What `warcio check` asks of its command line."""

    verbose = False

    def __init__(self, path: Path) -> None:
        self.inputs = [str(path)]


def says_nothing(path: Path) -> bool:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            status = Checker(Warcio(path)).process_all()
        except AttributeError:  # it crashes on records without a target
            return False
    return status == 0 and not out.getvalue()


def test_faults_are_named_where_warcio_check_says_nothing() -> None:
    silent = {path.name for path in samples() if says_nothing(path)}
    # What only the draft of its version says is left out.
    assert {name for name in silent if set(EXPECTED[name][0]) - {"version"}} == MISSED_BY_WARCIO
