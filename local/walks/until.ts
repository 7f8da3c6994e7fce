/** How long a walk waits for what should come within milliseconds. */
export const PATIENCE_MS = 4_000;

/** Waits until something is there. */
export async function until<Found>(look: () => Promise<Found | undefined> | Found | undefined): Promise<Found> {
  const start = performance.now();
  while (performance.now() - start < PATIENCE_MS) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`nothing came within ${PATIENCE_MS} ms`);
}
