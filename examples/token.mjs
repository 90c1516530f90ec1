// Signs identity tokens for the window (docs/protocol.md, section 4), with what
// Node brings. Runs as it is: node token.mjs KEY.pem KID ISSUER AUDIENCE CUSTOMER
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');

export function token({ key, kid, issuer, audience, customer, name }) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: audience, sub: customer, iat: now, exp: now + 300, jti: randomUUID(), ...(name && { name }) };
  const text = `${encode({ alg: 'EdDSA', typ: 'JWT', kid })}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text), createPrivateKey(key)).toString('base64url')}`;
}

if (import.meta.filename === process.argv[1]) {
  const [, , file, kid, issuer, audience, customer] = process.argv;
  console.log(token({ key: readFileSync(file), kid, issuer, audience, customer }));
}
