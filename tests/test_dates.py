"""Strings that name instants: every form of the outlets, and what must not be taken for one."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines import dates

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def iso(raw: str, **named: object) -> str | None:
    moment = dates.parse(raw, **named)  # type: ignore[arg-type]
    return moment.isoformat() if moment else None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("24 Juli 2026 Pukul: 13.39 WIB", "2026-07-24T13:39:00+07:00"),
        ("24 Juli 2026 13 : 39 WIB", "2026-07-24T13:39:00+07:00"),
        ("July 24th, 2026 1:39 pm", "2026-07-24T13:39:00+07:00"),
        # ISO 8601 and what passes for it
        ("2026-11-18T19:26:00+08:00", "2026-11-18T19:26:00+08:00"),
        ("2026-11-18T19:26:00+0700", "2026-11-18T19:26:00+07:00"),
        ("2026-11-18T19:26:00+07", "2026-11-18T19:26:00+07:00"),
        ("2026-11-18T19:26-05:00", "2026-11-18T19:26:00-05:00"),
        ("2026-11-18T11:26:00Z", "2026-11-18T11:26:00+00:00"),
        ("2026-11-18T11:26:00.000Z", "2026-11-18T11:26:00+00:00"),
        ("2026-11-18T19:26", "2026-11-18T19:26:00+07:00"),
        ("2026-11-18 19:26:05", "2026-11-18T19:26:05+07:00"),
        ("20261118T112600Z", "2026-11-18T11:26:00+00:00"),
        ("20261118112600", "2026-11-18T11:26:00+07:00"),
        ("2023/11/02 20:59:53", "2023-11-02T20:59:53+07:00"),
        ("2021-06-16T13:00:00-07:00", "2021-06-16T13:00:00-07:00"),
        # The Z of this malformed value is false wherever it was seen.
        ("2023-11-02T20-59-53Z", "2023-11-02T20:59:53+07:00"),
        # RFC 822, of feeds
        ("Wed, 18 Nov 2026 19:26:00 +0700", "2026-11-18T19:26:00+07:00"),
        ("Wed, 18 Nov 2026 12:26:00 GMT", "2026-11-18T12:26:00+00:00"),
        ("18 Nov 2026 19:26 WIB", "2026-11-18T19:26:00+07:00"),
        # Indonesian
        ("Rabu, 2 Maret 2022 10:39 WIB", "2022-03-02T10:39:00+07:00"),
        ("Kompas.tv - 12 Maret 2022, 12:57 WIB", "2022-03-12T12:57:00+07:00"),
        ("Kompas.com - 27/03/2024, 06:16 WIB", "2024-03-27T06:16:00+07:00"),
        ("Minggu, 17 Mei 2020 | 18:09 WIB", "2020-05-17T18:09:00+07:00"),
        ("Minggu, 17 Agu 2025 15:40 WIB", "2025-08-17T15:40:00+07:00"),
        ("Jum'at, 24 Juli 2026 - 13:39 WIB", "2026-07-24T13:39:00+07:00"),
        ("Jum’at, 24 Juli 2026 - 13:39 WIB", "2026-07-24T13:39:00+07:00"),
        ("Jumat, 21 Juni 2013 / 18:55 WIB", "2013-06-21T18:55:00+07:00"),
        ("Minggu, 18 Juli 2021 – 18:52 WIB", "2021-07-18T18:52:00+07:00"),
        ("Jumat, 20/11/2026 | 18:30", "2026-11-20T18:30:00+07:00"),
        ("Jumat, 20/11/2026 | 18.20", "2026-11-20T18:20:00+07:00"),
        ("2/3/2022 | 18:09", "2022-03-02T18:09:00+07:00"),
        ("Tayang: Rabu, 18 November 2026 19:26 WITA", "2026-11-18T19:26:00+08:00"),
        ("18 November 2026, 09:10 WIT", "2026-11-18T09:10:00+09:00"),
        ("Rabu, 18 November 2026 pukul 09.10 (WIT)", "2026-11-18T09:10:00+09:00"),
        ("November 20, 2026 7:26 pm", "2026-11-20T19:26:00+07:00"),
        ("November 20, 2026 12:05 am", "2026-11-20T00:05:00+07:00"),
        ("Rabu, 2 Maret 2022 • 10:39 WIB", "2022-03-02T10:39:00+07:00"),
        ("Rabu , 2 Maret 2022 pkl. 10.39 WITA", "2022-03-02T10:39:00+08:00"),
        ("2/Mar/2022 10:39", "2022-03-02T10:39:00+07:00"),
        ("17 Mei 2020, 18:58:13 WIB", "2020-05-17T18:58:13+07:00"),
        ("on 16 Feb 2016 at 09:10 WIB", "2016-02-16T09:10:00+07:00"),
        # The time before the day; with a point only where a zone says that it is one.
        ("10:39 WIB, 2 Maret 2022", "2022-03-02T10:39:00+07:00"),
        ("Pukul 10.39 WIT | Rabu, 2 Maret 2022", "2022-03-02T10:39:00+09:00"),
        ("6:45 PM, Feb 16, 2018", "2018-02-16T18:45:00+07:00"),
        ("Versi 2.10, 2 Maret 2022", None),
        ("12-14 Maret 2022", None),
        # Of systems
        ("2015-11-05 T10:08:58Z", "2015-11-05T10:08:58+00:00"),
        ("Wed Nov 18 19:26:00 WIB 2026", "2026-11-18T19:26:00+07:00"),
        ("1795000000", "2026-11-18T11:06:40+00:00"),
        ("1795000000000", "2026-11-18T11:06:40+00:00"),
    ],
)
def test_every_form_of_the_outlets_is_read(raw: str, expected: str) -> None:
    assert iso(raw) == expected


@pytest.mark.parametrize(
    ("form", "month"),
    [
        *((form, 1) for form in ("jan", "januari", "january")),
        *((form, 2) for form in ("feb", "peb", "februari", "pebruari")),
        *((form, 3) for form in ("mar", "mart", "maret")),
        *((form, 5) for form in ("mei", "may")),
        *((form, 8) for form in ("agt", "ags", "agu", "agst", "agust", "agustus", "aug")),
        *((form, 9) for form in ("sep", "sept", "september")),
        *((form, 10) for form in ("okt", "oct", "oktober")),
        *((form, 11) for form in ("nov", "nop", "nopember")),
        *((form, 12) for form in ("des", "dec", "desember")),
    ],
)
def test_months_have_many_names(form: str, month: int) -> None:
    assert iso(f"5 {form.title()} 2026 10:00") == f"2026-{month:02}-05T10:00:00+07:00"


def test_a_time_without_a_zone_is_the_outlets() -> None:
    assert iso("18 November 2026 19:26", zone="WITA") == "2026-11-18T19:26:00+08:00"
    assert iso("18 November 2026 19:26 WIB", zone="WITA") == "2026-11-18T19:26:00+07:00"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1 jam yang lalu", "2026-11-21T15:00:00+07:00"),
        ("1 Jam yang lalu -", "2026-11-21T15:00:00+07:00"),
        ("5 menit lalu", "2026-11-21T15:55:00+07:00"),
        ("30 detik lalu", "2026-11-21T15:59:30+07:00"),
        ("2 jam 15 menit yang lalu", "2026-11-21T13:45:00+07:00"),
        ("1 hari 2 jam lalu", "2026-11-20T14:00:00+07:00"),
        ("1 bulan 3 jam lalu", None),
        ("sejam yang lalu", "2026-11-21T15:00:00+07:00"),
        ("an hour ago", "2026-11-21T15:00:00+07:00"),
        ("20 minutes ago", "2026-11-21T15:40:00+07:00"),
        ("Hari ini, 10:39 WIB", "2026-11-21T10:39:00+07:00"),
        ("Kemarin, 23.10 WITA", "2026-11-20T23:10:00+08:00"),
        ("2 hari lalu", None),
        ("hari ini", None),
        ("Kemarin 25:00", None),
    ],
)
def test_relative_times_count_back_from_now(raw: str, expected: str | None) -> None:
    assert iso(raw, now=NOW) == expected
    assert iso(raw) is None


def test_days_ago_name_a_day() -> None:
    assert iso("2 hari yang lalu", now=NOW, date_only=True) == "2026-11-19T00:00:00+07:00"


@pytest.mark.parametrize("raw", ["12 Maret 2022", "2026-11-18", "Jumat, 20/11/2026"])
def test_no_time_is_invented_for_a_day(raw: str) -> None:
    assert iso(raw) is None
    midnight = dates.parse(raw, date_only=True)
    assert midnight is not None
    assert (midnight.hour, midnight.minute, midnight.utcoffset()) == (0, 0, timedelta(hours=7))


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "TERBARU",
        "© 2024 TRIBUNnews.com",
        "31 Februari 2022 10:00",
        "29 Februari 2023 10:00",
        "32/12/2022 10:00",
        "12/31/2022 10:00",
        "2 Maret 2022 25:00",
        "2 Maret 2022 10:61",
        "2 Maret 1899 10:00",
        "2 Maret 9999 10:00",
        "9999-12-31T23:59:59-14:00",
        "0000-00-00 00:00:00",
        "2026-11-18T19:26:00+99:00",
        "10.00-10.30 WIB",
        "1970-01-01T00:00:00Z",
        "9999999999",
        "0812 2026 1118",
        "1.2.3.2022 10:00",
        "halaman 2/3/4",
    ],
)
def test_what_cannot_be_is_nothing(raw: str) -> None:
    assert iso(raw) is None
    assert iso(raw, date_only=True) is None


def test_the_raw_string_is_the_part_that_names_the_instant() -> None:
    found = dates.find("Kompas.tv - 19 November 2026, 12:57 WIB | dibaca 412 kali")
    assert found
    assert found.raw == "19 November 2026, 12:57 WIB"
    found = dates.find("Tayang: Rabu, 18 November 2026 16:42 WIB | Diperbarui: Rabu, 18 November 2026 17:30 WIB")
    assert found
    assert (found.raw, found.zone) == ("Rabu, 18 November 2026 16:42 WIB", "WIB")


def moments(*raws: str) -> list[dates.Moment]:
    return [moment for raw in raws if (moment := dates.find(raw, origin="x"))]


@pytest.mark.parametrize(
    ("raws", "expected", "origin"),
    [
        # UTC is moved to the outlet's clock, and further east where the page says so.
        (["2026-11-16T11:09:00+00:00", "2026-11-16 18:09:00"], "2026-11-16T18:09:00+07:00", "x"),
        (["2026-11-18T11:26:00Z", "Rabu, 18 November 2026 19:26 WITA"], "2026-11-18T19:26:00+08:00", "x"),
        # A Z, a GMT or a wrong sign on local time: another one shows the same hands.
        (["2026-11-16T18:09:00Z", "Senin, 16 November 2026 18:09 WIB"], "2026-11-16T18:09:00+07:00", "x"),
        (["2021-06-16T13:00:00-07:00", "2021-06-16 13:00:00"], "2021-06-16T13:00:00+07:00", "x"),
        (["Wed, 16 Jun 2021 13:00:00 GMT", "Rabu, 16 Juni 2021 13:00 WITA"], "2021-06-16T13:00:00+08:00", "x"),
        # Nothing else to go by: Z is believed, -07:00 is not, and that is a guess.
        (["2026-11-16T18:09:00Z"], "2026-11-17T01:09:00+07:00", "x"),
        (["2021-06-16T13:00:00-07:00"], "2021-06-16T13:00:00+07:00", "guess"),
        # A template prints +07:00, and readers in the east see their own clock.
        (["2026-11-18T19:26:05+07:00", "Rabu, 18 November 2026 19:26 WITA"], "2026-11-18T19:26:05+08:00", "x"),
        (["2026-11-18T19:26:05+07:00", "Rabu, 18 November 2026 20:26 WITA"], "2026-11-18T20:26:05+08:00", "x"),
        # The line for readers was made a minute later.
        (["2026-11-16T18:09:58Z", "Senin, 16 November 2026 18:10 WIB"], "2026-11-16T18:09:58+07:00", "x"),
        # A local time that is UTC's, one that lost its PM, and a midnight that stands for a day.
        (["2026-11-16 11:09:05", "Senin, 16 November 2026 18:09 WIB"], "2026-11-16T18:09:05+07:00", "x"),
        (["2026-11-16T11:09:05+07:00", "Senin, 16 November 2026 19:09 WITA"], "2026-11-16T19:09:05+08:00", "x"),
        (["2026-11-16T06:09:05+07:00", "Senin, 16 November 2026 18:09 WIB"], "2026-11-16T18:09:05+07:00", "x"),
        (["2026-11-16T00:00:00+07:00", "Senin, 16 November 2026 18:09 WIB"], "2026-11-16T18:09:00+07:00", "x"),
        (["2026-11-16T00:00:00+07:00", "Selasa, 17 November 2026 18:09 WIB"], "2026-11-16T00:00:00+07:00", "x"),
        (["2026-11-16T11:09:05+07:00", "Senin, 16 November 2026 18:07 WIB"], "2026-11-16T11:09:05+07:00", "x"),
        # A day alone gives way to a time.
        (["2026-11-16", "2026-11-16 18:09:00"], "2026-11-16T18:09:00+07:00", "x"),
    ],
)
def test_false_offsets_are_seen_through(raws: list[str], expected: str, origin: str) -> None:
    settled = dates.settle(moments(*raws), "WIB")
    assert settled
    assert (settled.when.isoformat(), settled.origin) == (expected, origin)


def test_an_edit_is_on_the_clock_of_the_publication() -> None:
    false = moments("2026-11-16T18:09:00Z", "Senin, 16 November 2026 18:09 WIB")
    true = moments("2026-11-16T11:09:00Z", "Senin, 16 November 2026 18:09 WIB")
    edit = moments("2026-11-16T19:00:00Z")[0]
    assert dates.settle_edit(edit, false, "WIB").when.isoformat() == "2026-11-16T19:00:00+07:00"
    assert dates.settle_edit(edit, true, "WIB").when.isoformat() == "2026-11-17T02:00:00+07:00"
    naive = moments("2026-11-16 11:09:00", "Senin, 16 November 2026 18:09 WIB")
    late = moments("2026-11-16 12:00:00")[0]
    assert dates.settle_edit(late, naive, "WIB").when.isoformat() == "2026-11-16T19:00:00+07:00"
    assert dates.settle_edit(edit, [], "WIB").when.isoformat() == "2026-11-17T02:00:00+07:00"


def test_what_would_be_after_the_capture_has_a_false_offset() -> None:
    for raws, hour, origin in (
        (["2026-11-21T09:50:00Z"], 9, "guess"),
        (["2026-11-21T02:50:00Z"], 9, "x"),
        (["2026-11-21T09:50:00Z", "2026-11-21 16:50:00"], 16, "x"),
    ):
        settled = dates.settle(moments(*raws), "WIB", NOW)
        assert settled
        assert (settled.when.hour, settled.when.utcoffset(), settled.origin) == (hour, timedelta(hours=7), origin)


def test_nothing_timed_settles_nothing() -> None:
    assert dates.settle(moments("12 Maret 2022"), "WIB") is None
    assert dates.settle([], "WIB") is None


def test_only_the_head_of_a_long_string_is_looked_at() -> None:
    assert iso("2 Maret 2022 10:39 WIB" + " x" * 1_000_000) == "2022-03-02T10:39:00+07:00"
    assert iso("x " * 1_000_000 + "2 Maret 2022 10:39 WIB") is None


@given(st.text(alphabet="0123456789 :.-/,|TZWIBwita+senmarjulat'pm", max_size=300))
def test_any_string_gives_an_aware_moment_in_range_or_nothing(raw: str) -> None:
    moment = dates.parse(raw, now=NOW, date_only=True)
    assert moment is None or (moment.tzinfo is not None and 1944 <= moment.year <= 2101)


@given(st.datetimes(datetime(1945, 1, 2), datetime(2100, 12, 30)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001
def test_iso_survives_a_round_trip(naive: datetime, minutes: int) -> None:
    assume((naive.year, naive.timetuple().tm_yday) != (1970, 1))
    moment = naive.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert dates.parse(moment.isoformat()) == moment
