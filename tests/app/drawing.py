"""What a browser's canvas sends to the Classify page."""

import base64
import io

import numpy as np
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

PAPER, INK = "#FFFFFF", "#111111"
SIDE = 280


def picture_of(*boxes: tuple[int, int, int, int], paper: str = PAPER, ink: str = INK) -> Image.Image:
    """A drawing of filled boxes: left, top, right, bottom in pixels."""
    image = Image.new("RGB", (SIDE, SIDE), paper)
    for box in boxes:
        ImageDraw.Draw(image).rectangle(box, fill=ink)
    return image


def send(app: AppTest, image: Image.Image | np.ndarray, strokes: int = 1, *, stroke: str = INK) -> AppTest:
    """The canvas sends that many strokes, and what they look like together."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, "PNG")
    address = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    objects = [{"type": "Path", "stroke": stroke, "number": number} for number in range(strokes)]
    app.session_state["canvas"] = {"drawing": {"raw": {"objects": objects}, "data": address}, "backgroundFit": None}
    return app.run()
