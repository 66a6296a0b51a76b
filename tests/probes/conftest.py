import pytest


@pytest.fixture
def stand_in_torch(tmp_path):
    """A folder for PYTHONPATH with a module called torch that can do nothing, for what is not about torch."""
    package = tmp_path / "stand_in" / "torch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "class Tensor: pass\nclass version: cuda = 'none of this test'\n__version__ = '0.0'\n"
    )
    return package.parent
