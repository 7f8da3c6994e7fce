const INSTANCE_KEY = /\[(?:\d+|"(?:[^"\\]|\\.)*"|\*)\]/g;

/** An address as the configuration has it: `module.api["eu"].aws_sqs_queue.inbox[0]` is `module.api.aws_sqs_queue.inbox`. */
export const withoutInstanceKeys = (address: string): string =>
  address.includes("[") ? address.replace(INSTANCE_KEY, "") : address;
