import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  LimitExceededException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

/** Milliseconds that a message may take to one client, its retries included. */
const CALL_TIMEOUT = 3_000;

/** How a call ended: it is done, the client is gone, or it takes no more for now. */
export type Outcome = "sent" | "gone" | "slow";

/** The open connections of the API's stage. */
export class Connections {
  private readonly client: ApiGatewayManagementApiClient;

  /** @param url of the stage, as clients connect to it */
  constructor(url: string | undefined) {
    // The same host takes WebSockets and calls: wss is https, and ws, on a laptop, http.
    this.client = new ApiGatewayManagementApiClient({ endpoint: url?.replace(/^ws/, "http") });
  }

  /** @throws Error where it is not up to the client, such as for want of a right */
  send(connectionId: string, message: string): Promise<Outcome> {
    return outcomeOf((abortSignal) =>
      this.client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(message) }), {
        abortSignal,
      }),
    );
  }

  /** Closes a connection, so that its client comes back. */
  close(connectionId: string): Promise<Outcome> {
    return outcomeOf((abortSignal) =>
      this.client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }), { abortSignal }),
    );
  }
}

async function outcomeOf(call: (abortSignal: AbortSignal) => Promise<unknown>): Promise<Outcome> {
  const signal = AbortSignal.timeout(CALL_TIMEOUT);
  try {
    await call(signal);
    return "sent";
  } catch (error) {
    if (error instanceof GoneException) return "gone";
    // The first is said of a client whose buffer is full, too: https://docs.aws.amazon.com/apigatewaymanagementapi/latest/api/API_connection_POST.html
    if (error instanceof LimitExceededException || signal.aborted) return "slow";
    throw error;
  }
}
