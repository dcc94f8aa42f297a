#!/usr/bin/env python3
"""Bluenose in short verbs; needs only Python 3.11+ and does all its own set-up in `.venv`.

python3 dev.py demo     load the demo province, show what a storage failure breaks, serve the API
python3 dev.py test     the fast tests
python3 dev.py slow     the slow tests: property tests at full length, faults
python3 dev.py check    lint, types, import layers, generated files
python3 dev.py bench    every figure of docs/performance.md
python3 dev.py lock     renew requirements.lock from pyproject.toml
python3 dev.py schema   write the generated files anew
python3 dev.py run ...  any command inside the environment, such as: run cmdb search payroll
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed"


def install() -> None:
    """The locked requirements and this project in `.venv`; nothing to do when they are there already."""
    wanted = hashlib.sha256(LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Setting up .venv (once) …", flush=True)
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK))
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(wanted)


def run(*command: str) -> None:
    """Run a command in the project; leave with its code when it fails."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(VENV)}
    try:
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    except KeyboardInterrupt:
        code = 130
    if code:
        sys.exit(code)


def demo(*rest: str) -> None:
    run(str(BIN / "cmdb"), "demo", *rest)


def test(*rest: str) -> None:
    run(str(PYTHON), "-m", "pytest", "-n", "3", "--dist", "loadgroup", *rest)


def slow(*rest: str) -> None:
    run(str(PYTHON), "-m", "pytest", "-n", "3", "--dist", "worksteal", "-m", "slow", *rest)


def check() -> None:
    run(str(PYTHON), "-m", "ruff", "check", ".")
    run(str(PYTHON), "-m", "ruff", "format", "--check", ".")
    run(str(PYTHON), "-m", "mypy")
    run(str(BIN / "lint-imports"), "--no-cache")
    run(str(PYTHON), "-m", "api.generated", "--check")


def schema() -> None:
    run(str(PYTHON), "-m", "api.generated")


def bench(*rest: str) -> None:
    run(str(PYTHON), "-m", "benchmarks", *rest)


def lock() -> None:
    run(
        str(PYTHON), "-m", "uv", "pip", "compile", "pyproject.toml", "--group", "dev", "--group", "bench",
        "--extra", "dask", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url",
        "--no-header", "--upgrade", "--quiet", "--output-file", str(LOCK),
    )  # fmt: skip


VERBS = {"demo": demo, "test": test, "slow": slow, "check": check, "bench": bench, "lock": lock, "schema": schema}


def main() -> None:
    verb, *rest = sys.argv[1:] or ["help"]
    if verb not in (*VERBS, "run"):
        sys.exit(__doc__)
    if verb != "lock" or not PYTHON.exists():
        install()
    if verb == "run":
        run(*rest)
    else:
        VERBS[verb](*rest)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit("Bluenose needs Python 3.11 or newer")
    main()
