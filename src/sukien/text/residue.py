"""What a web page leaves in a copied news article, as patterns over whole lines.

A pattern matches a full line of the normalised text or nothing: ordinary prose that merely holds such words
is never touched. The entries are those of the seed articles and of the common Vietnamese news sites.
"""

from __future__ import annotations

import regex

_MAX_LINE = 200  # characters; what is longer is text, not page furniture

_SITES = r"(?:Google News|Facebook|Zalo|Twitter|YouTube|TikTok|Telegram|Instagram|Viber|LinkedIn)"

# Lines that never belong to an article.
_LINE = regex.compile(
    "|".join(
        (
            r"(?:Bottom|Top) of Form|Top|Đóng|Quảng cáo|Advertisement",
            r"Nhập thông tin|•?\s*Lỗi: Email không hợp lệ",
            r"Bạn không thể gửi bình luận liên tục\. Xin hãy đợi(?: \d+ giây nữa\.?)?",
            r"Comments powered by \w+|POWERED BY .*",
            r"(?:Chia sẻ|Share|Tweet|Gửi|Theo dõi)(?: bài viết)?(?: (?:qua|lên|trên))?:?"
            rf"(?:[ ,]*(?:{_SITES}|email))*",
            rf"{_SITES}(?:[ ,]+{_SITES})*",
            r"Copy link|Sao chép liên kết|(?:In|Lưu) bài(?: viết)?|Nghe đọc bài|Quay lại|Về trang chủ",
            r"(?:(?:>>|►|»)+\s*)?(?:Xem|Đọc) thêm(?:\s*:.*(?<![.…]))?",
            r"(?:Từ kho[áa]|Từ khóa|Tags?)(?:\s*:.*(?<![.…]))?",
            r"(?:Mời .{1,30} )?Theo dõi .{1,60} trên (?:kênh )?(?:Google News|Facebook|Zalo|YouTube|TikTok)",
        )
    ),
    regex.IGNORECASE,
)
_WAIT = regex.compile(r"\d+ giây nữa\.?")
_WAIT_OPENING = regex.compile(r".*\. Xin hãy đợi")

# Headings of related-news and comment blocks. The page may end here.
_COMMENTS = (
    r"\(\d+\)\s*Bình luận|\d+\s+bình luận|Bình luận(?:\s*\(\d+\))?|(?:Gửi|Viết|Ý kiến) bình luận|"
    r"Ý kiến bạn đọc(?:\s*\(\d+\))?"
)
_BLOCK = regex.compile(
    rf"(?:{_COMMENTS}|(?:Các )?(?:Bài|Tin|Tin bài|Bài viết) liên quan|"
    r"Tin (?:mới|khác|nổi bật|mới nhất|nóng|đọc nhiều)|"
    r"Các tin khác|(?:Tin )?Cùng chuyên mục|Đừng bỏ lỡ|Mới nhất|Đọc nhiều(?: nhất)?|Xem nhiều(?: nhất)?|"
    r"Có thể bạn quan tâm|Bạn có thể quan tâm)\s*:?",
    regex.IGNORECASE,
)
_PAGE_END = regex.compile(rf"{_COMMENTS}|POWERED BY .*|Comments powered by \w+|Đừng bỏ lỡ|Mới nhất", regex.IGNORECASE)

# A bare photo credit. Lines with more than the name of the agency ("Ảnh: AFP") are captions and stay.
_AGENCY = regex.compile(
    r"(?:afp|ap|reuters|epa|efe|dpa|rt|ttxvn|tass|ria|sputnik|xinhua|yonhap|kyodo|bloomberg|getty|"
    r"getty images|afp/getty|getty images/afp|ảnh minh họa|ảnh minh hoạ)",
    regex.IGNORECASE,
)
_TAILS = (" Bottom of Form", " Top of Form", " |")


def is_residue(line: str, previous: str) -> bool:
    """Whether a whole line is page residue; `previous` is the line before it, or an empty string."""
    if len(line) > _MAX_LINE:
        return False
    if _WAIT.fullmatch(line):
        return bool(_WAIT_OPENING.fullmatch(previous[:_MAX_LINE]))
    return any(pattern.fullmatch(line) for pattern in (_LINE, _AGENCY, _BLOCK))


def opens_block(line: str) -> bool:
    """Whether a line is the heading of a related-news or comment block."""
    return len(line) <= _MAX_LINE and bool(_BLOCK.fullmatch(line))


def ends_page(line: str) -> bool:
    """Whether a line stands only after the end of an article: comments, the name of the page's engine."""
    return len(line) <= _MAX_LINE and bool(_PAGE_END.fullmatch(line))


def without_tail(line: str) -> str:
    """The line without the known residue that is glued to its end."""
    while line.endswith(_TAILS):
        line = next(line.removesuffix(tail) for tail in _TAILS if line.endswith(tail)).rstrip()
    return line
