"""A bucket: what it holds, and what is said when it will not have us."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from archive.errors import StorageError, StorageRefused, StorageUnreachable
from archive.s3 import bucket as module
from archive.s3.bucket import Bucket
from tests.buckets import SECRET, TORN, Place, Server, environment, free_port
from tests.proxy import PASS, Fault, Proxy

DATA = bytes(range(256)) * 40


def filled(place: Place, *keys: str) -> Bucket:
    for key in keys:
        place.put(key, DATA)
    return Bucket(place.uri)


def test_a_range_is_read_and_ends_where_the_file_ends(bucket: Place) -> None:
    asked = filled(bucket, "a")
    assert asked.read("a", 10, 20) == DATA[10:30]
    assert asked.read("a", len(DATA) - 5, 100) == DATA[-5:]
    assert asked.read("a", len(DATA), 100) == b""
    assert asked.read("a", 0, 0) == b""


def test_a_file_that_is_not_there_is_named(bucket: Place) -> None:
    asked = filled(bucket, "ab")
    assert not asked.exists("a")
    for act in (lambda: asked.size("a"), lambda: asked.read("a", 0, 1), lambda: asked.fetch("a", io.BytesIO())):
        with pytest.raises(StorageError, match=f"s3://{bucket.name}/arsip/a is not there"):
            act()


def test_keys_are_sorted_and_begin_as_asked_over_several_pages(bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = filled(bucket, *(f"warc/{number:02d} ñ" for number in reversed(range(7))), "warcs/x")
    page = asked._page
    monkeypatch.setattr(asked, "_page", lambda prefix, token, _: page(prefix, token, 3))
    assert list(asked.keys("warc/")) == [f"warc/{number:02d} ñ" for number in range(7)]


def test_a_bucket_without_prefix_is_read_from_its_root(quick_bucket: Place) -> None:
    filled(quick_bucket, "a")
    assert list(Bucket(f"s3://{quick_bucket.name}").keys("")) == ["arsip/a"]


@pytest.mark.filterwarnings(*TORN)
@pytest.mark.usefixtures("torn")
@pytest.mark.parametrize("cut", [0, 30, 300, 5000])
def test_an_answer_that_is_cut_is_asked_for_again(
    quick_bucket: Place, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    filled(quick_bucket, "a")
    with Proxy(quick_bucket.server.endpoint, lambda n, _: Fault(cut_response=cut) if n % 2 else PASS) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        asked = Bucket(quick_bucket.uri)
        assert asked.read("a", 100, 9000) == DATA[100:9100]
        copy = io.BytesIO()
        asked.fetch("a", copy)
        assert copy.getvalue() == DATA
        assert asked.size("a") == len(DATA)
        assert list(asked.keys("")) == ["a"]
        asked.close()


@pytest.mark.filterwarnings(*TORN)
@pytest.mark.usefixtures("torn")
def test_an_answer_that_is_always_cut_is_an_error_and_never_an_empty_bucket(
    quick_bucket: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(quick_bucket, "a")
    monkeypatch.setattr(module, "PAUSE", 0.0)
    with Proxy(quick_bucket.server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        asked = Bucket(quick_bucket.uri)
        for cut in range(0, 400, 37):
            proxy.rule = lambda _n, _head, cut=cut: Fault(cut_response=cut)  # type: ignore[misc]
            for act in (lambda: list(asked.keys("")), lambda: asked.size("a"), lambda: asked.read("a", 0, 9999)):
                with pytest.raises(StorageUnreachable):
                    act()
        asked.close()


def test_a_server_that_gives_no_answer_is_not_waited_for_again(
    quick_bucket: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    asked = Bucket(quick_bucket.uri)
    asked.expect_answer()
    with pytest.raises(StorageUnreachable, match="cannot be reached"):
        asked.check()
    with pytest.raises(StorageUnreachable, match="cannot be reached"):
        asked.expect_answer()
    monkeypatch.setattr(module, "SILENCE", 0.0)
    asked.expect_answer()


def test_a_server_that_stays_silent_is_left_after_a_while(quick_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASKING_SECONDS", 0.3)
    with Proxy(quick_bucket.server.endpoint, lambda _n, _head: Fault(delay=60)) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        asked = Bucket(quick_bucket.uri)
        with pytest.raises(StorageUnreachable, match="ReadTimeoutError"):
            asked.check()
        asked.close()
        while not proxy.requests:
            time.sleep(0.02)
    assert len(proxy.requests) == 1


def wrong_key(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("AWS_ACCESS_KEY_ID", "nobody")


def wrong_secret(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")


def no_credentials(patch: pytest.MonkeyPatch) -> None:
    patch.delenv("AWS_ACCESS_KEY_ID")
    patch.delenv("AWS_SECRET_ACCESS_KEY")


def clock_ahead(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("botocore.auth.get_current_datetime", lambda: Ahead.now().replace(tzinfo=None))
    patch.setattr("archive.s3.refusals.datetime", Ahead)


class Ahead(datetime):
    @classmethod
    def now(cls, tz: object = UTC) -> datetime:  # type: ignore[override]
        assert tz is UTC
        return datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (wrong_key, "does not know the access key: check AWS_ACCESS_KEY_ID"),
        (wrong_secret, "does not accept the secret key: check AWS_SECRET_ACCESS_KEY"),
        (no_credentials, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (clock_ahead, r"refuses the time of this machine \(3\d\d\d seconds ahead of its own\): set its clock"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_secret(
    sound_bucket: Place, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pytest.MonkeyPatch], None], sentence: str
) -> None:
    spoil(monkeypatch)
    with pytest.raises(StorageRefused, match=sentence) as caught:
        Bucket(sound_bucket.uri).check()
    assert SECRET not in str(caught.value).replace("the secret key", "")
    assert "geheim" not in str(caught.value)


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_missing_is_a_refusal() -> None:
    with pytest.raises(StorageRefused, match=r"There is no bucket arsip-nirgends at http://127\.0\.0\.1"):
        Bucket("s3://arsip-nirgends/x").check()


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        ((403, "ExpiredToken"), StorageRefused, "credentials .* have expired: renew them"),
        ((403, "AccessDenied"), StorageRefused, "they need s3:ListBucket"),
        ((301, "PermanentRedirect"), StorageRefused, "another region"),
        ((405, "MethodNotAllowed"), StorageRefused, "does not answer as S3 does"),
        ((500, "InternalError"), StorageUnreachable, "in trouble"),
        ((503, "SlowDown"), StorageUnreachable, "overloaded"),
        ((507, "InsufficientStorage"), StorageUnreachable, "is full"),
        ((403, "QuotaExceeded"), StorageUnreachable, "is full"),
        ((418, "Teapot"), StorageError, "with 418 Teapot"),
    ],
)
def test_each_error_code_has_its_sentence(
    quick_bucket: Place,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, str],
    kind: type[StorageError],
    sentence: str,
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.0)
    with Proxy(quick_bucket.server.endpoint, lambda _n, _head: Fault(status=answer[0], code=answer[1])) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        asked = Bucket(quick_bucket.uri)
        with pytest.raises(StorageError, match=sentence) as caught:
            asked.check()
        asked.close()
    assert type(caught.value) is kind


def test_an_endpoint_that_is_no_address_and_its_password_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("http://user:geheim@127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageUnreachable) as caught:
        Bucket("s3://contoh").check()
    assert "geheim" not in str(caught.value)
    for nonsense in ("nonsense", "kunci:geheim@contoh.test"):
        monkeypatch.setenv("AWS_ENDPOINT_URL", nonsense)
        with pytest.raises(StorageRefused, match="check AWS_ENDPOINT_URL") as refused:
            Bucket("s3://contoh").check()
        assert "geheim" not in str(refused.value)


def test_a_region_is_asked_for_by_the_name_that_boto3_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("http://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "bukan region")
    with pytest.raises(StorageRefused, match="AWS_DEFAULT_REGION"):
        Bucket("s3://contoh").check()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "id-uji-1")
    bucket = Bucket("s3://contoh")
    assert bucket.asking().meta.region_name == "id-uji-1"
    bucket.close()


def test_a_server_that_is_not_s3_is_not_taken_for_an_empty_bucket(
    moto: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(f"{moto.endpoint}/moto-api/nowhere").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StorageError):
        Bucket("s3://contoh").check()
