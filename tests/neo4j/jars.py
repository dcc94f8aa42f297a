"""The jars of a Neo4j Community server, fetched once with Maven and checked against `jars.sha256` at every use."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.neo4j.unavailable import Unavailable

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
CHECKSUMS = HERE / "jars.sha256"
FETCH_TIMEOUT_S = 1200
JAVA_FOR_5_26 = (17, 21)


def pinned_version() -> str:
    """The Neo4j version `pom.xml` asks for."""
    found = re.search(r"<neo4j\.version>([^<]+)<", POM.read_text())
    if found is None:
        raise ValueError(f"{POM} names no neo4j.version")
    return found.group(1)


def jar_directory() -> Path:
    """Where the jars are kept: `BLUENOSE_NEO4J_JARS`, or a directory of the user's cache named after the version."""
    if chosen := os.environ.get("BLUENOSE_NEO4J_JARS"):
        return Path(chosen)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bluenose" / f"neo4j-{pinned_version()}"


def ensure_jars() -> Path:
    """The directory of checked jars, fetched first when it is not there. Raises Unavailable with the reason."""
    directory = jar_directory()
    directory.parent.mkdir(parents=True, exist_ok=True)
    with locked(directory.parent / f".{directory.name}.lock"):
        if not directory.exists():
            fetch_into(directory)
        if wrong := wrong_jars(directory):
            raise Unavailable(
                f"{len(wrong)} jars in {directory} differ from jars.sha256 (first: {wrong[0]}); delete it to fetch anew"
            )
    return directory


def wrong_jars(directory: Path) -> list[str]:
    """Names of jars that are missing, changed, or not in the list; empty when the directory is exactly as pinned."""
    expected = {name: digest for digest, name in map(str.split, CHECKSUMS.read_text().splitlines())}
    present = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in directory.glob("*.jar")}
    return sorted(name for name in expected.keys() | present.keys() if expected.get(name) != present.get(name))


def fetch_into(directory: Path) -> None:
    """Have Maven copy the jars to a staging folder, then rename it, so a broken fetch leaves none."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable(f"Maven (mvn) is not on the PATH and {directory} has no jars")
    with tempfile.TemporaryDirectory(dir=directory.parent) as temporary:
        staging = Path(temporary) / "jars"
        staging.mkdir()
        run_maven(maven, staging)
        if wrong := wrong_jars(staging):
            raise Unavailable(f"Maven fetched {len(wrong)} jars that differ from jars.sha256 (first: {wrong[0]})")
        staging.rename(directory)


def run_maven(maven: str, into: Path) -> None:
    """Run the one Maven goal that resolves and copies the jars."""
    command = [maven, "-B", "-q", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"Maven did not fetch the Neo4j jars within {FETCH_TIMEOUT_S} s") from None
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line] or ["no message"]
        raise Unavailable(f"Maven could not fetch the Neo4j jars: {errors[0]}")


def find_java() -> str:
    """A Java that runs this Neo4j (17 or 21), from JAVA_HOME or the PATH. Raises Unavailable with what was found."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        raise Unavailable("no Java: neither JAVA_HOME nor the PATH has a java")
    if java_version(java) not in JAVA_FOR_5_26:
        raise Unavailable(f"{java} is Java {java_version(java)}; Neo4j {pinned_version()} wants 17 or 21")
    return java


def java_version(java: str) -> int:
    """The feature version of a Java: 17 for `openjdk version "17.0.15"`."""
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr)
    if found is None:
        raise Unavailable(f"{java} -version answered {done.stderr.strip()[:200]!r}")
    return int(found.group(1))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; other processes wait. The system drops it when the holder dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
