/** What became of one order. */
export interface Fate {
  readonly orderID: string;
  /** Whether the API took it. */
  readonly isAccepted: boolean;
  /** Whether the table has it, as it was sent or otherwise. */
  readonly stored: "as sent" | "otherwise" | "not";
  /** How often it came new into the table. */
  readonly inserts: number;
  /** Whether the queue still has its message. */
  readonly isWaiting: boolean;
  /** Its messages in the dead-letter queue. */
  readonly deadLetters: number;
  readonly mails: number;
}

/** What must not have become of it: sentences, none where all is well. */
export function violationsOf(fate: Fate): readonly string[] {
  const { orderID, isAccepted, stored, inserts, isWaiting, deadLetters, mails } = fate;
  const isStored = stored !== "not";
  return [
    ...(isAccepted && !isStored && !isWaiting && deadLetters === 0
      ? [`${orderID} was accepted and is neither in the table nor in the dead-letter queue`]
      : []),
    ...(stored === "otherwise" ? [`${orderID} is in the table, and not as it was sent`] : []),
    ...(inserts > 1 ? [`${orderID} came new into the table ${inserts} times`] : []),
    ...(isStored && mails === 0 ? [`${orderID} is in the table and nobody was notified of it`] : []),
    ...(!isStored && mails > 0 ? [`${orderID} is not in the table and was notified of`] : []),
  ];
}

/** The value that so many of a hundred are not above; `NaN` of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
