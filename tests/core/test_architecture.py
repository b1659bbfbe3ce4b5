"""The directions of the house, proven by what a fresh process has loaded."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "pages").glob("*.py"))
PARTS = sorted((ROOT / "pages" / "parts").rglob("*.py"))

LOADED = """
import sys
heavy = {"tensorflow", "keras", "sklearn", "streamlit"}
print("loaded:", *sorted(heavy & {name.partition(".")[0] for name in sys.modules}))
"""


def loaded_after(code, **environment):
    """Which of the heavy libraries a fresh process has loaded after ``code``."""
    result = subprocess.run(
        [sys.executable, "-c", code + LOADED],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    last = result.stdout.splitlines()[-1]
    assert last.startswith("loaded:"), result.stdout
    return set(last.split()[1:])


def imports_of(path):
    """The statements that a file runs to import something, as they stand at its top level."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return "\n".join(ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom))


def test_the_probe_sees_what_is_loaded():
    assert "sklearn" in loaded_after("import sklearn")


def test_importing_the_core_imports_nothing_else():
    code = "import sys; before = set(sys.modules); import cnn_core; print(sorted(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "['cnn_core']"


def test_what_the_pages_import_loads_neither_tensorflow_nor_keras():
    assert len(PAGES) > 3
    assert len(PARTS) > 3
    parts = "\n".join(f"import {'.'.join(path.relative_to(ROOT).with_suffix('').parts)}" for path in PARTS)
    pages = "\n".join(imports_of(path) for path in PAGES)
    assert "from cnn_core" in pages
    loaded = loaded_after(f"{parts}\n{pages}")
    assert "streamlit" in loaded
    assert not loaded & {"tensorflow", "keras"}


def test_the_first_paint_of_every_page_loads_neither_tensorflow_nor_keras(tmp_path):
    names = [path.name for path in PAGES if path.name != "shell.py"]
    code = f"""
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("pages/shell.py", default_timeout=60).run()
for name in {names!r}:
    app.switch_page(name).run()
    assert not app.exception, app.exception
    assert len(app.title) == 1, name
"""
    loaded = loaded_after(code, CNN_LAB_RUNS=str(tmp_path / "runs"))
    assert not loaded & {"tensorflow", "keras"}


def test_the_first_paint_of_a_link_to_a_tab_loads_neither_tensorflow_nor_keras(tmp_path):
    code = """
import sys
from streamlit.testing.v1 import AppTest
for tab in ("Network", "Training", "Augmentation", "Transfer", "Learning-rate test", "Code"):
    app = AppTest.from_file("pages/shell.py", default_timeout=60)
    app.query_params = {"view": "setup", "tab": tab}
    app.switch_page("train.py").run()
    assert not app.exception, app.exception
    assert [one.label for one in app.tabs] and app.session_state["tab"] == tab
    assert not {"tensorflow", "keras"} & set(sys.modules), tab
"""
    loaded = loaded_after(code, CNN_LAB_RUNS=str(tmp_path / "runs"))
    assert not loaded & {"tensorflow", "keras"}


def test_the_api_knows_no_screen_and_loads_no_tensorflow_before_a_picture_comes():
    code = "from cnn_core.api.app import create_api; create_api()"
    assert not loaded_after(code) & {"streamlit", "tensorflow", "keras"}


def test_figures_know_neither_streamlit_nor_keras():
    modules = sorted(path.stem for path in (ROOT / "cnn_core" / "figures").glob("[!_]*.py"))
    code = "\n".join(f"import cnn_core.figures.{name}" for name in modules)
    assert not loaded_after(code) & {"streamlit", "tensorflow", "keras"}


@pytest.mark.parametrize("command", ["runs", "presets", "datasets"])
def test_the_quick_commands_do_not_wait_for_tensorflow(command):
    code = f"""
import sys
sys.argv = ["cnn_core", "{command}", "--json"]
from cnn_core.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
"""
    assert not loaded_after(code) & {"tensorflow", "keras", "streamlit"}


def test_the_core_never_imports_a_screen():
    guilty = []
    for path in (ROOT / "cnn_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            guilty += [(path.name, name) for name in names if name.split(".")[0] in ("streamlit", "pages")]
    assert guilty == []
