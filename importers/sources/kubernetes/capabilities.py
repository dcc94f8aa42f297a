"""What the importer of Kubernetes manifests can do."""

from importers.kit.capabilities import Capabilities

CAPABILITIES = Capabilities(
    title="Kubernetes",
    reads=("manifests, YAML or JSON, one file or a tree", "what `kubectl get -o yaml` or `-o json` writes"),
    kinds=("application_instance", "endpoint", "server", "storage"),
    relations=("depends_on", "has_member", "hosted_on", "runs_on", "stores_data_on"),
    pools=("`replicas`", "`workloads`"),
    becomes=(
        ("Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Pod that nothing made",
         "an application instance; with 0 replicas it is planned"),
        ("`replicas` of 2 and more, or the least of a HorizontalPodAutoscaler",
         "a member each, in the pool `replicas`: all for full service, one required unless a PodDisruptionBudget says"
         " how many"),
        ("Service", "an endpoint that depends on what its selector finds; of several, one (pool `workloads`)"),
        ("Ingress, HTTPRoute", "an endpoint that depends on the Services behind it; one of several lost degrades it"),
        ("PersistentVolumeClaim, PersistentVolume, NFS volumes",
         "storage; a claim is hosted on its volume. Claims of a StatefulSet belong to its replicas"),
        ("Node, Pods that something made", "servers; which replica runs where, if the export has them"),
    ),
    left_out="Everything else: ConfigMap, Secret, Job, roles, …; the environment and arguments of containers.",
    notes="""\
Ids are `prod:deployment:shop/web`: the source (`--source prod`), the kind, namespace and name; name each cluster by a
source of its own. Helm templates are refused: import what `helm template` writes, and of Kustomize overlays what
`kubectl kustomize` writes. YAML files hold at most 1 MiB and no anchors; a whole cluster is better had as JSON.
Manifests do not say which workload calls which Service: add those relations from another source.""",
)  # fmt: skip
