"""What an S3 server's refusal means to a person: which of our errors it is, in one sentence without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    InvalidRegionError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    TokenRetrievalError,
    UnknownTokenProviderError,
)
from botocore.parsers import ResponseParserError

from archive.errors import StorageError, StorageRefused, StorageUnreachable

RIGHTS = "s3:ListBucket, s3:GetObject, s3:PutObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts"
"""Actions that a key needs, as IAM policies name them."""

_EXPIRED = "The credentials for {place} have expired: renew them, and start again."
_DENIED = f"{{place}} does not let these credentials in ({{operation}}): they need {RIGHTS}."
_REGION = "{place} is in another region{region}: set AWS_DEFAULT_REGION, or AWS_ENDPOINT_URL."
_NO_S3 = "What is at {place} does not answer as S3 does: check AWS_ENDPOINT_URL."
_FULL = "{place} is full: make room there, or raise its quota."
_GARBLED = "What was sent did not reach {place} unharmed ({code})."
_REFUSED = {
    "InvalidAccessKeyId": "{place} does not know the access key: check AWS_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "{place} does not accept the secret key: check AWS_SECRET_ACCESS_KEY.",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "AccessDenied": _DENIED,
    "AllAccessDisabled": _DENIED,
    "AccountProblem": _DENIED,
    "401": _DENIED,
    "403": _DENIED,
    "RequestTimeTooSkewed": "{place} refuses the time of this machine{skew}: set its clock.",
    "NoSuchBucket": "There is no {place}: make the bucket, or check ARCHIVE_URI and AWS_ENDPOINT_URL.",
    "InvalidBucketName": "{place} has no name that a bucket may have: check ARCHIVE_URI.",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "301": _REGION,
    "404": _NO_S3,
    "405": _NO_S3,
    "MethodNotAllowed": _NO_S3,
}
_LATER = {
    "QuotaExceeded": _FULL,
    "ServiceQuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "XMinioStorageFull": _FULL,
    "507": _FULL,
    "BadDigest": _GARBLED,
    "InvalidDigest": _GARBLED,
    "XAmzContentSHA256Mismatch": _GARBLED,
    "IncompleteBody": _GARBLED,
    "SlowDown": "{place} is overloaded and asks for patience.",
    "TooManyRequests": "{place} is overloaded and asks for patience.",
    "RequestTimeout": "{place} had to wait too long for what was sent.",
    "ConditionalRequestConflict": "{place} was busy with another request for the same file.",
    "OperationAborted": "{place} was busy with another request for the same file.",
}
_NO_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    NoAuthTokenError,
    ProfileNotFound,
    TokenRetrievalError,
    UnknownTokenProviderError,
)
LEAKING = (ClientError, BotoCoreError, ResponseParserError, ValueError, RecursionError)
"""All that boto3's calls raise. An answer that is cut within a field's value is a ValueError; a server that redirects
everything, the question where the bucket lives included, is followed until the stack is full."""


@contextmanager
def in_our_words(place: str) -> Iterator[None]:
    """Raises StorageUnreachable, StorageRefused or StorageError in place of what boto3 does."""
    try:
        yield
    except LEAKING as error:
        raise explain(error, place) from error


def code_of(error: BaseException) -> str:
    """Error code of an answer: `NoSuchKey`, or the status where there was no body; empty when there was no answer."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def status_of(error: ClientError) -> int:
    """HTTP status of an answer; 0 when it cannot be told."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def explain(error: Exception, place: str) -> StorageError:
    """The error of ours for one of boto3's (Amazon S3 API, "Error responses")."""
    if isinstance(error, ClientError):
        return _answered(error, place)
    if isinstance(error, _NO_CREDENTIALS):
        return StorageRefused(
            f"There are no credentials for {place}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE "
            f"({type(error).__name__})."
        )
    return StorageRefused(refused) if (refused := _unaskable(error, place)) else _unanswered(error, place)


def _unaskable(error: Exception, place: str) -> str:
    """What a person must change before there can be an answer; empty when it is something else."""
    if isinstance(error, InvalidRegionError):
        return f"{place} cannot be asked for: AWS_DEFAULT_REGION, or the region of the profile, is none."
    if isinstance(error, ParamValidationError):
        return f"{place} cannot be asked for: check ARCHIVE_URI."
    if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"The certificate of {place} is not trusted: set AWS_CA_BUNDLE to the one that signed it."
    if isinstance(error, RecursionError) or "recursion depth" in str(error):  # urllib3 may have been the last to call
        return _REGION.format(place=place, region=" or at another address")
    return ""


def _unanswered(error: Exception, place: str) -> StorageUnreachable:
    if isinstance(error, ResponseParserError | ValueError):
        return StorageUnreachable(f"{place} gave an answer that cannot be read.")
    return StorageUnreachable(
        f"{place} cannot be reached ({type(error).__name__}): check the network, AWS_ENDPOINT_URL and no_proxy."
    )


def _answered(error: ClientError, place: str) -> StorageError:
    code, status = code_of(error), status_of(error)
    words = {"place": place, "code": code, "operation": error.operation_name}
    if code in _REFUSED:
        more = {"region": _region(error), "skew": _skew(error)}
        return StorageRefused(_REFUSED[code].format(**words, **more))
    if code in _LATER or str(status) in _LATER:
        return StorageUnreachable((_LATER.get(code) or _LATER[str(status)]).format(**words))
    if status >= 500 or status in {408, 425, 429} or 200 <= status < 300:
        said = code if code == str(status) else f"{status} {code}"  # without a body the status stands for the code
        return StorageUnreachable(f"{place} is in trouble: {error.operation_name} gives {said}.")
    if status in {401, 403}:
        return StorageRefused(_DENIED.format(**words))
    message = error.response.get("Error", {}).get("Message", "")
    return StorageError(f"{place} refuses {error.operation_name} with {status} {code}: {message[:200]}")


def _headers(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))


def _region(error: ClientError) -> str:
    details: dict[str, Any] = dict(error.response.get("Error", {}))
    region = _headers(error).get("x-amz-bucket-region") or details.get("Region")
    return f" ({region})" if region else ""


def _skew(error: ClientError) -> str:
    try:
        theirs = parsedate_to_datetime(_headers(error)["date"])
    except (LookupError, ValueError):
        return ""
    seconds = round((datetime.now(UTC) - theirs).total_seconds())
    return f" ({abs(seconds)} seconds {'ahead of' if seconds > 0 else 'behind'} its own)"


def public(endpoint: str) -> str:
    """The address of a server without a password that may be in it."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
