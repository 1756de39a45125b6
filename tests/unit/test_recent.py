"""What is remembered is bounded, and stays while it is asked for."""

from __future__ import annotations

from schouw.recent import Recent


def test_the_longest_unasked_for_goes_first() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 4)
    recent.put("b", 2, 4)
    assert recent.get("a") == 1
    recent.put("c", 3, 4)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_put_again_counts_once() -> None:
    recent: Recent[str, int] = Recent(10)
    for number in range(5):
        recent.put("a", number, 6)
    recent.put("b", 2, 4)
    assert (recent.get("a"), recent.get("b")) == (4, 2)


def test_what_is_larger_than_all_the_room_is_not_kept() -> None:
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1, 11)
    assert recent.get("a") is None
    recent.put("b", 2, 10)
    assert recent.get("b") == 2
