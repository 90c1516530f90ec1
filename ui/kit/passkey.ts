/** What the server asks a browser for; what is binary is base64url. */
export interface PasskeyQuestion {
  challenge: string;
  rp_id: string;
  timeout_ms: number;
  user_handle?: string;
  algorithms?: number[];
  exclude?: string[];
  /** Whose keys may sign, where that is known. */
  allow?: string[];
}

export interface NewPasskey {
  id: string;
  client_data: string;
  attestation: string;
  transports?: string[];
}

export interface PasskeyUse {
  id: string;
  client_data: string;
  authenticator_data: string;
  signature: string;
  user_handle: string;
}

/** Why a browser brought no passkey: it knows none, or its owner said no. */
export class NoPasskey extends Error {
  constructor(readonly why: 'unsupported' | 'dismissed' | 'known') {
    super(why);
  }
}

export function passkeysWork(): boolean {
  return typeof PublicKeyCredential === 'function' && window.isSecureContext;
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function text(buffer: ArrayBuffer): string {
  let raw = '';
  for (const b of new Uint8Array(buffer)) raw += String.fromCharCode(b);
  return btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

async function ask<T>(make: () => Promise<Credential | null>, read: (credential: PublicKeyCredential) => T): Promise<T> {
  if (!passkeysWork()) throw new NoPasskey('unsupported');
  let credential: Credential | null;
  try {
    credential = await make();
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'InvalidStateError') throw new NoPasskey('known');
    throw new NoPasskey(name === 'NotSupportedError' || name === 'SecurityError' ? 'unsupported' : 'dismissed');
  }
  if (!credential) throw new NoPasskey('dismissed');
  return read(credential as PublicKeyCredential);
}

/** Makes a passkey on this device, or on one that its owner holds beside it. */
export function createPasskey(q: PasskeyQuestion, account: string, name: string, house = 'Kefu'): Promise<NewPasskey> {
  return ask(
    () =>
      navigator.credentials.create({
        publicKey: {
          challenge: bytes(q.challenge),
          rp: { id: q.rp_id, name: house },
          user: { id: bytes(q.user_handle ?? ''), name: account, displayName: name },
          pubKeyCredParams: (q.algorithms ?? [-7, -257]).map((alg) => ({ type: 'public-key', alg })),
          excludeCredentials: (q.exclude ?? []).map((id) => ({ type: 'public-key', id: bytes(id) })),
          authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
          attestation: 'none',
          timeout: q.timeout_ms,
        },
      }),
    (credential) => {
      const response = credential.response as AuthenticatorAttestationResponse;
      return {
        id: credential.id,
        client_data: text(response.clientDataJSON),
        attestation: text(response.attestationObject),
        transports: response.getTransports?.() ?? [],
      };
    },
  );
}

/** Lets a passkey sign, whichever its owner picks of those that may. */
export function usePasskey(q: PasskeyQuestion): Promise<PasskeyUse> {
  const allowCredentials: PublicKeyCredentialDescriptor[] = (q.allow ?? []).map((id) => ({ type: 'public-key', id: bytes(id) }));
  return ask(
    () => navigator.credentials.get({ publicKey: { challenge: bytes(q.challenge), rpId: q.rp_id, allowCredentials, userVerification: 'required', timeout: q.timeout_ms } }),
    (credential) => {
      const response = credential.response as AuthenticatorAssertionResponse;
      return {
        id: credential.id,
        client_data: text(response.clientDataJSON),
        authenticator_data: text(response.authenticatorData),
        signature: text(response.signature),
        user_handle: response.userHandle ? text(response.userHandle) : '',
      };
    },
  );
}
