"""The JavaScript of our components, as files that a browser fetches once.

Streamlit sends the code that a component is made of anew with each of its updates. So what it is made of is a few lines
that load a file, and the file has an address that changes with its content, so that browsers keep it.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.parts.address import rooted


class CodeFile:
    """A JavaScript module that exports ``draw(component)``, called when its component appears or gets new data.

    The component's data must name the file: ``data={"code": file.address, …}``.
    """

    def __init__(self, path: Path) -> None:
        code = path.read_bytes()
        self._compressed = gzip.compress(code)
        self._path = f"cnn-lab/{path.stem}-{hashlib.sha256(code).hexdigest()[:12]}.js"

    @property
    def address(self) -> str:
        """Where the browser finds it."""
        return rooted(self._path)

    def route(self) -> Route:
        """What the app must serve. To be called when the server's settings are known."""
        return Route(self.address, self._serve)

    def _serve(self, _request: Request) -> Response:
        return Response(
            self._compressed,
            media_type="text/javascript",
            headers={"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"},
        )


def loader(host: str) -> str:
    """What a component is made of: it draws into the element of class ``host`` that its HTML has.

    The import is resolved from the page: the component's own code has no address that a path could begin at.
    """
    return f"""
export default (component) => {{
  const host = component.parentElement.querySelector('.{host}');
  import(new URL(component.data.code, document.baseURI).href)
    .catch((error) => {{
      host.textContent = 'This part could not be loaded (' + error.message + '). Reload the page.';
    }})
    .then((code) => code?.draw(component, host));
}};
"""
