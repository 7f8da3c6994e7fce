import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  LimitExceededException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

/** Milliseconds that a call may take, its retries included. */
const PATIENCE = 3_000;

/** How a call ended: it is done, the client is gone, or it takes no more for now, or API Gateway for it. */
export type Outcome = "sent" | "gone" | "slow";

/** The open connections of the API's stage. */
export class Connections {
  private readonly client: ApiGatewayManagementApiClient;

  /** @param url of the stage, as clients connect to it */
  constructor(url: string | undefined) {
    // The same host takes WebSockets and calls: wss is https, and ws, on a laptop, http.
    this.client = new ApiGatewayManagementApiClient({ endpoint: url?.replace(/^ws/, "http") });
  }

  /**
   * @param patience milliseconds that it may take, retries included; a message that takes longer may still reach the client
   * @throws Error where it is not up to the client, such as for want of a right
   */
  send(connectionId: string, message: string, patience = PATIENCE): Promise<Outcome> {
    const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(message) });
    return outcomeOf(patience, (abortSignal) => this.client.send(command, { abortSignal }));
  }

  /** Closes a connection, so that its client comes back. */
  close(connectionId: string): Promise<Outcome> {
    const command = new DeleteConnectionCommand({ ConnectionId: connectionId });
    return outcomeOf(PATIENCE, (abortSignal) => this.client.send(command, { abortSignal }));
  }
}

async function outcomeOf(patience: number, call: (abortSignal: AbortSignal) => Promise<unknown>): Promise<Outcome> {
  const signal = AbortSignal.timeout(patience);
  try {
    await call(signal);
    return "sent";
  } catch (error) {
    if (error instanceof GoneException) return "gone";
    if (signal.aborted || isPassing(error)) return "slow";
    throw error;
  }
}

/**
 * Whether it may work later: the client's buffer is full, too much is asked at once, or the service or the network fails.
 * @see https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_connection_POST.html
 */
function isPassing(error: unknown): boolean {
  if (error instanceof LimitExceededException) return true;
  const { code, $metadata } = (error ?? {}) as {
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  return ($metadata?.httpStatusCode ?? 0) >= 500 || /^E[A-Z]+$/.test(String(code));
}
