import type { Resource } from "../terraform/config";

/** A resource whose deletion is put off, with its attributes as they are. */
interface Pending {
  readonly resource: Resource;
  readonly run: () => void;
}

/** The argument that is the name of a thing of its own, by type; others are known by stack and address. */
const nameArguments: Readonly<Record<string, string>> = {
  aws_dynamodb_table: "name",
  aws_s3_bucket: "bucket",
  aws_sqs_queue: "name",
};
/** What holds something that nobody could bring back. */
const holding = new Set([...Object.keys(nameArguments), "aws_cognito_user_pool"]);

/**
 * Deletions of what holds items, messages, objects or keys. They are put off until all else of an apply is done, so that one that fails can be
 * undone without a loss.
 */
export class PendingDeletions {
  private readonly pending = new Map<string, Pending>();
  private undoing = false;

  /** Whether an apply that failed is being undone. */
  get isUndoing(): boolean {
    return this.undoing;
  }

  /** Deletes something: now, or, where it holds something, by `commit`. */
  add(stack: string, resource: Resource, run: () => void): void {
    if (holding.has(resource.type)) this.pending.set(keyOf(stack, resource), { resource, run });
    else run();
  }

  /** What is to be deleted, and stands in the place of a resource that is about to be made. */
  inPlaceOf(stack: string, resource: Resource): Pending | undefined {
    return this.pending.get(keyOf(stack, resource));
  }

  /** Says that what stands in the place of a resource is not to be deleted any more. */
  drop(stack: string, resource: Resource): void {
    this.pending.delete(keyOf(stack, resource));
  }

  /** Undoes an apply that failed: what is made again there is what was to be deleted. */
  undo(again: () => void): void {
    this.undoing = true;
    try {
      again();
    } finally {
      this.undoing = false;
    }
    this.commit();
  }

  /** Deletes for good. What cannot be deleted, since nobody could write it down, is still to be deleted. */
  commit(): void {
    for (const [key, { run }] of this.pending) {
      run();
      this.pending.delete(key);
    }
  }
}

function keyOf(stack: string, { type, address, attributes }: Resource): string {
  const name = nameArguments[type];
  return name ? `${type} ${attributes[name]}` : `${stack}/${address}`;
}
