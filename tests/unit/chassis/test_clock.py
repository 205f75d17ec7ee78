"""What time it is, real or simulated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chassis.clock import ClockUnreadable, FixedClock, RealClock, SimulatedClock, clock_from, write_instant

MARCH = datetime(2019, 3, 2, 2, 15, tzinfo=UTC)


def test_the_real_clock_is_aware_and_in_utc() -> None:
    assert RealClock().now().utcoffset() == timedelta(0)


def test_a_simulated_clock_shows_what_the_file_says_in_utc(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2019-03-02T09:15:00+07:00\n")
    assert SimulatedClock(file).now() == MARCH
    assert SimulatedClock(file).now().utcoffset() == timedelta(0)


def test_a_simulated_clock_follows_the_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    write_instant(file, MARCH)
    clock = SimulatedClock(file)
    for days in range(1, 20):
        assert clock.now() == MARCH + timedelta(days=days - 1)
        write_instant(file, MARCH + timedelta(days=days))


def test_a_simulated_clock_does_not_read_the_file_again_when_nothing_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "clock"
    write_instant(file, MARCH)
    clock = SimulatedClock(file)
    clock.now()
    monkeypatch.setattr(Path, "read_text", lambda *_args, **_kwargs: pytest.fail("read again"))
    assert clock.now() == MARCH


@pytest.mark.parametrize("content", ["", "tomorrow", "2019-03-02T09:15:00", "1551492900"])
def test_a_clock_file_that_holds_no_instant_says_what_to_write(tmp_path: Path, content: str) -> None:
    file = tmp_path / "clock"
    file.write_text(content)
    with pytest.raises(ClockUnreadable, match="RFC 3339"):
        SimulatedClock(file).now()


def test_a_missing_clock_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClockUnreadable, match=str(tmp_path / "clock")):
        SimulatedClock(tmp_path / "clock").now()


def test_a_setting_names_the_clock(tmp_path: Path) -> None:
    write_instant(tmp_path / "clock", MARCH)
    assert isinstance(clock_from("real"), RealClock)
    assert clock_from(f"simulated:{tmp_path / 'clock'}").now() == MARCH
    for wrong in ("", "fake", "simulated:", "real:x"):
        with pytest.raises(ValueError, match="simulated:<path"):
            clock_from(wrong)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(MARCH)
    assert clock.now() == clock.now() == MARCH
    clock.move_to(MARCH + timedelta(days=365))
    assert clock.now() == MARCH + timedelta(days=365)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        FixedClock(datetime(2019, 3, 2))  # noqa: DTZ001
