import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.neo4j.server import Neo4jServer, server_version

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
SECRETS = ("NEO4J_PASSWORD", "CMDB_TOKEN")
SERVICES = ("neo4j", "api")


def service(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"][name]
    return found


def bolt_check(port: int) -> list[str]:
    """The health check of the compose file as Docker would run it, aimed at another port."""
    kind, *command = service("neo4j")["healthcheck"]["test"]
    assert kind == "CMD"
    return [part.replace("7687", str(port)).replace("$$", "$") for part in command]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_required_and_have_no_default(secret: str) -> None:
    uses = re.findall(r"\$\{" + secret + r"[^}]*\}", COMPOSE.read_text())
    assert uses
    assert set(uses) == {f"${{{secret}:?set {secret}}}"}
    assert secret not in DOCKERFILE.read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_restarts_is_watched_and_is_limited(name: str) -> None:
    asked = service(name)
    assert asked["restart"] == "unless-stopped"
    assert asked["healthcheck"]["test"]
    assert asked["deploy"]["resources"]["limits"].keys() == {"memory", "cpus", "pids"}
    assert asked["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in asked["ports"])
    assert asked["logging"]["options"].keys() == {"max-size", "max-file"}


def test_neo4j_is_the_community_lts_on_a_named_volume() -> None:
    assert service("neo4j")["image"] == "neo4j:5.26-community"
    volume = service("neo4j")["volumes"][0].partition(":")
    assert volume[2] == "/data"
    assert volume[0] in yaml.safe_load(COMPOSE.read_text())["volumes"]


def test_api_waits_for_neo4j_and_can_write_only_its_state() -> None:
    api = service("api")
    assert api["environment"]["CMDB_STORE"] == "neo4j://neo4j:7687"
    assert api["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert api["read_only"] is True
    assert api["cap_drop"] == ["ALL"]
    assert api["user"].split(":")[0] not in {"", "0", "root"}
    assert "/health" in api["healthcheck"]["test"][-1]


def test_image_is_multi_stage_hashed_and_not_root() -> None:
    text = DOCKERFILE.read_text()
    stages = re.findall(r"^FROM (\S+)", text, re.M)
    assert len(stages) == 2
    assert all("-slim" in stage for stage in stages)
    assert "--require-hashes" in text
    last = text.rpartition("\nFROM ")[2]
    user = re.search(r"^USER (\S+)", last, re.M)
    assert user is not None
    assert user.group(1) not in {"0", "root"}
    assert f"--uid {service('api')['user'].split(':')[0]} " in last


def test_everything_the_image_copies_passes_the_ignore_file() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text(), re.M)
    names = {name for line in copied for name in line.split()}
    assert names == allowed
    assert all((ROOT / name).exists() for name in names)


def test_health_check_needs_a_server_that_speaks_bolt() -> None:
    """A port nobody listens on fails the check."""
    assert subprocess.run(bolt_check(1), capture_output=True, check=False, timeout=10).returncode != 0


@pytest.mark.slow
def test_health_check_follows_a_real_server(neo4j_process: Neo4jServer) -> None:
    """The compose file's own settings, on a server of our own: healthy when up, not when paused or gone."""
    assert server_version(neo4j_process.uri, neo4j_process.auth) == neo4j_process.version
    check = bolt_check(neo4j_process.port)
    assert subprocess.run(check, capture_output=True, check=False, timeout=10).returncode == 0
    neo4j_process.pause()
    assert subprocess.run(check, capture_output=True, check=False, timeout=10).returncode != 0
    neo4j_process.resume()
    neo4j_process.kill()
    assert subprocess.run(check, capture_output=True, check=False, timeout=10).returncode != 0
