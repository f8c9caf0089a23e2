"""Writes openapi.json, the document of all services: `python gateway/document.py`.

It is put together from the documents of the services; title, version and description stay what they are.
"""

import json
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE / "openapi.json"


def documents() -> dict[str, dict[str, Any]]:
    """Return what each service says of itself, by its name."""
    files = sorted((HERE.parent / "services").glob("*/openapi.yaml"))
    return {file.parent.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


def merged(info: dict[str, Any], services: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return one document; raises `ValueError` where two services mean different things by one name."""
    components: dict[str, dict[str, Any]] = {}
    paths: dict[str, Any] = {}
    for name, document in services.items():
        _add(paths, document["paths"], name)
        for kind, named in document["components"].items():
            _add(components.setdefault(kind, {}), named, name)
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": dict(sorted(paths.items())),
        "components": {kind: dict(sorted(named.items())) for kind, named in components.items()},
    }


def _add(found: dict[str, Any], more: dict[str, Any], service: str) -> None:
    for name, value in more.items():
        if found.setdefault(name, value) != value:
            raise ValueError(f"{service} describes {name} in another way than a service before it.")


def main() -> None:
    """Write the file."""
    info = json.loads(DOCUMENT.read_text(encoding="utf-8"))["info"]
    text = json.dumps(merged(info, documents()), ensure_ascii=False, indent=2)
    DOCUMENT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
