"""Clean up after a test run that died without cleaning up itself.

A private server (see `tests/servers.py`) starts one watchdog beside it: `python watchdog.py FOLDER`, in a
session of its own, so that Ctrl-C in a terminal does not reach it. The watchdog reads its standard input, a
pipe whose other end only the test process holds. Each line names a process to end: `PID CREATED`, the
second being its creation time in seconds since 1970, so that a reused PID is never mistaken for it. When
the pipe closes, because the test process has closed it or died in any way, SIGKILL included, the watchdog
ends every named process with all its children, removes FOLDER and exits. After a clean stop there is
nothing left to do.

This file runs as a script, outside the package: it imports nothing of the project.
"""

# psutil ships no types.
# mypy: disable-error-code="import-untyped"

import contextlib
import ctypes
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil

IPC_RMID = 0  # <sys/ipc.h>, the same on Linux and macOS


def tree(process: psutil.Process) -> list[psutil.Process]:
    """A process and all below it, itself first. Empty if it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to each of these that still exists."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended. One that only waits for its parent to notice counts as ended."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end_tree(process: psutil.Process, *, within: float = 10) -> None:
    """Kill a process and all below it; return when they are gone, or after `within` seconds.

    The process is frozen first, so that it cannot start another child between the look and the kill.
    """
    signal_all([process], signal.SIGSTOP)
    doomed = tree(process)
    signal_all(doomed, signal.SIGKILL)
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and not all(is_gone(each) for each in doomed):
        time.sleep(0.01)


def forget_shared_memory(folder: Path) -> None:
    """Remove the System V segment a killed PostgreSQL leaves behind.

    PostgreSQL keeps a few bytes of it as a lock on its data folder and names it on line 7 of
    `postmaster.pid` as "key id". The file is there only while the server runs or if it was killed.
    """
    for lock in folder.glob("**/postmaster.pid"):
        lines = lock.read_text().splitlines()
        if len(lines) >= 7 and len(lines[6].split()) == 2:
            ctypes.CDLL(None).shmctl(int(lines[6].split()[1]), IPC_RMID, None)


def clean(folder: Path, processes: list[psutil.Process]) -> None:
    """End the processes and remove every trace of them."""
    for process in processes:
        end_tree(process)
    with contextlib.suppress(OSError):
        forget_shared_memory(folder)
    shutil.rmtree(folder, ignore_errors=True)


def named(line: str) -> psutil.Process | None:
    """The process a line names, if it still is the same one."""
    pid, created = line.split()
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(pid))
        if abs(process.create_time() - float(created)) < 1:
            return process
    return None


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the pipe alone says when it is over
    lines = list(sys.stdin)
    folder = Path(sys.argv[1])
    if folder.exists():
        clean(folder, [process for process in map(named, lines) if process is not None])


if __name__ == "__main__":
    main()
