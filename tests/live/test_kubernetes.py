"""The Kubernetes API, replayed as it lists objects: items without a kind, and words to continue with that expire."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb.model.errors import InvalidInput
from importers.live import kubernetes
from importers.live.kubernetes import RESOURCES, SECRET, Resource, object_of
from tests.live.estate import estate_of
from tests.live.service import SECRET as TOKEN_TEXT
from tests.live.service import Question, Reply, fetched, serving

Item = dict[str, Any]


def item(name: str, namespace: str = "shop", /, spec: Item | None = None, **metadata: Any) -> Item:
    return {"metadata": {"name": name, "namespace": namespace, "uid": "u", "managedFields": [], **metadata},
            "spec": spec or {}}  # fmt: skip


POD: Item = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "containers": [{"name": "web", "env": [{"name": "PASSWORD", "value": "hunter2"}], "args": ["--key=hunter2"]}],
        "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}],
    },
}
PAYLOAD: dict[str, list[Item]] = {
    "api/v1/nodes": [{"metadata": {"name": "n1"}, "status": {"capacity": {"cpu": "4"}}}],
    "apis/apps/v1/deployments": [
        item("web", spec={"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": POD}, annotations={
            "kubectl.kubernetes.io/last-applied-configuration": "hunter2", "kubernetes.io/description": "The shop"}),
        *(item(f"other-{number}", spec={"replicas": 1, "template": {}}) for number in range(4)),
    ],
    "api/v1/pods": [item("web-1", spec={"nodeName": "n1", **POD["spec"]}, labels={"app": "web"}, ownerReferences=[
        {"kind": "ReplicaSet", "name": "web-abc"}])],
    "apis/apps/v1/replicasets": [item("web-abc", ownerReferences=[{"kind": "Deployment", "name": "web"}])],
    "api/v1/services": [item("web", spec={"selector": {"app": "web"}})],
    "api/v1/persistentvolumeclaims": [item("data", spec={"volumeName": "pv1"})],
    "api/v1/persistentvolumes": [{"metadata": {"name": "pv1"}, "spec": {
        "capacity": {"storage": "1Ti"}, "csi": {"volumeAttributes": {"password": "hunter2"}}}}],
    "apis/networking.k8s.io/v1/ingresses": [item("web", spec={"rules": [{"host": "shop.example.org", "http": {
        "paths": [{"backend": {"service": {"name": "web"}}}]}}]})],
    "apis/policy/v1/poddisruptionbudgets": [item("web", spec={"selector": {"matchLabels": {"app": "web"}},
                                                              "minAvailable": 2})],
}  # fmt: skip
ROUTES = "apis/gateway.networking.k8s.io/v1/httproutes"
KINDS = {resource.path: resource.kind for resource in RESOURCES}


def replayed(payload: dict[str, list[Item]]) -> Callable[[Question], Reply]:
    """Answers as the API gives them; the word to continue with is where to."""

    def answer(question: Question) -> Reply:
        path = question.path.removeprefix("/k8s/clusters/c-1/")
        if path == ROUTES:
            return Reply(b"404 page not found\n", 404)
        items = payload.get(path, [])
        begin = int(question.query.get("continue", 0))
        end = begin + int(question.query["limit"])
        metadata = {"resourceVersion": "7", **({"continue": str(end)} if end < len(items) else {})}
        return Reply(
            {"kind": f"{KINDS[path]}List", "apiVersion": "v1", "metadata": metadata, "items": items[begin:end]}
        )

    return answer


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes, "SIZE", 2)


def fetch(answer: Callable[[Question], Reply], folder: Path) -> Path:
    with serving(answer) as service:
        service.path = "/k8s/clusters/c-1"
        path = fetched(service, "kubernetes", folder)
        assert {question.headers["authorization"] for question in service.asked} == {f"Bearer {TOKEN_TEXT}"}
    return path


def test_a_cluster(tmp_path: Path) -> None:
    path = fetch(replayed(PAYLOAD), tmp_path / "x")
    cis, relations, pools = estate_of(path, "kubernetes", tmp_path / "store")
    web = "kubernetes:deployment:shop/web"
    assert cis[web].attributes["description"] == "The shop"
    assert {
        ("kubernetes:service:shop/web", "depends_on", web), (f"{web}/0", "runs_on", "kubernetes:node:n1"),
        ("kubernetes:ingress:shop/web", "depends_on", "kubernetes:service:shop/web"),
        (web, "stores_data_on", "kubernetes:persistentvolumeclaim:shop/data"),
        ("kubernetes:persistentvolumeclaim:shop/data", "hosted_on", "kubernetes:persistentvolume:pv1"),
    } <= relations  # fmt: skip
    assert [(pool.ci, pool.required, pool.full) for pool in pools] == [(web, "2", "2")]
    assert len([id_ for id_ in cis if ":deployment:shop/other-" in id_]) == 4
    assert all("hunter2" not in file.read_text() for file in path.iterdir())
    assert f"{ROUTES}: not known to this cluster" in (path / "FETCHED.txt").read_text()


def _expiring(times: int) -> Callable[[Question], Reply]:
    """A cluster that forgets the state of a list while it is read, so many times."""
    left = [times]

    def answer(question: Question) -> Reply:
        if "continue" in question.query and left[0] > 0:
            left[0] -= 1
            return Reply({"kind": "Status", "code": 410, "reason": "Expired"}, 410)
        return replayed(PAYLOAD)(question)

    return answer


def test_begins_again_where_pages_expire(tmp_path: Path) -> None:
    path = fetch(_expiring(2), tmp_path / "x")
    items = json.loads((path / "Deployment.json").read_text())["items"]
    assert [one["metadata"]["name"] for one in items] == ["web", *(f"other-{number}" for number in range(4))]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (_expiring(9), "INCOMPLETE_PAGES"), (replayed({}), "INCOMPLETE_PAGES"),
        (lambda question: Reply({"kind": "Status", "message": "LEAK"}, 403), "LOGIN_REFUSED"),
        (lambda question: Reply(b"404 page not found", 404), "FETCH_REFUSED"),
        (lambda question: Reply({"kind": "Status"}), "BAD_ANSWER"), (lambda question: Reply([]), "BAD_ANSWER"),
        (lambda question: Reply({"metadata": {}, "items": [{"metadata": {"name": 1}}]}), "BAD_ANSWER"),
        (lambda question: Reply({"metadata": {"continue": 1}, "items": []}), "BAD_ANSWER"),
        (lambda question: Reply({"items": []}), "BAD_ANSWER"),
        (lambda question: Reply({"metadata": {"continue": "x"}, "items": [item("a")]}), "INCOMPLETE_PAGES"),
    ],
)  # fmt: skip
def test_answers_that_are_refused(answer: Callable[[Question], Reply], code: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        fetch(answer, tmp_path / "x")
    assert caught.value.problems[0].code == code
    assert "LEAK" not in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_a_list_closed_to_the_login_is_no_empty_list(tmp_path: Path) -> None:
    def answer(question: Question) -> Reply:
        return Reply({}, 403) if question.path.endswith("/pods") else replayed(PAYLOAD)(question)

    with pytest.raises(InvalidInput) as caught:
        fetch(answer, tmp_path / "x")
    assert caught.value.problems[0].code == "LOGIN_REFUSED"


_words = st.sampled_from(["metadata", "name", "spec", "annotations", "env", "data", "items", "labels", "containers"])
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1) | st.floats() | st.text(max_size=6)
    | st.just("hunter2"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
_items = _values | st.fixed_dictionaries(
    {"metadata": st.fixed_dictionaries({"name": st.text(max_size=5)}, optional={"annotations": _values})},
    optional={"spec": _values, "env": _values, "status": _values},
)


def _names(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    return set[str]().union(*map(_names, value)) if isinstance(value, list) else set()


def _any_item(resource: Resource, value: Any) -> None:
    found = object_of(resource, value)
    if found is not None:
        assert (found["kind"], found["apiVersion"]) == (resource.kind, resource.version)
        assert not _names(found) & SECRET
        assert "kubectl.kubernetes.io/last-applied-configuration" not in _names(found)
        orjson.dumps(found)


@settings(max_examples=300, deadline=None, database=None)
@given(st.sampled_from(RESOURCES), _items)
def test_any_item(resource: Resource, value: Any) -> None:
    _any_item(resource, value)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, database=None)
@given(st.sampled_from(RESOURCES), _items)
def test_any_item_at_length(resource: Resource, value: Any) -> None:
    _any_item(resource, value)
