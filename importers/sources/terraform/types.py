"""Types of Terraform resources that are CIs, by patterns over the names that providers give them."""

import re

PATTERNS: tuple[tuple[str, str], ...] = (
    ("database", r".*_(db_instance|rds_cluster|rds_cluster_instance|dynamodb_table|docdb_cluster|neptune_cluster"
                 r"|elasticache_cluster|elasticache_replication_group|memorydb_cluster|redshift_cluster"
                 r"|opensearch_domain|elasticsearch_domain|sql_database_instance|sql_database|spanner_instance"
                 r"|spanner_database|bigtable_instance|bigquery_dataset|redis_instance|redis_cache|alloydb_cluster"
                 r"|alloydb_instance|firestore_database|cosmosdb_account|database_cluster|database_db"
                 r"|database_instance|autonomous_database|db_system"
                 r"|(mssql|mysql|postgresql|mariadb|sql)(_flexible|_managed)?_(server|database|instance))"),
    ("cluster", r".*_(eks_cluster|ecs_cluster|eks_node_group|container_cluster|container_node_pool"
                r"|kubernetes_cluster|kubernetes_cluster_node_pool|kubernetes_node_pool|autoscaling_group"
                r"|(region_)?instance_group_manager|((linux|windows)_)?virtual_machine_scale_set|msk_cluster"
                r"|emr_cluster|dataproc_cluster|compute_cluster|containerengine_cluster)"),
    ("application_instance", r"(.*_)?(ecs_service|cloud_run_service|cloud_run_v2_service|app_service"
                             r"|(linux|windows)_web_app|container_app|elastic_beanstalk_environment|apprunner_service"
                             r"|container_group|kubernetes_(deployment|stateful_set|daemon_?set)(_v1)?|helm_release"
                             r"|nomad_job|docker_container)"),
    ("network_device", r".*_(lb|alb|elb|load_?balancer|(lb_)?loadbalancer_v2|forwarding_rule"
                       r"|global_forwarding_rule|application_gateway|nat_gateway|internet_gateway|vpn_gateway"
                       r"|vpn_connection|virtual_network_gateway|ec2_transit_gateway|compute_router|compute_router_nat"
                       r"|compute_vpn_tunnel|networkfirewall_firewall|firewall|dx_connection|express_route_circuit"
                       r"|router_v2)"),
    ("storage", r".*_(s3_bucket|storage_bucket|storage_account|storage_container|storage_share|ebs_volume"
                r"|efs_file_system|fsx_[a-z]+_file_system|compute_disk|compute_region_disk|managed_disk"
                r"|filestore_instance|volume|blockstorage_volume(_v[23])?|spaces_bucket|objectstorage_bucket"
                r"|core_volume|netapp_volume|backup_vault)"),
    ("endpoint", r".*_(route53_record|dns_record_set|dns_[a-z]+_record|cloudfront_distribution|cdn_frontdoor_endpoint"
                 r"|api_gateway_rest_api|apigatewayv2_api|api_gateway_api|api_management|vpc_endpoint"
                 r"|private_endpoint|eip|compute_(global_)?address|public_ip)|cloudflare_(dns_)?record"),
    ("virtual_machine", r".*_(instance|compute_instance_v2|virtual_machine|(linux|windows)_virtual_machine|droplet"
                        r"|vm_qemu|virtual_environment_vm)|hcloud_server|libvirt_domain"),
    ("cloud_resource", r".*_(vpc|subnet|compute_network|compute_subnetwork|virtual_network|networking_network_v2"
                       r"|networking_subnet_v2|core_vcn|lambda_function|cloudfunctions2?_function|function_app"
                       r"|(linux|windows)_function_app|sqs_queue|sns_topic|kinesis_stream|pubsub_topic"
                       r"|pubsub_subscription|servicebus_(namespace|queue|topic)|eventhub|eventhub_namespace"
                       r"|mq_broker|sfn_state_machine|cognito_user_pool|container_registry|ecr_repository"
                       r"|artifact_registry_repository|route53_zone|dns_managed_zone|dns_zone)|hcloud_network"),
)  # fmt: skip
"""Kinds and the types that become them; the first that fits. All other types are not recorded."""
_COMPILED: tuple[tuple[str, re.Pattern[str]], ...] = tuple((kind, re.compile(text)) for kind, text in PATTERNS)


def kind_of(type_: str) -> str:
    """The kind that a type becomes; empty for one that is not recorded."""
    return next((kind for kind, pattern in _COMPILED if pattern.fullmatch(type_)), "")
