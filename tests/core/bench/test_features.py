"""Records of the probe ``features`` in words."""

from hypothesis import given
from hypothesis import strategies as st

from drydock.core.bench.features import TITLES, features_of, loader_settings
from drydock.core.bench.records import ErrorRecord, Result
from drydock_probes.feature_checks import CHECKS

HEAD = {"v": 1, "seq": 0, "t": 0.0}


def told(name, passed, values=None, flags=()):
    (feature,) = features_of(
        [Result(**HEAD, slot=f"feature/cuda:0/{name}", passed=passed, values=values or {}, flags=flags)]
    )
    return feature


def test_every_check_has_a_title():
    assert set(TITLES) == set(CHECKS)


def test_attention_says_which_back_end_ran_and_why_others_did_not():
    values = {
        "ran": "flash",
        "dtype": "bfloat16",
        "back_ends": {"flash": {"ms": 1.0}, "efficient": {"ms": 2.0}, "cudnn": {"why": "cuDNN is too old"}},
    }
    feature = told("attention", True, values)
    assert (feature.state, feature.device) == ("works", "cuda:0")
    assert feature.text == "flash by itself (bfloat16); efficient works; cudnn: cuDNN is too old"


def test_what_is_not_there_is_no_failure():
    feature = told("compile", None, {"why": "there is no C compiler"}, ("compiler-missing",))
    assert (feature.state, feature.text) == ("absent", "there is no C compiler")


def test_failures_are_told_with_their_flags_and_reasons():
    values = {"failed": {"solver": "MAGMA is missing"}}
    assert told("libraries", False, values, ("library-failed",)).text == "library-failed; solver: MAGMA is missing"
    error = ErrorRecord(**HEAD, slot="feature/cpu/export", kind="timeout", text="no answer within 120 s\nand more")
    (feature,) = features_of([error])
    assert (feature.state, feature.text) == ("fails", "timeout: no answer within 120 s")


def test_other_records_are_passed_over():
    others = [Result(**HEAD, slot="kernel/cpu/float32", passed=True), ErrorRecord(**HEAD, slot="torch", kind="x")]
    assert features_of(others) == ()


@given(
    st.sampled_from([*TITLES, "newer"]),
    st.sampled_from([True, False, None]),
    st.dictionaries(
        st.sampled_from(
            ["why", "back_ends", "ran", "versions", "failed", "first_call_s", "bytes_per_s", "batch_bytes"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
            max_leaves=4,
        ),
    ),
)
def test_any_values_are_read(name, passed, values):
    feature = told(name, passed, values)
    assert feature.state == {True: "works", False: "fails", None: "absent"}[passed]


def loaded(device="cuda:0", **values):
    whole = {"workers": 4, "pinned": True, "overlapped": True, "samples_per_s": 2300.0, "against_w0": 2.14} | values
    return Result(**HEAD, slot=f"loader/{device}/images", passed=True, values=whole)


def test_a_loader_setting_is_told_as_arguments():
    (setting,) = loader_settings([loaded()])
    assert setting.text == (
        "num_workers=4, pin_memory=True, non_blocking=True: 2,300 samples/s, 2.1 times as fast as without workers"
    )
    (plain,) = loader_settings([loaded("cpu", workers=0, pinned=False, overlapped=False, against_w0=1.0)])
    assert plain.text == "num_workers=0: 2,300 samples/s"


def test_what_is_no_loader_setting_is_passed_over():
    single = Result(**HEAD, slot="loader/cpu/images/w2", passed=True, values={"samples_per_s": 1.0})
    assert loader_settings([single, loaded(workers="four"), loaded(samples_per_s=None)]) == ()
