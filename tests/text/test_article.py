import unicodedata
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from sukien.text.article import RawArticle, article_sentences, read_article

SEEDS = sorted(Path("seeds").glob("*.txt"))
BODY = "Nga tấn công Ukraine hôm qua. Mỹ lên án.\nÔng Biden nói sẽ đáp trả."


def texts(text: str) -> list[str]:
    return [text[sentence.start : sentence.end] for sentence in article_sentences(text)]


def parts(text: str) -> tuple[str | None, str | None, str | None]:
    article = read_article(text)
    title, byline = (text[part.start : part.end] if part else None for part in (article.title, article.byline))
    return title, article.date, byline


def labelled_sentences() -> dict[str, list[str]]:
    """The labelled sentences of each seed, without markup: what belongs to the article."""
    articles: dict[str, list[str]] = {}
    name = ""
    for line in Path("data/labels/seeds.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# doc:"):
            name = line.removeprefix("# doc:").strip()
        elif line.strip() and not line.startswith("# "):
            plain = regex.sub(r"\[\[(.+?)\|.*?\]\]|\{\{(.+?)\|.*?\}\}", r"\1\2", line).strip()
            articles.setdefault(name, []).append(plain)
    return articles


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_seed_sentences_are_the_labelled_ones(path: Path, form: str) -> None:
    text = unicodedata.normalize(form, path.read_text(encoding="utf-8"))
    assert [unicodedata.normalize("NFC", sentence) for sentence in texts(text)] == labelled_sentences()[path.stem]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "000",
            (
                "Tổng thống Zelensky mời Tổng thống Biden thăm Ukraine trong thời gian sớm nhất",
                "2022-02-14",
                "Khánh An",
            ),
        ),
        ("001", (None, None, "Theo VietNamNet")),
        (
            "002",
            (
                "Tổng thống Mỹ cảnh báo sẽ đáp trả mạnh mẽ nếu Nga leo thang quân sự biên giới với Ukraine",
                None,
                None,
            ),
        ),
        (
            "003",
            (
                "Tổng thống Mỹ và Nga sẽ điện đàm hôm nay trước sức nóng từ biên giới Nga - Ukraine",
                "2021-12-30",
                None,
            ),
        ),
        (
            "004",
            ("Mỹ xác nhận cùng Ukraine thảo luận về đảm bảo an ninh", None, "Phương Anh (Nguồn: RT )"),
        ),
    ],
)
def test_seed_parts(name: str, expected: tuple[str | None, str | None, str | None]) -> None:
    (path,) = (path for path in SEEDS if path.stem.startswith(name))
    assert parts(path.read_text(encoding="utf-8")) == expected


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("14/02/2022 07:06 GMT+7", "2022-02-14"),
        ("30/12/2021, 09:32", "2021-12-30"),
        ("Thứ hai, 14/2/2022", "2022-02-14"),
        ("Chủ nhật, 13/2/2022, 21:05 (GMT+7)", "2022-02-13"),
        ("ngày 14 tháng 2 năm 2022", "2022-02-14"),
        ("Thứ Hai, ngày 14 tháng 2 năm 2022", "2022-02-14"),
        ("07:06 | 14-02-2022", "2022-02-14"),
        ("Cập nhật: 14.2.2022 7h06", "2022-02-14"),
        ("2022-02-14", "2022-02-14"),
    ],
)
def test_date_line_of_the_head(line: str, date: str) -> None:
    text = f"Nga tấn công Ukraine\n{line}\n{BODY}"
    assert parts(text)[:2] == ("Nga tấn công Ukraine", date)
    assert line not in texts(text)


@pytest.mark.parametrize("line", ["31/2/2022", "Ngày 14/2/2022 Nga tấn công", "14/2", "1.2.3", "ngày 14 tháng 2"])
def test_what_is_no_date_line_stays(line: str) -> None:
    text = f"Nga tấn công Ukraine\n{line}\n{BODY}"
    assert parts(text)[1] is None
    assert line in texts(text)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "afp",
            "Top",
            "Đóng",
            "Chia sẻ",
            "Chia sẻ Facebook Zalo",
            "Bình luận",
            "Bình luận (12)",
            "Xem thêm",
        ),
        *(
            "Xem thêm: Nga và Mỹ gặp nhau ở Geneva",
            "Tin liên quan",
            "Đọc thêm",
            "Từ khóa: Nga, Mỹ",
            "Tags: Nga",
        ),
        *("Theo dõi VTC News trên Google News", "60 bình luận", "Quảng cáo", "POWERED BY ONECMS"),
    ],
)
def test_residue_line_is_left_out_and_the_body_goes_on(line: str) -> None:
    first, last = BODY.split("\n")
    assert texts(f"Tựa đề\n{first}\n{line}\n{last}") == ["Tựa đề", *texts(BODY)]


@pytest.mark.parametrize(
    "text",
    [
        "Tổng thống Mỹ gặp Tổng thống Nga",
        "Tin mới",
        "Chia sẻ của ông Biden trên Facebook gây chú ý.",
        "Xem thêm: ông Biden nói sẽ đáp trả.",
        "Bình luận về vụ việc, Nga nói không biết",
        "60 giây nữa.",
        "Nga\nMỹ\nUkraine",
        "Tựa đề\nNga nói.\nTựa đề\nNga nói.",
        BODY,
    ],
)
def test_ordinary_text_comes_back_whole(text: str) -> None:
    assert "".join("".join(texts(text)).split()) == "".join(text.split())


def test_related_news_end_the_page_only_after_the_body() -> None:
    block = "Tin liên quan\nNga và Mỹ gặp nhau\nAnh rời EU"
    assert texts(f"{BODY}\n{block}") == texts(BODY)
    inside = texts(f"{BODY}\n{block}\nÔng Putin chưa trả lời.")
    assert inside == [*texts(BODY), "Nga và Mỹ gặp nhau", "Anh rời EU", "Ông Putin chưa trả lời."]
    assert texts("Tin mới\nNga và Mỹ gặp nhau\nAnh rời EU") == ["Nga và Mỹ gặp nhau", "Anh rời EU"]


def test_teaser_among_related_news_is_no_body() -> None:
    block = "Bài liên quan\n(0) Bình luận\nThủ tướng nói về bán dẫn\nThủ tướng nhấn mạnh điều này.\nMới nhất"
    assert texts(f"{BODY}\n{block}") == texts(BODY)


def test_residue_glued_to_a_line() -> None:
    assert texts("Nga bác bỏ cáo buộc. Bottom of Form\nẢnh: Sputnik |") == [
        "Nga bác bỏ cáo buộc.",
        "Ảnh: Sputnik",
    ]


@pytest.mark.parametrize("text", ["", " \n ", "...\n14", "😀 \u200b"])
def test_text_without_letters_has_no_sentence(text: str) -> None:
    assert read_article(text) == RawArticle(None, None, None, ())


LINES = st.sampled_from(
    [
        "Tựa đề",
        "Khánh An",
        "14/2/2022",
        "Tin mới",
        "Nga nói. Mỹ đáp.",
        "afp",
        "(0) Bình luận",
        "Theo AFP",
        ".",
        " |",
    ]
)


@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(LINES, st.text(max_size=8))).map("\n".join)))
def test_parts_lie_inside_the_text_in_order(text: str) -> None:
    article = read_article(text)
    last = 0
    for sentence in article.sentences:
        assert last <= sentence.start < sentence.end <= len(text)
        last = sentence.end
    if article.title:
        assert article.title in article.sentences
    assert bool(article.sentences) == bool(regex.search(r"\p{L}", text))
