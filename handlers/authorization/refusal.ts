/** A request that shows no good token. The message is for the log, and never has a part of the token. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
