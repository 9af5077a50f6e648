"""Every kind of fault that can be found in an archive, by the name that is printed."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What is wrong. `docs/verifying.md` says for each what to do about it."""

    # What lies in the file
    EMPTY = "empty"
    """A file without a byte, or a gzip member without a record."""
    GZIP = "gzip"
    """A gzip member that does not unfold, or not to its CRC and size."""
    TORN = "torn"
    """The file, or the gzip member, ends within a record."""
    TAIL = "tail"
    """Bytes that are no record, after or between records: zeros, a repeated end, anything foreign."""
    NO_RECORD = "no-record"
    """The file, or a gzip member, does not begin with a record."""
    MEMBERS = "members"
    """A gzip member holds more than its one record (WARC 1.1, annex D)."""
    TOO_LARGE = "too-large"
    """A gzip member or a header beyond the limit; what it holds was not checked."""
    LENGTH = "length"
    """Content-Length is missing, is no number, or does not lead to the end of the record."""

    # The header of a record
    VERSION = "version"
    """The version is neither WARC/1.0 nor WARC/1.1."""
    LINE_END = "line-end"
    """A header line does not end in CR LF."""
    ENCODING = "encoding"
    """The header is not UTF-8."""
    FIELD_LINE = "field-line"
    """A header line is no `name: value`, or holds control characters."""
    MISSING_FIELD = "missing-field"
    """A field that the record must have is not there."""
    REPEATED_FIELD = "repeated-field"
    """A field is there twice that may be there once."""
    FIELD_VALUE = "field-value"
    """The value of a field is not of its form."""
    FIELD_NOT_ALLOWED = "field-not-allowed"
    """A field that records of this type must not have."""
    SEGMENT = "segment"
    """The numbers and names of a segmented record do not fit."""
    DUPLICATE_ID = "duplicate-id"
    """Two records of a file have one WARC-Record-ID."""

    # The block of a record
    BLOCK_DIGEST = "block-digest"
    """WARC-Block-Digest is not that of the block."""
    PAYLOAD_DIGEST = "payload-digest"
    """WARC-Payload-Digest is not that of the payload."""
    PAYLOAD_DIGEST_CHUNKED = "payload-digest-chunked"
    """WARC-Payload-Digest was taken before the chunks were joined."""
    HTTP_LENGTH = "http-length"
    """The body of an HTTP message is not as long as its Content-Length says, and the cut is not marked."""
    CHUNKS = "chunks"
    """A body that should be chunked does not lead to its last chunk, and the cut is not marked."""
    HTTP = "http"
    """A block that is labelled as an HTTP message is none: no start line, or in files of ours a head without end."""
    WARC_FIELDS = "warc-fields"
    """A block of application/warc-fields has a line that is no `name: value`."""

    # Between the records of a file
    CONCURRENT_MISSING = "concurrent-missing"
    """WARC-Concurrent-To names a record that is not in the file."""
    CONCURRENT_DIFFERS = "concurrent-differs"
    """Records of one capture have different dates or target URIs."""
    REVISIT_DIGEST = "revisit-digest"
    """A revisit has another payload digest than the record that it refers to."""

    # Between a file and its index
    INDEX_MISSING = "index-missing"
    """There is no index beside the file."""
    INDEX_LACKS = "index-lacks"
    """A record is not in the index."""
    INDEX_EXTRA = "index-extra"
    """The index has a line for which there is no record."""
    INDEX_DIFFERS = "index-differs"
    """The line of a record says something else than the record."""
    INDEX_ORDER = "index-order"
    """The lines of the index are not sorted."""
    WARC_MISSING = "warc-missing"
    """There is an index, and not the file that it is of."""

    # Between the files of an archive
    REVISIT_MISSING = "revisit-missing"
    """A revisit refers to no record of the archive that holds a payload."""
    ROW = "row"
    """A file of rows or events, or a line of it, that cannot be read or is not what it should be."""
    ROW_TEXT = "row-text"
    """`text_sha256` is not that of `text`."""
    ROW_RECORD = "row-record"
    """A row points at a record that is not there."""
    ROW_DIFFERS = "row-differs"
    """The record that a row points at is another one than the row says."""
    MANIFEST = "manifest"
    """A job's manifest cannot be read, or is not what the job wrote."""
    FILE_DIGEST = "file-digest"
    """A file is not what the manifest of its job, or checksums.sha256 of its dataset, says."""
    MANIFEST_FILE = "manifest-file"
    """A file that a job's manifest names is not there."""
    ROWS_LOST = "rows-lost"
    """A job has not as many rows as its manifest counts."""
    TAKEDOWN = "takedown"
    """An entry of the log of takedowns, or the list of revocations, is not what was written."""
    UNCLAIMED = "unclaimed"
    """A file that no manifest names: that of its job is gone."""

    # Of a dataset
    CHECKSUMS = "checksums"
    """A line of checksums.sha256 that is none, or is not where it belongs."""
    FILE_MISSING = "file-missing"
    """A file of a dataset is not there."""
    FILE_EXTRA = "file-extra"
    """A file that does not belong to the dataset that it lies in."""
    DATAPACKAGE = "datapackage"
    """datapackage.json, or a file of rows, that is as it was written and cannot be read, or states another digest than
    its rows have."""
    ROW_FIELD = "row-field"
    """A field of a row says something else than the archive gives."""
    ROW_MISSING = "row-missing"
    """The archive has no such row."""
    ROW_NOT_DERIVED = "row-not-derived"
    """A row cannot be derived again from its captures."""

    TOO_MANY = "too-many"
    """A file has more faults than are named."""


class Fault(NamedTuple):
    """Something that is not as it must be."""

    kind: Kind
    offset: int
    """Byte of the file where the record, or what should be one, begins; for rows and events the number of the line."""
    detail: str
    """A sentence, without its first capital and its full stop."""
    times: int = 1
    """Faults that it stands for: more than one where the others are only counted."""


def shown(value: str) -> str:
    """A value from a file as a detail quotes it: in quotes, shortened, control characters escaped."""
    return repr(value if len(value) <= 100 else value[:97] + "...")
