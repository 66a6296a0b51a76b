"""Added tools: their names, and when a compiler helps."""

from drydock.core.launch.additions import part_names, suggests_compiler


def test_names_make_a_sentence():
    assert part_names(("tini",)) == "tini"
    assert part_names(("compiler", "jupyter")) == "Jupyter and a C compiler"
    assert part_names(("compiler", "jupyter", "ssh")) == "Jupyter, an SSH server and a C compiler"


def test_a_compiler_is_suggested_where_triton_works():
    def suggested(compiles=True, has_compiler=False, capabilities=((8, 9),)):
        return suggests_compiler(compiles=compiles, has_compiler=has_compiler, capabilities=capabilities)

    assert suggested()
    assert suggested(has_compiler=None)
    assert suggested(capabilities=((6, 1), (7, 0)))
    assert not suggested(compiles=False)
    assert not suggested(has_compiler=True)
    assert not suggested(capabilities=((6, 1),))
    assert not suggested(capabilities=())
