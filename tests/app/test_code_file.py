"""The JavaScript of our components: addresses that change with the content, files that a browser keeps."""

import gzip

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.parts.code_file import CodeFile, routes


@pytest.fixture
def browser():
    return TestClient(Starlette(routes=routes()))


def file_of(folder, content):
    path = folder / "part.js"
    path.write_text(content)
    return CodeFile(path)


def test_a_file_is_served_to_be_kept_for_good(tmp_path, browser):
    file = file_of(tmp_path, "export const one = 1;")
    response = browser.get(file.address)
    assert response.text == "export const one = 1;"
    assert response.headers["content-type"].startswith("text/javascript")
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-encoding"] == "gzip"
    assert gzip.decompress(file.compressed) == b"export const one = 1;"


def test_the_address_changes_with_the_content(tmp_path):
    first, same, other = (file_of(tmp_path, content).address for content in ("1", "1", "2"))
    assert first == same != other
    assert first.startswith("/cnn-lab/part-")


def test_parts_are_served_as_one_file_in_their_order(tmp_path, browser):
    (tmp_path / "first.js").write_text("const one = 1;")
    (tmp_path / "last.js").write_text("export const two = one + 1;")
    file = CodeFile(tmp_path / "first.js", tmp_path / "last.js")
    assert file.address.startswith("/cnn-lab/last-")
    assert browser.get(file.address).text == "const one = 1;\nexport const two = one + 1;"


def test_a_file_that_is_made_after_the_routes_is_served_too(tmp_path, browser):
    assert browser.get(file_of(tmp_path, "later").address).status_code == 200


@pytest.mark.parametrize("name", ["part-000000000000.js", "..%2Fapp.py", "%2e%2e/app.py", ""])
def test_anything_else_is_not_there(name, browser):
    assert browser.get(f"/cnn-lab/{name}").status_code == 404


def test_behind_a_proxy_the_address_begins_with_its_path(tmp_path, monkeypatch):
    monkeypatch.setattr(st, "get_option", lambda name: "/lab" if name == "server.baseUrlPath" else None)
    address = file_of(tmp_path, "1").address
    assert address.startswith("/lab/cnn-lab/part-")
    assert TestClient(Starlette(routes=routes())).get(address).text == "1"
