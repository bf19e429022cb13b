from __future__ import annotations

import pytest

from sukien.data.seeds import anchor, seed_file
from sukien.errors import DataError
from sukien.schema import Article, Entity, Event, Sentence

ARTICLE = Article(
    "a",
    "Mỹ gặp Nga.\nHết.\nMỹ gặp Nga.",
    (Sentence(0, 11), Sentence(12, 16), Sentence(17, 28)),
    (Entity(0, 2, "Mỹ", "GPE"), Entity(17, 19, "Mỹ", "GPE"), Entity(24, 27, "Nga", "GPE")),
    (Event(20, 23, "gặp", "CONSULT", "asserted", (1, 2)),),
)


def test_offsets_become_those_of_the_published_text():
    raw = "Tin mới\r\n\r\nMỹ gặp Nga. Chen vào. Hết.\r\n\tMỹ gặp Nga.\nTop"
    anchored = anchor(ARTICLE, raw, "x")
    assert anchored.text == raw
    assert [raw[s.start : s.end] for s in anchored.sentences] == ["Mỹ gặp Nga.", "Hết.", "Mỹ gặp Nga."]
    assert anchored.sentences[2].start == raw.rindex("Mỹ")
    assert [e.start for e in anchored.entities] == [raw.index("Mỹ"), raw.rindex("Mỹ"), raw.rindex("Nga")]
    assert anchored.events[0].start == raw.rindex("gặp")
    assert anchored.events[0].actors == (1, 2)


def test_a_short_sentence_is_not_found_inside_a_longer_one():
    article = Article("a", "Nga", (Sentence(0, 3),), (Entity(0, 3, "Nga", "GPE"),))
    raw = "Nga và Mỹ đàm phán.\nNga\nMỹ"
    assert anchor(article, raw, "x").entities[0].start == raw.index("\nNga") + 1


def test_every_missing_sentence_is_a_fault_with_the_nearest_line(faults_of):
    raw = "Mỹ gặp Nga!\nHết rồi\nMỹ gặp Nga.\n"
    faults = faults_of(anchor, ARTICLE, raw, "labels.txt")
    assert len(faults) == 2
    assert faults[0].startswith("labels.txt: the sentence 'Hết.' is not in the published text")
    assert "the nearest line is 'Hết rồi'" in faults[0]
    assert "character for character" in faults[0]
    assert "stands earlier in the published text, at line 3" in faults[1]


def test_a_repeated_sentence_is_not_found_twice_in_one_place():
    with pytest.raises(DataError, match="each as often as it is there"):
        anchor(ARTICLE, "Mỹ gặp Nga. Hết.", "x")


def test_ids_that_lead_out_of_the_folder_name_no_seed(save):
    inner = save("seeds/a.txt", "x").parent
    save("b.txt", "x")
    assert seed_file(inner, "a") == inner / "a.txt"
    assert seed_file(inner, "../b") is None
    assert seed_file(inner, "c") is None
