import os
import subprocess
import sys
import threading
import time

import pytest

from resolver.build.process import Limits, run


def python(code: str, **settings):
    return run([sys.executable, "-c", code], **settings)


def alive(marker: str) -> bool:
    listed = subprocess.run(["ps", "-wweo", "stat,args"], capture_output=True, text=True, check=True).stdout
    return any(marker in line and not line.startswith("Z") for line in listed.splitlines())


def test_keeps_the_tail_and_tells_each_line():
    told = []
    done = python("for i in range(50): print('line', i)", output=told.append, tail_lines=3)
    assert done.ok
    assert done.log.splitlines() == ["line 47", "line 48", "line 49"]
    assert len(told) == 50


def test_exit_codes_and_signals():
    assert python("raise SystemExit(3)").code == 3
    assert python("import os; os.abort()").code == -6


def test_stderr_and_odd_bytes_are_in_the_log():
    done = python(r"import sys; sys.stderr.buffer.write(b'\xff bad\n')")
    assert "bad" in done.log


def test_given_reaches_standard_input():
    assert python("import sys; print(len(sys.stdin.read()))", given=b"x" * 300_000).log == "300000"


def test_without_given_standard_input_is_empty():
    assert python("import sys; print(repr(sys.stdin.read()))").log == "''"


def test_timeout_ends_the_whole_tree():
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    # The child ignores the polite signal, the grandchild lives in the same session.
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', '{marker}']); print('up', flush=True); time.sleep(60)"
    )
    done = python(code, limits=Limits(seconds=1.5))
    assert done.timed_out
    assert not done.ok
    assert done.log == "up"
    assert done.seconds < 15
    assert not alive(marker)


def test_a_grandchild_that_keeps_the_pipe_open_does_not_hang_us():
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('done')"
    start = time.monotonic()
    done = python(code, limits=Limits(seconds=30))
    assert done.ok
    assert time.monotonic() - start < 10


def test_it_ends_with_a_driver_that_is_killed():
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    child = f"print('up', flush=True); import time; time.sleep(60); '{marker}'"
    call = f"run([sys.executable, '-c', {child!r}], output=lambda line: print(line, flush=True))"
    code = f"import sys; from resolver.build.process import run; {call}"
    driver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert driver.stdout.readline() == b"up\n"
    driver.kill()
    driver.wait()
    driver.stdout.close()
    end = time.monotonic() + 10
    while alive(marker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(marker)


def test_memory_limit():
    done = python(
        "import time; x = bytearray(400 << 20); print('got', flush=True); time.sleep(20)", limits=Limits(seconds=30, memory_mb=200)
    )
    assert done.out_of_memory
    assert done.seconds < 15


def test_environment_is_added_or_replaces(monkeypatch):
    monkeypatch.setenv("OURS", "1")
    show = "import os; print(os.environ.get('OURS'), os.environ.get('THEIRS'))"
    assert python(show, environment={"THEIRS": "2"}).log == "1 2"
    assert python(show, environment={"THEIRS": "2"}, inherit=False).log == "None 2"


def test_a_missing_program_is_an_error():
    with pytest.raises(FileNotFoundError):
        run(["/nonexistent/program"])


def test_interrupt_ends_the_tree():
    marker = f"marker-{os.getpid()}-{time.monotonic_ns()}"
    script = f"import sys; from resolver.build.process import run\nrun([sys.executable, '-c', 'import time; time.sleep(60)', '{marker}'])\n"
    outer = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    for _ in range(100):
        if alive(f"time.sleep(60) {marker}"):
            break
        time.sleep(0.1)
    else:
        outer.kill()
        pytest.fail("the child never came up")
    outer.send_signal(2)
    outer.wait(20)
    assert outer.returncode != 0
    assert not alive(f"time.sleep(60) {marker}")


def test_runs_in_several_threads_at_once():
    results = []
    threads = [threading.Thread(target=lambda n=n: results.append(python(f"print({n})").log)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["0", "1", "2", "3"]
