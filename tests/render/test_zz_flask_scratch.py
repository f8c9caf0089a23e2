import sys; sys.path.insert(0,"/work/main/tests/render")
import pytest
from test_layout import *
from test_layout import domain, changes
import rules
@pytest.mark.parametrize("architecture", ["monolith", "modular_monolith"])
@pytest.mark.parametrize("length", [1, 2, 9, 15, 22, 30])
def test_flask(render, architecture, length):
    package = ("p" + "_wordy" * 5)[:length].rstrip("_").ljust(length, "x")
    e = render(architecture=architecture, framework="flask", package_name=package, project_slug="s", domain_preset="custom", domain=domain(length))
    text = changes(e)
    assert not text, text[:3000]
