"""The API keeps what its description promises, whatever it is asked: schemathesis asks."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Mount

from cnn_core.api.app import create_api
from cnn_core.api.limits import Limits
from cnn_core.inference import classifier, loaded
from cnn_core.inference.loaded import LoadedRuns
from tests.core.test_api import FakeNetwork, picture

# Beside any bytes: pictures, and what begins like one.
PICTURES = [picture(seed, side) for seed, side in enumerate((1, 8, 28, 60))]
schemathesis.openapi.format(
    "binary",
    st.one_of(st.sampled_from(PICTURES), st.sampled_from(PICTURES).map(lambda content: content[:-20]), st.binary()),
)

schemathesis.serializer.alias("application/zip", "application/octet-stream")

# Where a server that lies under a path of its own would have it.
APP = Starlette(routes=[Mount("/lab/api", app=create_api(Limits(rate=0), LoadedRuns()))])

described = schemathesis.openapi.from_asgi("/lab/api/v1/openapi.json", APP)


@pytest.fixture(autouse=True)
def network(monkeypatch):
    monkeypatch.setattr(loaded, "load_network", lambda *_: FakeNetwork())
    # The features of the real network cannot be asked for here.
    monkeypatch.setattr(classifier, "read_outliers", lambda _run: None)
    for module in (classifier, loaded):
        monkeypatch.setattr(module, "read_adaptation", lambda _run: None)


@described.parametrize()
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described_and_none_is_a_failure_of_the_server(case):
    case.call_and_validate()


def test_the_description_is_valid_and_names_where_the_api_lies():
    described.validate()
    assert described.raw_schema["openapi"] == "3.1.0"
    assert described.raw_schema["servers"] == [{"url": "/lab/api/v1"}]
    assert set(described.raw_schema["paths"]) == {"/predict", "/runs", "/health"}
