"""What Ctrl-C does by phase, and that no library swallows it for good: in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from remix.util import interrupts
from tests.conftest import python_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")

HEAD = """
import ctypes, os, signal, sys, threading, time
from remix.util import interrupts
interrupts.PATIENCE = 1.0
def press(): os.kill(os.getpid(), signal.SIGINT)
def say(word): os.write(1, word.encode() + b" ")
sys.unraisablehook = lambda said: interrupts.swallowed()
interrupts.install(lambda: say("gently"), lambda: say("at-once"))
"""


def told(code: str) -> tuple[int, list[str]]:
    """The exit status of a program, and the words that the program says."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + code],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | python_path(),
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.split()


def test_before_a_command_works_the_process_ends_at_once() -> None:
    assert told("press(); say('never')") == (130, ["at-once"])


def test_while_a_command_works_the_exception_is_raised_once() -> None:
    code = """
try:
    with interrupts.Working():
        press()
        say("never")
except KeyboardInterrupt:
    say("raised")
    time.sleep(0.3)
    interrupts.end_stopped()
"""
    assert told(code) == (130, ["raised"])


@pytest.mark.parametrize(
    "swallowing",
    [
        "ctypes.CFUNCTYPE(None)(press)()",
        "ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda _: press())(1)",
        "type('Dying', (), {'__del__': lambda self: press()})()",
    ],
    ids=["a callback of C", "a callback with a result", "a destructor"],
)
def test_what_swallows_the_exception_delays_ctrl_c(swallowing: str) -> None:
    code = f"""
try:
    with interrupts.Working():
        {swallowing}
        time.sleep(60)
except KeyboardInterrupt:
    say("raised")
    interrupts.end_stopped()
"""
    assert told(code) == (130, ["raised"])


def test_a_library_that_ignores_every_exception_is_ended() -> None:
    code = """
with interrupts.Working():
    try:
        press()
    except BaseException:
        time.sleep(60)
"""
    assert told(code) == (130, ["at-once"])


def test_c_code_that_never_returns_is_ended() -> None:
    code = """
mutex = ctypes.create_string_buffer(256)
threading.Timer(0.2, press).start()
with interrupts.Working():
    for _ in range(2):
        ctypes.CDLL(None).pthread_mutex_lock(mutex)
"""
    assert told(code) == (130, ["at-once"])


def test_a_run_that_has_begun_is_stopped_gently_and_at_once_by_the_second_ctrl_c() -> None:
    code = """
stop = threading.Event()
with interrupts.Working():
    interrupts.stop_gently(stop)
    os.kill(os.getpid(), signal.SIGTERM)
    assert stop.wait(5)
    time.sleep(1.5)
    say("goes-on")
    press()
    time.sleep(60)
"""
    assert told(code) == (130, ["gently", "goes-on", "at-once"])


def test_the_second_ctrl_c_ends_a_command_that_was_late_to_hear_of_the_first() -> None:
    """It was taken for one of the signals that remix had sent itself meanwhile, of which the system keeps one."""
    code = """
interrupts.PATIENCE = 60.0
sigint = {signal.SIGINT}
try:
    with interrupts.Working():
        threading.Timer(0.1, press).start()
        signal.pthread_sigmask(signal.SIG_BLOCK, sigint)
        ctypes.CDLL(None).usleep(900_000)
        time.sleep(10)
except KeyboardInterrupt:
    say("raised")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, sigint)
    press()
    time.sleep(10)
    say("never")
"""
    assert told(code) == (130, ["raised", "at-once"])


def test_no_run_begins_after_a_ctrl_c_that_was_swallowed() -> None:
    code = """
stop = threading.Event()
try:
    with interrupts.Working():
        ctypes.CFUNCTYPE(None)(press)()
        interrupts.stop_gently(stop)
        say("never")
except KeyboardInterrupt:
    say("raised")
    interrupts.end_stopped()
"""
    assert told(code) == (130, ["raised"])


def test_a_command_that_has_finished_stays_finished() -> None:
    code = """
with interrupts.Working():
    pass
press()
say("finished")
"""
    assert told(code) == (0, ["finished"])


def test_ctrl_c_ends_the_wait_for_c_code_in_a_thread() -> None:
    code = """
try:
    with interrupts.Working():
        threading.Timer(0.2, press).start()
        interrupts.in_thread(lambda: ctypes.CDLL(None).sleep(60))
except KeyboardInterrupt:
    say("raised")
    interrupts.end_stopped()
"""
    assert told(code) == (130, ["raised"])


def test_a_thread_gives_its_result_or_its_error() -> None:
    assert interrupts.in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        interrupts.in_thread(lambda: 1 // 0)


def test_without_a_handler_of_its_own_remix_leaves_ctrl_c_to_others() -> None:
    """A program that imports remix has a Ctrl-C of its own."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    interrupts.stop_gently(threading.Event())
    with interrupts.Working():
        interrupts.check()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert not interrupts.is_pressed()
