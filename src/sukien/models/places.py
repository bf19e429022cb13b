"""Where models lie: shipped with the package, in a folder, or on the Hugging Face hub."""

from __future__ import annotations

import hashlib
import json
import time
from functools import lru_cache
from importlib import metadata, resources
from pathlib import Path
from urllib.parse import unquote, urlparse

from huggingface_hub import model_info
from huggingface_hub.errors import HfHubHTTPError

from sukien.errors import ModelError, nearest
from sukien.models.word_vectors import VOCABULARY

_LONGEST = 255  # bytes of a name in a path; names on the hub are shorter
_HUB_SECONDS = 5.0  # the hub answers within them, or is taken as out of reach


def shipped_models() -> dict[str, Path]:
    """Models that need no download, by name: inside the installed package, or in a checkout's `models/`."""
    roots = [Path(str(resources.files("sukien") / "shipped"))]
    url = json.loads(metadata.distribution("sukien").read_text("direct_url.json") or "{}")
    if url.get("dir_info", {}).get("editable"):
        roots.append(Path(unquote(urlparse(url["url"]).path)) / "models")
    return {
        folder.name: folder
        for root in roots
        if root.is_dir()
        for folder in sorted(root.iterdir())
        if (folder / "config.json").is_file() or (folder / VOCABULARY).is_file()
    }


def resolve(name: str) -> str:
    """A folder that exists, the folder of a shipped model, or the name unchanged: then it is one on the hub.

    Raises ModelError for a path that can be neither.
    """
    shipped = shipped_models()
    if not name:
        raise ModelError(f"no model is named; give a folder, a name on the hub, or one of {', '.join(shipped)}")
    if any(len(part.encode(errors="replace")) > _LONGEST for part in name.split("/")):
        raise ModelError(f"{name[:40]}…: is longer than the name of any folder or model")
    if (Path(name) / "config.json").is_file() or (Path(name).is_dir() and name not in shipped):
        return name
    if name in shipped:
        return str(shipped[name])
    if Path(name).is_file():
        raise ModelError(f"{name}: is a file; give the folder that holds it")
    if name.count("/") > 1 or name.startswith((".", "/", "~")) or name.endswith("/"):
        raise ModelError(f"{name}: no such folder{nearest(name, list(shipped))}")
    return name


def locate(name: str) -> tuple[str, bool]:
    """`resolve`, and whether only what is on this computer can be read there, a folder or what was fetched before.

    Without a network transformers would ask the hub for each file again and again, for a minute.
    """
    place = resolve(name)
    return place, Path(place).is_dir() or not _hub_answers(place, int(time.monotonic() // 30))


@lru_cache(maxsize=8)
def _hub_answers(name: str, _half_minute: int) -> bool:
    """Asked once in that time: a model is looked for in several steps."""
    try:
        model_info(name, timeout=_HUB_SECONDS)
    except HfHubHTTPError:
        return True  # an answer too, such as that there is no such model
    except Exception:  # of the library for HTTP, which differs between versions of huggingface_hub
        return False
    return True


def weights_sha256(model: str) -> str | None:
    """The first 16 hex digits of the hash of the weights file; None where it is no local file."""
    path = Path(resolve(model)) / "model.safetensors"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
