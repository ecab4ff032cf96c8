"""A real PostgreSQL server for tests, from Debian's packages, in a folder of its own; None where there is none."""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest


def postgres_url() -> str:
    """The URL of a new, empty database. Skips the test when no server can be started here; with RESOLVER_POSTGRES=required it fails."""
    server, why = _server()
    if not server:
        if os.environ.get("RESOLVER_POSTGRES") == "required":
            pytest.fail(why)
        pytest.skip(why)
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@functools.cache
def _server() -> tuple[str, str]:
    if importlib.util.find_spec("psycopg") is None:
        return "", "psycopg is not installed (pip install '.[postgres]')"
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        return "", "no PostgreSQL server is installed (Debian package postgresql)"
    programs_folder = programs[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            return "", "PostgreSQL does not run as root, and there is no user postgres"
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *options: str) -> None:
        command: Sequence[str] = [*as_user, str(programs_folder / program), "-D", str(folder / "db"), *options]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def stop() -> None:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)

    run("initdb", "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    server = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", server, "start")
    atexit.register(stop)
    return f"postgresql://tester@127.0.0.1:{port}", ""
