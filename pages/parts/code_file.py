"""The JavaScript of our components, as files that a browser fetches once.

Streamlit sends the code that a component is made of anew with each of its updates. So what it is made of is a few lines
that load a file, and the file has an address that changes with its content, so that browsers keep it.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.parts.address import rooted

_FOLDER = "cnn-lab"


class CodeFile:
    """A file of JavaScript, or several as one. Its address changes with its content.

    That of a component is a module that exports ``draw(component, host)``, called when the component appears or gets
    new data, which must name the file: ``data={"code": file.address, …}``. It may return what is called when the host
    has gone.

    Args:
        paths: Of the file, or of its parts in their order; the last one names it.
    """

    def __init__(self, *paths: Path) -> None:
        self._code = b"\n".join(path.read_bytes() for path in paths)
        self._name = f"{paths[-1].stem}-{hashlib.sha256(self._code).hexdigest()[:12]}.js"
        _FILES[self._name] = self

    @property
    def address(self) -> str:
        """Where the browser finds it."""
        return rooted(f"{_FOLDER}/{self._name}")

    @functools.cached_property
    def compressed(self) -> bytes:
        """The file as gzip sends it. Plotly's takes half a second."""
        return gzip.compress(self._code, compresslevel=6)


_FILES: dict[str, CodeFile] = {}


def routes() -> list[Route]:
    """What the app must serve for all of them, those that are made later too.

    To be called when the server's settings are known.
    """
    return [Route(rooted(f"{_FOLDER}/{{name}}"), _serve)]


def _serve(request: Request) -> Response:
    file = _FILES.get(request.path_params["name"])
    if file is None:
        return Response("There is no such file. Reload the page.", status_code=404, media_type="text/plain")
    return Response(
        file.compressed,
        media_type="text/javascript",
        headers={"Content-Encoding": "gzip", "Cache-Control": "public, max-age=31536000, immutable"},
    )


def loader(host: str) -> str:
    """What a component is made of: it draws into the element of class ``host`` that its HTML has.

    The import is resolved from the page: the component's own code has no address that a path could begin at. What could
    not be loaded is tried again at the next data: then only its own message goes.
    """
    return f"""
export default (component) => {{
  const host = component.parentElement.querySelector('.{host}');
  const fail = (error) => {{
    host.cnnLabProblem = document.createElement('p');
    host.cnnLabProblem.textContent = 'This part could not be loaded (' + error.message + '). Reload the page.';
    host.replaceChildren(host.cnnLabProblem);
  }};
  import(new URL(component.data.code, document.baseURI).href)
    .then((code) => {{
      host.cnnLabProblem?.remove();
      host.cnnLabEnd = code.draw(component, host) ?? host.cnnLabEnd;
    }})
    .catch(fail);
  return () => {{ if (!host.isConnected) host.cnnLabEnd?.(); }};
}};
"""
