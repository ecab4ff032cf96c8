"""Runs inside a built environment and tells what works there; standard library only, CPython 3.6 to 3.13.

    python inside_probe.py SPEC.json RESULT.jsonl

SPEC: {"imports": [...], "names": [...], "distributions": [...], "forward": true, "cuda": false, "item_seconds": 240,
       "rest_seconds": 60, "total_seconds": 600, "memory_mb": 8000,
       "folders": [...] (optional: where distributions are looked for)}
RESULT, one JSON object a line:
    {"kind": "environment", "python": "3.7.16", "installed": [["numpy", "1.16.4"], ...], "needs": [[dist, soname, found], ...]}
    {"kind": "begin", "item": "import", "what": "import numpy"}
    {"kind": "end", "item": ..., "what": ..., "ok": true, "seconds": 0.1, "errors": [...], "stderr": "..."}
    {"kind": "edges", "working": [[importer, provider], ...]}
    {"kind": "finished"}

Everything is tried in one process, as a real program would; when that process dies (signal, exit, silence, memory) the item
that was running gets the blame and a new process goes on after it. Items: "import" (statements), "name" (dotted names),
"distribution" (direct needs), "forward" (one real call per framework), "cuda" (a framework was built with it), "library" (a CUDA library loads), "rest" (what else is installed).
"""

import json
import os
import re
import subprocess
import sys
import time

from inside_installed import Installed, site_folders
from inside_worker import read_rows

WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside_worker.py")
RESTARTS = 6


def tree_memory_mb(pid):
    """Resident memory of a process and its children, by their session."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % entry) as stream:
                fields = stream.read().rsplit(")", 1)[1].split()
            if int(fields[3]) == pid:
                total += int(fields[21])
        except (OSError, IndexError, ValueError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE") // (1 << 20)


def kill_session(pid):
    import signal

    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass


def crash_frames(path, installed):
    """Frames that faulthandler wrote, outermost first."""
    frames = []
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                found = re.match(r'\s*File "(.*)", line (\d+) in (.*)', line)
                if found and not found.group(1).startswith("<") and not os.path.basename(found.group(1)).startswith("inside_"):
                    frames.insert(0, [found.group(1), int(found.group(2)), found.group(3), installed.owner_of_file(found.group(1))])
    except OSError:
        pass
    return frames[-40:]


def watch(process, spec, result, deadline):
    """Wait for one worker; the reason why it was ended, or ""."""
    size, changed, pause = -1, time.time(), 0.02
    while process.poll() is None:
        time.sleep(pause)
        pause = min(0.25, pause * 1.5)
        now_size = os.path.getsize(result) if os.path.exists(result) else 0
        if now_size != size:
            size, changed = now_size, time.time()
        reason = ""
        if time.time() - changed > float(spec.get("item_seconds", 240)):
            reason = "Timeout"
        elif time.time() > deadline:
            reason = "Timeout"
        elif tree_memory_mb(process.pid) > int(spec.get("memory_mb", 8000)):
            reason = "MemoryLimit"
        if reason:
            kill_session(process.pid)
            process.wait()
            return reason
    return ""


def main(spec_path, result):
    with open(spec_path, encoding="utf-8") as stream:
        spec = json.load(stream)
    deadline = time.time() + float(spec.get("total_seconds", 600))
    for _ in range(RESTARTS + 1):
        process = subprocess.Popen([sys.executable, WORKER, spec_path, result], preexec_fn=os.setsid)
        start = time.time()
        reason = watch(process, spec, result, deadline)
        kill_session(process.pid)  # what the tried code left running
        rows = read_rows(result)
        if any(r.get("kind") == "finished" for r in rows):
            return
        ended = set((r["item"], r["what"]) for r in rows if r.get("kind") == "end")
        open_items = [r for r in rows if r.get("kind") == "begin" and (r["item"], r["what"]) not in ended]
        if not open_items:
            with open(result, "a", encoding="utf-8") as stream:
                stream.write(json.dumps({"kind": "broken", "code": process.returncode, "reason": reason}) + "\n")
            return
        code = process.returncode
        if not reason:
            reason = "Killed" if code == -9 else "Signal" if code < 0 else "Exit"
        try:
            with open(result + ".stderr", "rb") as stream:
                tail = stream.read()[-3000:].decode("utf-8", "replace")
        except OSError:
            tail = ""
        error = {
            "type": reason,
            "message": {
                "Signal": "the process died with signal %d" % -code,
                "Killed": "the process was killed",
                "Exit": "the process left with code %d" % code,
                "Timeout": "no answer in time",
                "MemoryLimit": "more than %s MB of memory" % spec.get("memory_mb", 8000),
            }[reason],
            "frames": crash_frames(result + ".crash", Installed(site_folders(spec.get("folders")))),
        }
        with open(result, "a", encoding="utf-8") as stream:
            stream.write(
                json.dumps(
                    {
                        "kind": "end",
                        "item": open_items[-1]["item"],
                        "what": open_items[-1]["what"],
                        "ok": False,
                        "seconds": round(time.time() - start, 3),
                        "errors": [error],
                        "stderr": tail,
                    }
                )
                + "\n"
            )
        if time.time() > deadline:
            return


def prepare_environment():
    os.environ.setdefault("MPLBACKEND", "Agg")
    os.environ.setdefault("PYGLET_SHADOW_WINDOW", "0")  # as the written Dockerfile does
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["HOME"] = "/tmp"
    os.environ["PYTHONWARNINGS"] = "ignore"
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "WANDB_DISABLED", "NO_ALBUMENTATIONS_UPDATE"):
        os.environ.setdefault(name, "1")
    os.chdir("/tmp")


if __name__ == "__main__":
    spec_file, result_file = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    prepare_environment()
    main(spec_file, result_file)
