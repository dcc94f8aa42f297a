"""The graph bank: VMs move between hosts, one edge off and one on in one transaction; nobody ever sees two, or none."""

import os
from random import Random
from threading import Event, Thread

from cmdb.model.changeset import Changeset
from cmdb.model.ci import CI, CiId, Relation
from cmdb.model.model import standard_model
from cmdb.store.port import Store
from impact.graph import PROVIDER
from impact.snapshot import Snapshot

VMS, HOSTS = 20, 5
MOVES = int(os.environ.get("BLUENOSE_MOVES", "150"))


def ci(name: str, kind: str) -> CI:
    return CI(CiId(name), kind, name, "shared", "live", "{}", "test")


def hosted(vm: str, host: str) -> Relation:
    return Relation(CiId(vm), "hosted_on", CiId(host), "", "", "test")


def move(store: Store, done: Event) -> None:
    """Make MOVES moves, each one changeset."""
    random, at = Random(1), {f"vm-{n}": "host-0" for n in range(VMS)}
    for _ in range(MOVES):
        vm = random.choice(sorted(at))
        old, new = at[vm], f"host-{random.randrange(HOSTS)}"
        if old != new:
            change = Changeset("me", "test", put_relations=[hosted(vm, new)], remove_relations=[hosted(vm, old).key])
            store.apply(change)
            at[vm] = new
    done.set()


def test_every_reading_has_exactly_one_host_per_vm(store: Store) -> None:
    cis = [ci(f"vm-{n}", "virtual_machine") for n in range(VMS)] + [ci(f"host-{n}", "hypervisor") for n in range(HOSTS)]
    store.apply(Changeset("me", "test", put_cis=cis, put_relations=[hosted(f"vm-{n}", "host-0") for n in range(VMS)]))
    done, snapshot = Event(), Snapshot(store, standard_model())
    writer = Thread(target=move, args=(store, done))
    writer.start()
    readings, revisions = 0, set[int]()
    vms = [CiId(f"vm-{n}") for n in range(VMS)]
    while not done.is_set() or readings < 3:
        dump = store.dump()
        assert sorted(r.from_id for r in dump.relations) == sorted(vms), dump.head
        assert sorted(r.from_id for r in store.around(vms).relations) == sorted(vms)
        estate = snapshot.current().estate
        for vm in vms:
            at = estate.register.find(vm)
            assert at is not None
            assert estate.graph.providers.rows(at)[PROVIDER].shape == (1,), (estate.revision, vm)
        revisions.add(estate.revision)
        readings += 1
    writer.join()
    assert len(revisions) > 1
    assert snapshot.current().estate.revision == store.head().revision
