"""The payload of every importer: one row each."""

from tests.importers.payloads.backstage import BACKSTAGE
from tests.importers.payloads.cyclonedx import CYCLONEDX
from tests.importers.payloads.itop import ITOP
from tests.importers.payloads.kubernetes import KUBERNETES
from tests.importers.payloads.netbox import NETBOX
from tests.importers.payloads.payload import Payload
from tests.importers.payloads.tables import MAPPED, NATIVE
from tests.importers.payloads.terraform import TERRAFORM

PAYLOADS: tuple[Payload, ...] = (MAPPED, NATIVE, BACKSTAGE, NETBOX, CYCLONEDX, TERRAFORM, KUBERNETES, ITOP)
