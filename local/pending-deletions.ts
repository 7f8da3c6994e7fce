import type { Resource } from "../terraform/config";

/** How what stands comes back in place of another of its name, and how it goes for good. */
interface SetAside {
  readonly putBack: () => void;
  readonly forget: () => void;
}

/** A resource whose deletion is put off, with its attributes as they are. */
interface Pending {
  readonly resource: Resource;
  /** Deletes it for good. */
  readonly run: () => void;
  /** Of what made room for another of its name. */
  readonly putBack?: () => void;
  /** Whether another resource has what it holds now. */
  readonly isTaken?: true;
}

/** The argument that is the name of a thing of its own, by type; others are known by stack and address. */
const nameArguments: Readonly<Record<string, string>> = {
  aws_dynamodb_table: "name",
  aws_s3_bucket: "bucket",
  aws_sns_topic: "name",
  aws_sqs_queue: "name",
};
/** What holds something that nobody could bring back. */
const holding = new Set([
  ...Object.keys(nameArguments),
  "aws_cognito_user_pool",
  // Its secret.
  "aws_cognito_user_pool_client",
]);

/**
 * Deletions of what holds items, messages, objects, counts, keys or secrets. They are put off until all else of an apply is done, so that one
 * that fails can be undone without a loss.
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
    const key = keyOf(stack, resource);
    const before = this.pending.get(key);
    // What the apply made under this name gives way to what was there, which is put back, or taken, as its turn comes.
    if (this.undoing && (before?.putBack || before?.isTaken)) return;
    if (!holding.has(resource.type) || (this.undoing && before)) {
      run();
      return;
    }
    // Could not be written down by the apply before.
    before?.run();
    this.pending.set(key, { resource, run });
  }

  /** What is to be deleted, and stands in the place of a resource that is about to be made; while an apply is undone, also what was to be. */
  inPlaceOf(stack: string, resource: Resource): Resource | undefined {
    const found = this.pending.get(keyOf(stack, resource));
    const isOver = found?.putBack || found?.isTaken;
    return isOver && !this.undoing ? undefined : found?.resource;
  }

  /** Puts back what was set aside, where it was: a resource is about to go on with it. */
  putBack(stack: string, resource: Resource): void {
    this.pending.get(keyOf(stack, resource))?.putBack?.();
  }

  /** Says that a resource goes on with what stands in its place, which is not to be deleted any more. */
  take(stack: string, resource: Resource): void {
    const key = keyOf(stack, resource);
    const found = this.pending.get(key);
    if (found) this.pending.set(key, { resource: found.resource, run: () => undefined, isTaken: true });
  }

  /** Says that what stands in the place of a resource has made room for it. */
  setAside(stack: string, resource: Resource, { putBack, forget }: SetAside): void {
    const key = keyOf(stack, resource);
    const found = this.pending.get(key);
    if (found) this.pending.set(key, { resource: found.resource, run: forget, putBack });
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
    for (const [key, { isTaken }] of this.pending) if (isTaken) this.pending.delete(key);
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
