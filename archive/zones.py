"""The three clocks of Indonesia."""

from datetime import timedelta, timezone

OFFSETS = {
    "WIB": timezone(timedelta(hours=7)),
    "WITA": timezone(timedelta(hours=8)),
    "WIT": timezone(timedelta(hours=9)),
}
"""Western, central and eastern time; none of them knows summer time."""
