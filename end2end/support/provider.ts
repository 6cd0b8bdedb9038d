// An OpenID Connect provider of a test's own: panva's oidc-provider with its development pages, on loopback.
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo } from 'node:net';

import OidcProvider from 'oidc-provider';

/** What it and the server share. */
export const CLIENT = { id: 'berth', secret: 'a secret of both' };

export class Provider {
  private constructor(
    /** `http://127.0.0.1:PORT` */
    readonly issuer: string,
    private readonly server: HttpServer,
  ) {}

  /**
   * Starts one that sends people back to `redirect`. Whoever signs in has the address that they sign in with, which it
   * says it verified unless that begins with `unverified`.
   */
  static async start(redirect: string): Promise<Provider> {
    let answer: ReturnType<OidcProvider['callback']> | undefined;
    const server = createServer((request, response) => void answer?.(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new OidcProvider(issuer, {
      clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirect] }],
      claims: { email: ['email', 'email_verified'] },
      cookies: { keys: ['only for a test'] },
      pkce: { required: () => true },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified') }),
      }),
    });
    answer = provider.callback();
    return new Provider(issuer, server);
  }

  async stop(): Promise<void> {
    const closed = new Promise((close) => this.server.close(close));
    this.server.closeAllConnections();
    await closed;
  }
}
