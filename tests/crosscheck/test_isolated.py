"""Engines in processes of their own: one that hangs, dies or prints has a verdict, and the next fit goes on."""

from __future__ import annotations

import math
import pickle
import sys

import pytest

from crosscheck import Answer, ladder, load_hsb
from crosscheck.attribution import Cause, opinion
from crosscheck.engines import Isolated, NoAnswer, RecordedEngine, answer_of, engine
from crosscheck.errors import UsageError

SPEC = ladder(["empty"], ["REML"])[0]

MODULE = '''
import os, signal, sys, time
from crosscheck.engines import RecordedEngine

class Moody:
    """Does to the next fit what the specification's note says."""
    name = "moody"
    lacks = ("vcov",)
    definitions = ("bic-n",)
    def cannot(self, spec):
        return "not today" if spec.note == "cannot" else ""
    def fit(self, spec, data):
        if spec.note == "hang": time.sleep(600)
        if spec.note == "die": os.kill(os.getpid(), signal.SIGSEGV)
        if spec.note == "leave": os._exit(3)
        if spec.note == "exit": sys.exit("enough")
        if spec.note == "none": return None
        if spec.note == "print": print("chatter")
        return RecordedEngine("converged").fit(spec, data)
'''


@pytest.fixture(scope="module")
def moody(tmp_path_factory):
    folder = tmp_path_factory.mktemp("engines")
    (folder / "moody_engine.py").write_text(MODULE)
    sys.path.insert(0, str(folder))
    made = engine("moody_engine:Moody", timeout=30)
    yield made
    made.close()
    sys.path.remove(str(folder))


def asked(moody, note, timeout=30.0):
    from dataclasses import replace

    moody.timeout = timeout
    return answer_of(moody, replace(SPEC, note=note), load_hsb())


@pytest.mark.parametrize(
    ("note", "kind", "words", "cause"),
    [
        ("hang", "timed out", "no answer within 2 s", Cause.TIMED_OUT),
        ("die", "died", "by SIGSEGV", Cause.DIED),
        ("leave", "died", "with exit status 3", Cause.DIED),
        ("exit", "raised", "SystemExit: enough", Cause.RAISED),
        ("none", "not a fit", "NoneType", Cause.NOT_A_FIT),
        ("cannot", "cannot", "not today", Cause.CANNOT),
    ],
)
def test_what_an_engine_does_to_itself_is_a_verdict_of_its_own(moody, note, kind, words, cause):
    asked(moody, "")  # it is up by now, so that a short timeout is its own
    answer = asked(moody, note, timeout=2.0 if note == "hang" else 30.0)
    assert isinstance(answer, NoAnswer) and answer.kind == kind and words in answer
    assert opinion(SPEC, load_hsb(), RecordedEngine().fit(SPEC, load_hsb()), answer).cause is cause
    assert isinstance(asked(moody, ""), Answer)  # and the next fit is none the worse


def test_an_answer_crosses_whole_and_what_is_printed_does_not(moody, capfd):
    expected = RecordedEngine("converged").fit(SPEC, load_hsb())
    assert asked(moody, "print") == expected
    assert capfd.readouterr().out == ""
    assert moody.seconds > 0


def test_what_the_engine_declares_is_asked_of_it(moody):
    assert (moody.name, moody.lacks, moody.definitions) == ("moody", ("vcov",), ("bic-n",))
    assert not hasattr(moody, "prints_r_pages")


def test_an_engine_that_cannot_cross_says_so():
    class Local:
        name = "local"

        def fit(self, spec, data):
            return None

    with pytest.raises(UsageError, match="'local' can't be handed to a process of its own"):
        Isolated(Local()).fit(SPEC, load_hsb())


def test_a_reason_keeps_its_kind_when_it_crosses():
    again = pickle.loads(pickle.dumps(NoAnswer("because\nof it", "died")))
    assert again == "because of it" and again.kind == "died"
    assert math.isnan(Isolated(RecordedEngine()).seconds)
