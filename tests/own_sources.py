"""Made-up pictures in class folders, and ZIPs of them."""

import io
import zipfile

from PIL import Image

from cnn_core.data.own.bring import bring_in
from cnn_core.data.own.layout import read_layout
from cnn_core.data.own.settings import own_settings
from cnn_core.data.own.sources import open_source


def png(shade=0, size=(12, 10), mode="RGB", **how):
    """The bytes of a picture: a shade that tells it from others."""
    file = io.BytesIO()
    colour = shade if mode == "L" else (shade, 255 - shade, 128)
    Image.new(mode, size, colour).save(file, "PNG", **how)
    return file.getvalue()


def zip_at(path, files):
    """A ZIP of these contents by name, or of (ZipInfo, content)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return path


def class_folders(classes=("cat", "dog"), count=6, base=""):
    """Files of class folders, by name."""
    return {
        f"{base}{name}/{number}.png": png(20 * number + place)
        for place, name in enumerate(classes)
        for number in range(count)
    }


def folder_at(path, files):
    """A folder of these contents by name."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


def brought(path, **changes):
    """Bring in what lies at a path, as "pets" of 8×8 unless the changes say otherwise."""
    source = open_source(path)
    asked = own_settings({"name": "pets", "title": "Pets", "height": 8, "width": 8, **changes})
    return bring_in(source, read_layout(source), asked, on_progress=[].append, should_stop=lambda: False)


def nothing_is_left(folder):
    """Whether no dataset, and no half of one, is there."""
    return not folder.exists() or [entry.name for entry in folder.iterdir() if entry.name != ".lock"] == []
