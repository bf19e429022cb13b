from __future__ import annotations

import pytest

from sukien.data.reading import read_labels
from sukien.errors import DataError
from sukien.ontology import LabelSet

INLINE = "# doc: {}\n[[Mỹ|GPE]] {{{{gặp|CONSULT|asserted|>}}}} [[Nga|GPE]].\n"


def test_a_folder_stands_for_its_labelled_files_in_name_order(save):
    folder = save("labels/b.txt", INLINE.format("b")).parent
    save("labels/a.jsonl", '{"id": "a", "text": "Mỹ", "spans": [[0, 2, "GPE"]]}\n')
    save("labels/c.txt", "Mỹ B-GPE\n\nNga B-GPE\n")
    save("labels/d.iob2", "Mỹ\tB-GPE\n")
    save("labels/README.md", "[[x")
    save("labels/README.txt", "[[x")
    save("labels/notes.csv", "[[x")
    articles, labels = read_labels([folder])
    assert [article.id for article in articles] == ["a", "b", "c-0001", "c-0002", "d-0001"]
    assert labels == LabelSet()


def test_a_file_named_twice_is_read_once(save):
    path = save("labels/a.txt", INLINE.format("a"))
    assert len(read_labels([path.parent, path])[0]) == 1


@pytest.mark.parametrize(
    ("text", "n_articles"),
    [
        ("Mỹ O\nNga B-GPE\n\nAnh B-GPE\n", 2),
        ("-DOCSTART- O\n\nMỹ B-GPE\n\nNga O\n", 1),
        ("# doc: x\nMỹ B-GPE\n\nNga O\n", 1),
        ("# một lời ghi\n\nNgày O\nMỹ B-GPE\n", 1),
        ("[[Mỹ|GPE]] thắng nhóm O\nCâu hai.\n", 1),
    ],
)
def test_the_form_of_a_txt_file_shows_in_its_first_line(save, text, n_articles):
    assert len(read_labels([save("x.txt", text)])[0]) == n_articles


def test_the_label_set_comes_from_the_data_when_none_is_given(save):
    path = save("x.txt", "[[a|TUỔI]] [[b|PER]] {{c|GẶP|asserted}} {{d|ASSAULT|có lẽ}}\n")
    assert read_labels([path], None)[1] == LabelSet(("PER", "TUỔI"), ("ASSAULT", "GẶP"), ("asserted", "có lẽ"))


def test_faults_of_all_files_come_together(save, faults_of, tmp_path):
    a, b = save("a.txt", "[[x|PERS]]\n"), save("b.conll", "x\n")
    empty, comments, odd = save("c.txt", " \n"), save("d.txt", "# doc: d\n"), save("e.csv", "x")
    (tmp_path / "nothing").mkdir()
    paths = [a, b, empty, comments, odd, tmp_path / "missing.txt", tmp_path / "nothing"]
    faults = "\n".join(faults_of(read_labels, paths))
    for what in (
        f"{a}:1: 'PERS'",
        f"{b}:1: 'x' stands alone",
        f"{empty}: is empty",
        f"{comments}:1: the article 'd' has no sentence",
        f"{odd}: .csv tells no form of labels",
        "missing.txt: no such file",
        "nothing: no labelled files in this folder (.txt, .jsonl, .conll",
    ):
        assert what in faults


def test_ids_are_unique_over_all_files(save, faults_of):
    a, b = save("a.txt", INLINE.format("x")), save("b.txt", INLINE.format("x"))
    assert faults_of(read_labels, [a, b]) == (f"{b}: the article 'x' is also in {a}; ids are unique",)


def test_a_reading_without_any_span_is_refused(save):
    plain, labelled = save("a.txt", "Không có gì.\n"), save("b.txt", INLINE.format("b"))
    assert len(read_labels([plain, labelled])[0]) == 2
    with pytest.raises(DataError, match="not one labelled span in 1 articles"):
        read_labels([plain])
    with pytest.raises(DataError, match="no labelled files given"):
        read_labels([])


def test_articles_of_seeds_are_laid_over_their_published_text(save):
    path = save("labels.txt", INLINE.format("bai") + "\n" + INLINE.format("khac"))
    raw = "Mỹ gặp Nga\n\n14/02/2022 07:06 GMT+7\n\nMỹ gặp Nga. Hết.\n"
    seeds = save("seeds/bai.txt", raw).parent
    first, second = read_labels([path], seeds=seeds)[0]
    assert first.text == raw
    assert first.entities[0].start == raw.rindex("Mỹ")
    assert first.date == "2022-02-14"
    assert (second.text, second.date) == ("Mỹ gặp Nga.", None)


def test_the_seeds_of_the_repository_are_found_in_their_articles(root, save, faults_of):
    paths, seeds = [root / "data" / "labels" / "seeds.txt"], root / "seeds"
    articles, _ = read_labels(paths, seeds=seeds)
    assert len(articles) == 5
    for article in articles:
        assert article.text == (seeds / f"{article.id}.txt").read_bytes().decode()
    changed = save("seeds.txt", paths[0].read_text(encoding="utf-8").replace("trong thời gian sớm", "thời gian sớm", 1))
    (fault,) = faults_of(read_labels, [changed], seeds=seeds)
    assert "article '000_f6a7614fb680c0e3'" in fault
    assert "is not in the published text; the nearest line is 'Tổng thống Zelensky mời" in fault


def test_a_missing_folder_of_seeds_is_refused(save, tmp_path):
    with pytest.raises(DataError, match="no such folder of seed articles"):
        read_labels([save("a.txt", INLINE.format("a"))], seeds=tmp_path / "seeds")
