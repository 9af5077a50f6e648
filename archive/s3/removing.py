"""What a bucket is to hold no longer: files that are taken away, and what they held before they were replaced."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from archive.errors import StorageRefused
from archive.s3.bucket import ABSENT, Bucket
from archive.s3.refusals import code_of

_NO_VERSIONS = {"NotImplemented", "501", "MethodNotAllowed", "405"}
"""Answers of a server that keeps no older versions, and so cannot list them."""
_DENIED = {"AccessDenied", "403"}
_NO_SUCH_TAG = '"00000000000000000000000000000000"'


def delete(bucket: Bucket, key: str) -> None:
    """Take a file away; one that is not there is no error. A bucket with versions keeps it. Raises StorageError."""
    with bucket.answering():
        try:
            bucket.asking().delete_object(Bucket=bucket.name, Key=bucket.prefix + key)
        except ClientError as error:
            if code_of(error) in _DENIED:
                raise StorageRefused(
                    f"{bucket.place} does not let {key} be removed: the credentials need s3:DeleteObject."
                ) from error
            if code_of(error) not in ABSENT:
                raise


def purge(bucket: Bucket, prefix: str) -> None:
    """Delete all that a bucket with versions keeps of what files held before, delete markers included.

    Of files whose keys begin so; what is under a key now stays. Raises StorageRefused when the bucket keeps it all the
    same, StorageError.
    """
    for key, version in list(_older(bucket, prefix)):
        with bucket.answering():
            try:
                bucket.asking().delete_object(Bucket=bucket.name, Key=bucket.prefix + key, VersionId=version)
            except ClientError as error:
                if code_of(error) not in _DENIED:
                    raise
                raise StorageRefused(
                    f"{bucket.place} keeps an older version of {key} (version {version}) and does not let it be "
                    "deleted: the credentials need s3:DeleteObjectVersion, and no object lock may hold it."
                ) from error


def prove_if_match(bucket: Bucket) -> None:
    """Find out whether a write may depend on what is there, on a key where nothing is. Raises StorageRefused."""
    able = bucket.abilities
    probe = f"{bucket.prefix}probe-{secrets.token_hex(8)}"

    def put(*, conditional: bool, checksums: bool) -> None:  # noqa: ARG001 - nothing is sent
        condition: dict[str, Any] = {"IfMatch": _NO_SUCH_TAG} if conditional else {}
        bucket.asking().put_object(Bucket=bucket.name, Key=probe, Body=b"", **condition)

    with bucket.answering():
        try:
            able.adapt(put, writes=True)
        except ClientError as error:
            if code_of(error) in {"PreconditionFailed", "412", *ABSENT}:
                return
            raise
    key = probe.removeprefix(bucket.prefix)
    delete(bucket, key)
    purge(bucket, key)
    raise StorageRefused(
        f"{bucket.place} cannot be told to overwrite only what was read (If-Match), so nothing was changed there: "
        "move the archive to a server that can, or to a disk, and start again."
    )


def _older(bucket: Bucket, prefix: str) -> Iterator[tuple[str, str]]:
    """Key and version of what is not under that key now; a delete marker that hides all of a file goes last."""
    markers: list[tuple[str, str]] = []
    with bucket.answering():
        try:
            pages = bucket.asking().get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=bucket.name, Prefix=bucket.prefix + prefix):
                for entry in page.get("Versions", []):
                    if not entry["IsLatest"]:
                        yield entry["Key"].removeprefix(bucket.prefix), entry["VersionId"]
                for marker in page.get("DeleteMarkers", []):
                    markers.append((marker["Key"].removeprefix(bucket.prefix), marker["VersionId"]))  # noqa: PERF401
        except ClientError as error:
            if code_of(error) in _DENIED:
                raise StorageRefused(
                    f"{bucket.place} does not say which older versions it keeps of {prefix}: the credentials need "
                    "s3:ListBucketVersions."
                ) from error
            if code_of(error) not in _NO_VERSIONS:
                raise
    yield from markers
