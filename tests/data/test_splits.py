from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from sukien.data.splits import SPLITS, fixed_split, split_articles
from sukien.data.stories import same_story_as, story_groups
from sukien.errors import DataError
from sukien.schema import Article, Sentence


def make(name: str, *sentences: str, source: str = "") -> Article:
    places, start = [], 0
    for sentence in sentences:
        places.append(Sentence(start, start + len(sentence)))
        start += len(sentence) + 1
    return Article(name, "\n".join(sentences), tuple(places), source=source)


def babble(seed: int, n: int = 10) -> list[str]:
    """Sentences of words that no other seed has."""
    chance = random.Random(seed)
    return [" ".join(f"w{seed}x{chance.randrange(99999)}" for _ in range(12)) for _ in range(n)]


def side_of(splits: dict[str, list[Article]], name: str) -> str:
    return next(split for split, articles in splits.items() if any(article.id == name for article in articles))


SHARED = "Bắc Kinh đáp trả bằng cách tuyên bố mức thuế mới lên 60 tỷ USD hàng nhập khẩu"
REWORDED = "Hôm qua Bắc Kinh đáp trả bằng cách tuyên bố mức thuế mới lên 60 tỷ USD"


def test_near_duplicates_shared_sentences_and_same_stories_are_one_group():
    story = babble(1)
    articles = [
        make("a", *story),
        make("b", *babble(2), SHARED),
        make("c", *story[:6], *babble(3, 4)),
        make("d", *babble(4), REWORDED),
        make("e", *babble(5), "Nga gặp Mỹ"),
        make("f", *babble(6), "Nga gặp Mỹ"),
    ]
    assert story_groups(articles) == [[0, 2], [1, 3], [4], [5]]


def test_same_story_without_a_shared_sentence_is_one_group():
    words = [f"tên{n}" for n in range(40)]
    chance = random.Random(0)
    told = [" ".join(chance.sample(words, 12)) for _ in range(12)]
    assert story_groups([make("a", *told[:6]), make("b", *told[6:]), make("c", *babble(1))]) == [[0, 1], [2]]


def test_articles_that_retell_held_out_ones_are_found_without_a_detour():
    story, words = babble(1), [f"tên{n}" for n in range(40)]
    chance = random.Random(0)
    told = [" ".join(chance.sample(words, 12)) for _ in range(12)]
    held_out = [make("h", *story), make("i", *told[:6]), make("j", "Nga gặp Mỹ")]
    articles = [
        make("a", *babble(2), SHARED),
        make("b", *story[:6], *babble(3, 4), SHARED),  # the story of h, and a sentence of a
        make("c", *told[6:]),
        make("d", "Nga gặp Mỹ"),
        make("e", *babble(4)),
    ]
    assert story_groups([*held_out, *articles]) == [[0, 3, 4], [1, 5], [2], [6], [7]]
    assert same_story_as(held_out, articles) == {1, 2, 3}
    assert same_story_as([], articles) == same_story_as(held_out, []) == set()


def test_single_sentences_of_one_kind_are_not_one_story():
    articles = [
        Article(str(n), f"Bệnh nhân {n} ho, sốt, đi khám.", (Sentence(0, len(f"Bệnh nhân {n} ho, sốt, đi khám.")),))
        for n in range(30)
    ]
    assert len(story_groups(articles)) == 30


def test_the_same_line_in_many_articles_is_residue_only_when_short():
    short = "Theo VOV"
    assert len(story_groups([make(str(n), *babble(n), short) for n in range(4)])) == 4


def test_groups_stay_on_one_side_for_any_seed():
    articles = [make(f"{n:02d}", *babble(n // 2)) for n in range(40)]
    for seed in range(5):
        splits = split_articles(articles, seed, 0.2, 0.2)
        for n in range(0, 40, 2):
            assert side_of(splits, f"{n:02d}") == side_of(splits, f"{n + 1:02d}")


def test_splits_do_not_depend_on_input_order_and_do_on_the_seed(articles):
    first = split_articles(articles, 13, 0.1, 0.17)
    mixed = articles[:]
    random.Random(1).shuffle(mixed)
    assert split_articles(mixed, 13, 0.1, 0.17) == first
    assert any(split_articles(articles, seed, 0.1, 0.17) != first for seed in (1, 2, 3))
    assert sorted(article.id for split in first.values() for article in split) == sorted(a.id for a in articles)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shares_hold_in_all_and_within_each_source(seed):
    articles = [make(f"{n:03d}", *babble(n, 5 + n % 9), source="ab"[n % 2]) for n in range(120)]
    splits = split_articles(articles, seed, 0.1, 0.2)
    for source in ("a", "b", "ab"):
        sizes = {
            name: sum(len(article.sentences) for article in split if article.source in source)
            for name, split in splits.items()
        }
        total = sum(sizes.values())
        assert sizes["validation"] / total == pytest.approx(0.1, abs=0.03)
        assert sizes["test"] / total == pytest.approx(0.2, abs=0.03)


def test_three_stories_fill_three_splits_and_two_do_not():
    articles = [make(name, *babble(n, 2)) for n, name in enumerate("abc")]
    assert all(split_articles(articles, 13, 0.01, 0.01).values())
    with pytest.raises(DataError, match="3 articles tell 2 different stories; three splits need three"):
        split_articles([*articles[:2], make("c", *babble(0, 2))], 13, 0.1, 0.2)


@pytest.mark.parametrize(("validation", "test"), [(0, 0.2), (0.1, 0), (0.5, 0.5), (-0.1, 0.2), (0.1, 1.2)])
def test_shares_that_leave_a_split_empty_are_refused(articles, validation, test):
    with pytest.raises(DataError, match="both must be above 0, and their sum below 1"):
        split_articles(articles, 13, validation, test)


def test_the_split_of_the_repository_is_the_same_on_every_machine(articles):
    test = [article.id for article in split_articles(articles, 13, 0.1, 0.17)[SPLITS[2]]]
    assert len(test) == 50
    assert hashlib.sha256("\n".join(test).encode()).hexdigest()[:16] == "4e666d02f956a171"


def lists(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "splits.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_fixed_split_is_what_the_file_says(tmp_path: Path):
    story = babble(1)
    articles = [
        make("a", *story),
        make("b", *babble(2)),
        make("c", *story[:6], *babble(3, 4)),
        make("d", *babble(4)),
    ]
    splits = fixed_split(articles, lists(tmp_path, '{"validation": ["b"], "test": ["a"]}'))
    assert splits is not None
    assert {name: [article.id for article in some] for name, some in splits.items()} == {
        "train": ["d"],
        "validation": ["b"],
        "test": ["a"],
        "left_out": ["c"],  # tells the story of a test article
    }


def test_a_fixed_split_does_not_touch_other_articles(tmp_path: Path):
    path = lists(tmp_path, '{"validation": ["b"], "test": ["a"]}')
    assert fixed_split([make("x", *babble(1))], path) is None


def test_a_part_of_a_fixed_split_is_refused(tmp_path: Path):
    path = lists(tmp_path, '{"validation": ["b"], "test": ["a", "e"]}')
    with pytest.raises(DataError, match=r"2 of its 3 held-out articles .*sukien fetch"):
        fixed_split([make("a", *babble(1))], path)


@pytest.mark.parametrize(
    "text", ["[]", '{"test": ["a"]}', '{"validation": "b", "test": []}', "{", '{"validation": [], "test": []}']
)
def test_broken_files_of_a_split_are_told(tmp_path: Path, text: str):
    with pytest.raises(DataError, match=r"splits\.json"):
        fixed_split([make("a", *babble(1))], lists(tmp_path, text))


def test_a_fixed_split_that_leaves_nothing_to_train_on_is_refused(tmp_path: Path):
    articles = [make("a", *babble(1)), make("b", *babble(2))]
    with pytest.raises(DataError, match="leaves no article for train"):
        fixed_split(articles, lists(tmp_path, '{"validation": ["b"], "test": ["a"]}'))


def test_an_article_in_two_splits_is_told(tmp_path: Path):
    with pytest.raises(DataError, match="a is in both"):
        fixed_split([make("a", *babble(1))], lists(tmp_path, '{"validation": ["a"], "test": ["a"]}'))
