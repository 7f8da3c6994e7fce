import { detect } from "../../../plan-review/detectors";
import type { Detection, Section } from "../../../plan-review/model";
import type { JsonObject } from "../../../plan-review/plan";
import { planOf } from "../plans";

/** What detectors find in changes, with what the configuration says of their resources. */
export const detected = (changes: readonly JsonObject[], resources: readonly JsonObject[] = []): readonly Detection[] =>
  detect(planOf({ resource_changes: changes, configuration: { root_module: { resources } } })).detections;

/** `critical table-deleted aws_dynamodb_table.t`, for each finding of a section. */
export const lines = (section: Section, found: readonly Detection[]): readonly string[] =>
  found
    .filter((detection) => detection.section === section)
    .map(({ severity, rule, address }) => [severity, rule, address].filter(Boolean).join(" "))
    .sort();

/** `${aws_sqs_queue.q.arn}` as the configuration of a plan made from JSON has it. */
export const reference = (text: string): JsonObject => ({
  constant_value: `\${${text}}`,
  references: [text, text.split(".").slice(0, 2).join(".")],
});

export const constant = (value: JsonObject[string]): JsonObject => ({ constant_value: value });
