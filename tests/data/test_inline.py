from __future__ import annotations

import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sukien.data.inline import read_inline, write_inline
from sukien.errors import DataError
from sukien.ontology import EVENT_TYPES, MODALITIES, LabelSet
from sukien.schema import Article, Entity, Event, Sentence

GOOD = """# doc: a
# source: VOV.VN
# date: 2022-02-14
# a remark of the annotator

[[Mỹ|GPE|1]] {{cảnh báo|THREATEN|asserted|1>2}} [[Nga|GPE|2]] [[hôm nay|TIME]].
Ông nói [thêm] {gì} | rồi {{thăm|CONSULT}} và {{gặp|CONSULT|future}}.
# doc: b
# date: not stated in the text
Không có gì.
"""


def test_reads_articles_with_offsets_over_joined_sentences(save):
    first, second = read_inline(save("x.txt", GOOD), LabelSet())
    assert first.text == "Mỹ cảnh báo Nga hôm nay.\nÔng nói [thêm] {gì} | rồi thăm và gặp."
    assert first.sentences == (Sentence(0, 24), Sentence(25, 63))
    assert [(e.text, e.label) for e in first.entities] == [("Mỹ", "GPE"), ("Nga", "GPE"), ("hôm nay", "TIME")]
    assert [(e.text, e.modality, e.actors, e.recipients) for e in first.events] == [
        ("cảnh báo", "asserted", (0,), (1,)),
        ("thăm", None, (), ()),
        ("gặp", "future", (), ()),
    ]
    assert (first.source, first.date, second.id, second.date) == ("VOV.VN", "2022-02-14", "b", None)


def test_a_file_without_doc_lines_is_one_article_named_after_it(save):
    (article,) = read_inline(save("bai-1.txt", "# source: tôi\nAi đó.\r\n\r\n[[Mỹ|GPE]].\r\n"), LabelSet())
    assert (article.id, article.source, article.text) == ("bai-1", "tôi", "Ai đó.\nMỹ.")


def test_ids_are_local_to_the_line(save):
    line = "[[Mỹ|GPE|1]] {{gặp|CONSULT|asserted|1>}} [[Nga|GPE]]"
    (article,) = read_inline(save("x.txt", f"{line}\n{line}\n"), LabelSet())
    assert [event.actors for event in article.events] == [(0,), (2,)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("[[Biden|PERS]]", "'PERS' is no entity type; did you mean PER? (PER, ORG, GPE, LOC, TITLE"),
        ("{{gặp|CONSULTS|asserted|>}}", "'CONSULTS' is no event type; did you mean CONSULT? (AGREE, CONSULT"),
        ("[[gặp|CONSULT]]", "'CONSULT' in '[[gặp|CONSULT]]' is an event type; write a trigger as {{"),
        ("{{Mỹ|GPE}}", "'GPE' in '{{Mỹ|GPE}}' is an entity type; write an entity as [["),
        ("{{gặp|CONSULT|assert|>}}", "'assert' is no modality; did you mean asserted? (asserted, future"),
        ("ông [[Biden|PER", "'[[' at character 5 is never closed by ']]'"),
        ("ông {{gặp|CONSULT", "'{{' at character 5 is never closed by '}}'"),
        ("ông Biden|PER]]", "']]' at character 14 closes nothing that was opened"),
        ("ông gặp}}", "'}}' at character 8 closes nothing that was opened"),
        ("[[Biden]]", "'[[Biden]]' has 1 fields; write [[surface|TYPE]] or [[surface|TYPE|id]]"),
        ("[[Biden|PER|1|2]]", "'[[Biden|PER|1|2]]' has 4 fields"),
        ("{{gặp|CONSULT|asserted|>|x}}", "has 5 fields; write {{surface|TYPE|modality|actors>recipients}}"),
        ("[[|PER]]", "'[[|PER]]' marks no text"),
        ("[[ |PER]]", "'[[ |PER]]' marks no text"),
        ("[[Biden |PER]]", "'[[Biden |PER]]' begins or ends with a space"),
        ("{{ gặp|CONSULT}}", "'{{ gặp|CONSULT}}' begins or ends with a space"),
        ("[[Mỹ|GPE|1]] {{gặp|CONSULT|asserted|1>2}}",
         "'2' of 'gặp' is the id of no entity in this line (ids here: 1)"),
        ("[[Mỹ|GPE|1]] [[Nga|GPE|1]]", "the id '1' in '[[Nga|GPE|1]]' is taken by 'Mỹ' in this line"),
        ("[[Mỹ|GPE|1]] {{gặp|CONSULT|asserted|1>1}}", "'1' is named twice in '1>1' of 'gặp'"),
        ("[[Mỹ|GPE|1]] {{gặp|CONSULT|asserted|1,1>}}", "'1' is named twice in '1,1>' of 'gặp'"),
        ("[[Mỹ|GPE|1]] {{gặp|CONSULT|asserted|1}}",
         "'1' of 'gặp' are no participants; write actors>recipients"),
        ("[[Mỹ|GPE|a b]]", "'a b' in '[[Mỹ|GPE|a b]]' is no id"),
        ("[[Bộ [[Mỹ|GPE]]|ORG]]", "markup inside or across other markup: '[[Bộ [[Mỹ|GPE]]|ORG]]'"),
        ("[[Mỹ {{gặp|CONSULT}}|ORG]]", "markup inside or across other markup"),
        ("[[Mỹ {{gặp]] Nga|CONSULT}}", "markup inside or across other markup"),
        ("[[Mỹ|GPE}} gặp", "'[[Mỹ|GPE}}' is opened by '[[', so it is closed by ']]'"),
    ],
)  # fmt: skip
def test_each_fault_of_markup_names_line_and_remedy(save, faults_of, line, what):
    path = save("x.txt", f"# doc: a\nMột câu.\n{line}\n")
    (fault,) = faults_of(read_inline, path, LabelSet())
    assert fault.startswith(f"{path}:3: ")
    assert what in fault


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("# doc: a\nx\n# doc: a\ny\n", 3, "the article 'a' is there already, at line 1"),
        ("# doc: a\n# date: 14/02/2022\nx\n", 2, "'14/02/2022' is no date; write YYYY-MM-DD"),
        ("# doc: a\n# date: 2022-02-30\nx\n", 2, "'2022-02-30' is no date"),
        ("# doc:\nx\n", 1, "'# doc:' without an id"),
        ("x\n# doc: a\ny\n", 1, "a sentence before the first '# doc: id' line"),
        ("# source: s\n# doc: a\ny\n", 1, "'# source:' before the first '# doc: id' line"),
        ("# doc: a\ny\n# date: 2022-02-14\n", 3, "'# date:' after a sentence"),
        ("# doc: a\n\n# doc: b\ny\n", 1, "the article 'a' has no sentence"),
    ],
)
def test_each_fault_of_the_head_lines(save, faults_of, text, line, what):
    path = save("x.txt", text)
    (fault,) = faults_of(read_inline, path, LabelSet())
    assert fault.startswith(f"{path}:{line}: ")
    assert what in fault


def test_all_faults_of_a_file_come_at_once_in_the_order_of_its_lines(save, faults_of):
    text = "# doc: a\n# date: nie\n[[A|PERS]] [[B [[C|LOC]] {{d|COERC}}\n\nx ]]\n# doc: a\n"
    faults = faults_of(read_inline, save("x.txt", text), LabelSet())
    assert [int(fault.split(":")[1]) for fault in faults] == [2, 3, 3, 3, 5, 6, 6]


def test_without_a_label_set_types_are_taken_as_they_come(save):
    text = "[[Covid|BỆNH]] {{lây|LÂY LAN|có thể}}"
    (article,) = read_inline(save("x.txt", text), None)
    assert (article.entities[0].label, article.events[0].label) == ("BỆNH", "LÂY LAN")
    with pytest.raises(DataError, match="is no name of an entity type"):
        read_inline(save("y.txt", "[[Covid|]]"), None)


def test_brackets_around_an_entity_are_text(save):
    (article,) = read_inline(save("x.txt", "[[[Mỹ|GPE]]] {{{gặp|CONSULT}}} [[[Nga|GPE]][[Anh|GPE]]]"), LabelSet())
    assert article.text == "[Mỹ] {gặp} [NgaAnh]"


@pytest.mark.parametrize(
    ("text", "entities", "what"),
    [
        ("mảng a[[0]]", (), "cannot say this sentence"),
        ("{{ x", (), "cannot say this sentence"),
        ("a|b", (Entity(0, 3, "a|b", "ORG"),), "cannot say this sentence"),
        ("#Ukraine", (), "begins with '#'"),
        ("hai\ndòng", (), "holds a line end"),
    ],
)
def test_what_the_form_cannot_say_is_refused(text, entities, what):
    article = Article("a", text, (Sentence(0, len(text)),), entities)
    with pytest.raises(DataError, match="article 'a', sentence 1: ") as caught:
        write_inline([article])
    assert what in str(caught.value)


def test_participants_of_another_sentence_and_overlapping_layers_are_refused():
    text = "Mỹ\ngặp"
    sentences = (Sentence(0, 2), Sentence(3, 6))
    across = Article("a", text, sentences, (Entity(0, 2, "Mỹ", "GPE"),), (Event(3, 6, "gặp", "CONSULT", None, (0,)),))
    with pytest.raises(DataError, match="a participant of 'gặp' is in another sentence"):
        write_inline([across])
    both = Article("a", "Mỹ", (Sentence(0, 2),), (Entity(0, 2, "Mỹ", "GPE"),), (Event(0, 2, "Mỹ", "CONSULT"),))
    with pytest.raises(DataError, match="inside or across another"):
        write_inline([both])


_PLAIN = st.text(st.sampled_from(string.ascii_letters + " ấệ[]{}|>#,.\u0301\u00a0😀"), max_size=6)
_SURFACE = st.text(st.sampled_from("abcấ😀]} "), min_size=1, max_size=5).filter(lambda s: s == s.strip())


@st.composite
def _articles(draw) -> Article:
    """Articles of any shape, also ones that the form cannot say."""
    text, sentences, entities, events = "", [], [], []
    for _ in range(draw(st.integers(1, 3))):
        start, first = len(text), len(entities)
        text += draw(_PLAIN)
        for _ in range(draw(st.integers(0, 4))):
            surface, begin = draw(_SURFACE), len(text)
            if draw(st.booleans()):
                entities.append(Entity(begin, begin + len(surface), surface, draw(st.sampled_from(["PER", "GPE"]))))
            else:
                label, modality = (
                    draw(st.sampled_from(EVENT_TYPES)),
                    draw(st.sampled_from([None, *MODALITIES])),
                )
                events.append(Event(begin, begin + len(surface), surface, label, modality))
            text += surface + draw(_PLAIN)
        if len(text) == start:
            text += "x"
        here = range(first, len(entities))
        for place, event in enumerate(events):
            if event.start >= start and here:
                parts = tuple(draw(st.permutations(here)))
                cut, stop = draw(st.integers(0, len(parts))), draw(st.integers(0, len(parts)))
                events[place] = Event(
                    event.start, event.end, event.text, event.label, event.modality,
                    parts[:cut], parts[cut : max(cut, stop)],
                )  # fmt: skip
        sentences.append(Sentence(start, len(text)))
        text += "\n"
    return Article("a", text[:-1], tuple(sentences), tuple(entities), tuple(events), "s", "2022-02-14")


@given(st.lists(_articles(), min_size=1, max_size=2))
def test_written_articles_read_back_the_same_or_are_refused(found):
    found = [Article(f"a{n}", *_fields(article)) for n, article in enumerate(found)]
    try:
        text = write_inline(found)
    except DataError:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.txt"
        path.write_bytes(text.encode())
        assert read_inline(path, LabelSet()) == found


def _fields(article: Article) -> tuple:
    return article.text, article.sentences, article.entities, article.events, article.source, article.date


def test_the_labelled_files_of_the_repository_survive_a_round_trip(articles, save):
    assert len(articles) == 290
    assert read_inline(save("x.txt", write_inline(articles)), LabelSet()) == articles
