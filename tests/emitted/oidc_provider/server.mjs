// A real OpenID provider for tests, on loopback: it signs access tokens (RFC 9068) for whomever it is asked to.
//
// Environment: PORT, AUDIENCE, KEYS (a file in which the keys outlive a restart).
// Beside what OpenID providers have: the grant `urn:tests:anybody` (POST /token with subject, claims, audience and
// lifetime), and POST /tests/rotate (?keep=1 goes on publishing the key before, which signs nothing any more).

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

import { exportJWK, generateKeyPair } from "jose";
import { Provider, errors } from "oidc-provider";

const { PORT, AUDIENCE, KEYS } = process.env;
const ISSUER = `http://127.0.0.1:${PORT}`;
const GRANT = "urn:tests:anybody";
const CLIENT = "tests";
const LIFETIME = 600;

async function newKey() {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: crypto.randomUUID(), use: "sig", alg: "RS256" };
}

function keep(keys) {
  writeFileSync(KEYS, JSON.stringify(keys));
  return keys;
}

function providerWith(keys) {
  const provider = new Provider(ISSUER, {
    jwks: { keys },
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: "none",
        grant_types: [GRANT],
        response_types: [],
        redirect_uris: [],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: "", accessTokenFormat: "jwt" }),
      },
    },
    extraTokenClaims: (context) => JSON.parse(context.oidc.params.claims ?? "{}"),
    ttl: { AccessToken: LIFETIME },
  });
  provider.registerGrantType(
    GRANT,
    async (context) => {
      const { subject, audience, lifetime } = context.oidc.params;
      if (!subject) throw new errors.InvalidRequest("subject is missing");
      const server = new provider.ResourceServer(audience ?? AUDIENCE, {
        scope: "",
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256", kid: keys[0].kid } },
      });
      const token = new provider.AccessToken({
        accountId: subject,
        client: context.oidc.client,
        expiresIn: Number(lifetime ?? LIFETIME),
        gty: GRANT,
        resourceServer: server,
      });
      context.body = { access_token: await token.save(), expires_in: token.expiration, token_type: token.tokenType };
    },
    ["subject", "claims", "audience", "lifetime"],
  );
  return provider.callback();
}

let keys = existsSync(KEYS) ? JSON.parse(readFileSync(KEYS, "utf8")) : keep([await newKey()]);
let answer = providerWith(keys);

const server = createServer(async (request, response) => {
  const url = new URL(request.url, ISSUER);
  if (request.method === "POST" && url.pathname === "/tests/rotate") {
    keys = keep([await newKey(), ...(url.searchParams.has("keep") ? keys.slice(0, 1) : [])]);
    answer = providerWith(keys);
    response.writeHead(204).end();
    return;
  }
  answer(request, response);
});
server.listen(Number(PORT), "127.0.0.1");
process.on("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
