from drydock.cli.base import ProgressLine


def test_where_nobody_watches_each_stage_is_told_and_what_counts_up_only_now_and_then(capsys):
    line = ProgressLine()
    for text in ("Starting a container…", "Importing torch…", "Running real kernels…"):
        line.show(text, stage=True)
    for number in range(1000):
        line.show(f"{number} of 1000", number / 1000)
    line.show("Putting a load on the GPUs…", stage=True)
    line.show("Putting a load on the GPUs…", stage=True)
    line.end()
    told = capsys.readouterr().err.splitlines()
    stages = [text for text in told if "of 1000" not in text]
    assert stages == [
        "Starting a container…",
        "Importing torch…",
        "Running real kernels…",
        "Putting a load on the GPUs…",
    ]
    assert len(told) - len(stages) < 100


def test_the_first_text_is_told_and_a_long_one_is_cut(capsys):
    ProgressLine().show("x" * 1000, 0.5)
    (told,) = capsys.readouterr().err.splitlines()
    assert told.endswith("x…")
    assert len(told) <= 160


def test_each_phase_of_a_pull_is_told(capsys):
    line = ProgressLine()
    line.show("Asking the registry…")
    for phase in ("downloading", "extracting"):
        for number in range(100):
            line.show(f"{phase}: {number} MB of 100 MB", number / 100)
    told = capsys.readouterr().err.splitlines()
    assert [text.partition(":")[0] for text in told][:3] == ["Asking the registry…", "downloading", "extracting"]
    assert len(told) < 20
