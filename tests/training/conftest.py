from __future__ import annotations

from pathlib import Path

import pytest

SENTENCE = "Tổng_thống Mỹ hôm_qua điện_đàm với người_đồng_cấp Nga , theo Nhà_Trắng ."


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of forty word-segmented articles of six sentences."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n:02}.seg").write_text("\n".join(f"{SENTENCE} Số {n} {m}" for m in range(6)), encoding="utf-8")
    return folder
