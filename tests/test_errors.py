"""What an error carries, and the nearest allowed name."""

import pytest

from sukien.errors import ConfigError, DataError, ModelError, SukienError, nearest


def test_an_error_carries_all_faults_of_one_reading() -> None:
    error = DataError(f"a.txt:{line}: wrong" for line in (1, 2))
    assert error.faults == ("a.txt:1: wrong", "a.txt:2: wrong")
    assert str(error) == "a.txt:1: wrong\na.txt:2: wrong"
    assert SukienError("one fault").faults == ("one fault",)


@pytest.mark.parametrize("kind", [ConfigError, DataError, ModelError])
def test_one_except_clause_catches_them_all(kind: type[SukienError]) -> None:
    with pytest.raises(SukienError, match="wrong"):
        raise kind("wrong")


@pytest.mark.parametrize(
    ("word", "found"),
    [("PERS", "PER"), ("per", "PER"), ("GEP", "GPE"), ("Quantty", "QUANTITY"), ("ABC", None), ("", None)],
)
def test_the_nearest_name(word: str, found: str | None) -> None:
    expected = f"; did you mean {found}?" if found else ""
    assert nearest(word, ["PER", "ORG", "GPE", "QUANTITY"]) == expected
    assert nearest(word, []) == ""
