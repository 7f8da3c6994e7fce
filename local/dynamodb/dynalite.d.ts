declare module "dynalite" {
  import type { Server } from "node:http";

  /** @see https://github.com/architect/dynalite */
  const dynalite: (options?: { createTableMs?: number; deleteTableMs?: number }) => Server;
  export = dynalite;
}
