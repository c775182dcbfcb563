"""Running the lessons, and what is saved of a run.

    python -m tests.lessons                     runs all notebooks and saves them
    python -m tests.lessons 01_first_bot        only this one

A saved lesson can be read without a kernel: of a widget its table is kept, not the live view, which
a trusted notebook would show as "model not found".
"""

from __future__ import annotations

import base64
import copy
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from PIL import Image

from tests import house

NOTEBOOKS = sorted((house.ROOT / "notebooks").glob("*.ipynb"))
PNG = "image/png"
LIVE = "application/vnd.jupyter.widget-view+json"
_PROGRESS = re.compile(r"(?:\r[^\r\n]*)+\n?")
SECONDS = 300
"""So long a cell may take."""


def read(path: Path) -> nbformat.NotebookNode:
    """A notebook as it was saved."""
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def run(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """A copy of a notebook with what its cells put out.

    Args:
        notebook: The notebook.
        folder: Where it runs.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell fails.
    """
    made = copy.deepcopy(notebook)
    client = nbclient.NotebookClient(
        made,
        timeout=SECONDS,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
    )
    client.execute()
    return made


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy of a notebook as it is saved: no live views and no progress."""
    made = copy.deepcopy(notebook)
    made.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    for cell in made.cells:
        if cell.cell_type == "code":
            shown = [one for one in cell.outputs if one.get("name") != "stderr"]
            cell.outputs = [one for one in map(_without_progress, _joined(shown)) if one]
            for output in cell.outputs:
                data = output.get("data", {})
                data.pop(LIVE, None)
                if PNG in data:
                    data[PNG] = _smaller(data[PNG])
    return nbformat.from_dict(_without_places(made))


def _without_progress(output: nbformat.NotebookNode) -> nbformat.NotebookNode | None:
    """The same without the line of a training that is written over; None if nothing is left."""
    if output.output_type != "stream":
        return output
    output.text = _PROGRESS.sub("", output.text)
    return output if output.text else None


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """What was printed in one piece, however slowly it came."""
    made: list[nbformat.NotebookNode] = []
    for output in outputs:
        if made and output.output_type == made[-1].output_type == "stream":
            made[-1].text += output.text
        else:
            made.append(output)
    return made


def _smaller(picture: str) -> str:
    """A picture with 64 colours, which is a third of the size."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        image.convert("RGB").quantize(64).save(stream, "png", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def _without_places(thing: Any) -> Any:
    """The same without the folder of whoever ran it."""
    if isinstance(thing, dict):
        return {key: _without_places(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [_without_places(value) for value in thing]
    return thing.replace(f"{house.ROOT}/", "") if isinstance(thing, str) else thing


def main(names: list[str]) -> None:
    """Runs notebooks and saves what they put out."""
    os.environ["PYTHONPATH"] = str(house.ROOT)
    for path in NOTEBOOKS:
        if names and path.stem not in names:
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            made = tidy(run(read(path), Path(folder)))
        nbformat.write(made, path)
        seconds = time.monotonic() - began
        print(f"{path.name}: {seconds:.1f} s, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
