import type { Change } from "../plan";

/** A type of resource that holds what Terraform cannot make again. */
export interface Store {
  readonly noun: string;
  /** What is gone with it. */
  readonly loses: string;
}

const store = (noun: string, loses: string): Store => ({ noun, loses });
const database = (noun: string): Store => store(noun, "its data");
const backup = (noun: string): Store => store(noun, "what it would restore");

const stores: Readonly<Record<string, Store>> = {
  aws_dynamodb_table: store("table", "all its items"),
  aws_dynamodb_global_table: store("global table", "its replicas' items"),
  aws_dynamodb_table_replica: store("table replica", "its region's copy of the items"),
  aws_dynamodb_table_item: store("table item", "the item"),
  aws_dynamodb_table_export: backup("table export"),
  aws_s3_bucket: store("bucket", "all its objects and their versions"),
  aws_s3_directory_bucket: store("bucket", "all its objects"),
  aws_s3tables_table_bucket: store("table bucket", "all its tables"),
  aws_s3tables_table: store("table", "all its rows"),
  aws_s3_object: store("object", "its content, where the bucket keeps no versions"),
  aws_s3_bucket_object: store("object", "its content, where the bucket keeps no versions"),
  aws_s3_object_copy: store("object", "its content, where the bucket keeps no versions"),
  aws_glacier_vault: store("vault", "its archives"),
  aws_sqs_queue: store("queue", "the messages in it"),
  aws_sns_topic: store("topic", "its subscriptions, confirmed ones too"),
  aws_kinesis_stream: store("stream", "the records in it"),
  aws_msk_cluster: store("cluster", "its topics' records"),
  aws_msk_serverless_cluster: store("cluster", "its topics' records"),
  aws_mq_broker: store("broker", "the messages in it"),
  aws_cloudwatch_log_group: store("log group", "its logs"),
  aws_cloudwatch_log_stream: store("log stream", "its logs"),
  aws_cloudwatch_event_archive: store("event archive", "the archived events"),
  aws_cloudtrail_event_data_store: store("event data store", "its events"),
  aws_cognito_user_pool: store("user pool", "its users and their passwords"),
  aws_cognito_user: store("user", "the account and its password"),
  aws_cognito_identity_pool: store("identity pool", "its identity ids"),
  aws_kms_key: store("KMS key", "whatever is encrypted with it"),
  aws_kms_external_key: store("KMS key", "whatever is encrypted with it"),
  aws_kms_replica_key: store("KMS replica key", "whatever its region encrypted with it"),
  aws_kms_replica_external_key: store("KMS replica key", "whatever its region encrypted with it"),
  aws_cloudhsm_v2_cluster: store("HSM cluster", "its keys"),
  aws_secretsmanager_secret: store("secret", "its value and its versions"),
  aws_ssm_parameter: store("parameter", "its value and its history"),
  aws_db_instance: database("database"),
  aws_rds_cluster: database("database cluster"),
  aws_rds_cluster_instance: store("database instance", "a reader, or the cluster's last instance"),
  aws_rds_global_cluster: database("global database"),
  aws_db_snapshot: backup("database snapshot"),
  aws_db_cluster_snapshot: backup("database snapshot"),
  aws_docdb_cluster: database("database cluster"),
  aws_docdbelastic_cluster: database("database cluster"),
  aws_neptune_cluster: database("graph database"),
  aws_neptunegraph_graph: database("graph database"),
  aws_redshift_cluster: database("data warehouse"),
  aws_redshiftserverless_namespace: database("data warehouse"),
  aws_dsql_cluster: database("database cluster"),
  aws_keyspaces_keyspace: store("keyspace", "its tables"),
  aws_keyspaces_table: store("table", "all its rows"),
  aws_timestreamwrite_database: store("database", "its tables"),
  aws_timestreamwrite_table: store("table", "all its records"),
  aws_timestreaminfluxdb_db_instance: database("database"),
  aws_qldb_ledger: store("ledger", "its journal"),
  aws_elasticache_cluster: store("cache", "what is cached"),
  aws_elasticache_replication_group: store("cache", "what is cached"),
  aws_elasticache_serverless_cache: store("cache", "what is cached"),
  aws_elasticache_global_replication_group: store("cache", "what is cached"),
  aws_memorydb_cluster: database("in-memory database"),
  aws_dax_cluster: store("cache", "what is cached"),
  aws_opensearch_domain: store("search domain", "its indexes"),
  aws_elasticsearch_domain: store("search domain", "its indexes"),
  aws_opensearchserverless_collection: store("search collection", "its indexes"),
  aws_efs_file_system: store("file system", "its files"),
  aws_fsx_lustre_file_system: store("file system", "its files"),
  aws_fsx_ontap_file_system: store("file system", "its files"),
  aws_fsx_ontap_volume: store("volume", "its files"),
  aws_fsx_openzfs_file_system: store("file system", "its files"),
  aws_fsx_openzfs_volume: store("volume", "its files"),
  aws_fsx_windows_file_system: store("file system", "its files"),
  aws_ebs_volume: store("volume", "its data"),
  aws_ebs_snapshot: backup("volume snapshot"),
  aws_ami: backup("machine image"),
  aws_instance: store("instance", "what is on its own volumes"),
  aws_ecr_repository: store("repository", "its images"),
  aws_ecrpublic_repository: store("repository", "its images"),
  aws_codecommit_repository: store("repository", "its commits"),
  aws_codeartifact_repository: store("repository", "its packages"),
  aws_codeartifact_domain: store("package domain", "its packages"),
  aws_backup_vault: store("backup vault", "its recovery points"),
  aws_backup_logically_air_gapped_vault: store("backup vault", "its recovery points"),
  aws_acmpca_certificate_authority: store("certificate authority", "its key"),
  aws_prometheus_workspace: store("metrics workspace", "its metrics"),
  aws_grafana_workspace: store("dashboard workspace", "its dashboards"),
  aws_sagemaker_domain: store("notebook domain", "its home folders"),
  aws_workspaces_workspace: store("desktop", "its volumes"),
  aws_directory_service_directory: store("directory", "its accounts"),
  aws_lightsail_database: database("database"),
  aws_lightsail_disk: store("disk", "its data"),
  aws_lightsail_instance: store("instance", "its disk"),
  aws_cloudformation_stack: store("stack", "all that its template made and does not retain"),
  aws_cloudformation_stack_instances: store("stack", "all that its template made and does not retain"),
  aws_cloudformation_stack_set_instance: store("stack", "all that its template made and does not retain"),
  aws_serverlessapplicationrepository_cloudformation_stack: store(
    "stack",
    "all that its template made and does not retain",
  ),
  aws_organizations_account: store("account", "all that is in it, where it is closed"),
  helm_release: store("release", "all that its chart made, volumes too"),
};

/** By their names, types of other providers, and types that are not in the table, hold data: these surely. */
const sureWord = new RegExp(
  `(^|_)(${[
    "database|db|bucket|table|queue|topic|log_group|log_bucket|user_pool|crypto_key|kms_key|secret|volume|disk|storage_account",
    "storage_container|storage_share|key_vault|persistent_volume_claim|persistent_volume|file_system|filesystem|dataset|ledger",
    "eventhub|cosmosdb_account|resource_group|stateful_set|project",
    "(sql|spanner|bigtable|filestore|alloydb|redis)(_database)?_(instance|cluster)",
    "(database|mongodbatlas|mongodbatlas_advanced)_cluster",
    "(mssql|sql|mysql|postgresql|mariadb)(_flexible)?_(server|managed_instance)",
  ].join("|")})$`,
);

/** And these as a rule. */
const likelyWord =
  /(^|_)(sql|file_share|storage|blob|container_registry|stream|key|vault|keyvault|keystore|snapshot|backup|image|repository|repo|registry|redis|mongo|cassandra|datastore|namespace|cache|schema|index|mount|compute_instance|virtual_machine|container_cluster|kubernetes_cluster)$/;

/** Types whose names say so and which hold none: they are settings, or another word for it. */
const holdsNone = new Set([
  "aws_api_gateway_api_key",
  "aws_api_gateway_usage_plan_key",
  "aws_appsync_api_key",
  "aws_iam_access_key",
  "aws_key_pair",
  "aws_lambda_event_source_mapping",
  "aws_service_discovery_http_namespace",
  "aws_service_discovery_private_dns_namespace",
  "aws_service_discovery_public_dns_namespace",
  "aws_sagemaker_image",
  "docker_image",
  "tls_private_key",
]);

/** How sure it is that a type holds data: it is in the table, its name says so, or its name hints at it. */
type Sureness = "known" | "sure" | "likely";

/** What a resource holds; undefined for one that holds nothing, and for data sources. */
export function storeOf({ type, mode }: Change): (Store & { readonly sureness: Sureness }) | undefined {
  if (mode !== "managed") return undefined;
  const known = Object.hasOwn(stores, type) ? stores[type] : undefined;
  if (known) return { ...known, sureness: "known" };
  const name = type.replace(/_v\d+(beta\d+)?$/, "");
  if (holdsNone.has(name) || /route_table$/.test(name)) return undefined;
  const sureness = sureWord.test(name) ? "sure" : likelyWord.test(name) ? "likely" : undefined;
  return sureness && { noun: type, loses: "what it may hold", sureness };
}
