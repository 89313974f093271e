/**
 * WebAuthn: what a browser is asked for, and whether what it answers holds. The library that checks is loaded when
 * somebody uses a key for the first time.
 */
import type { Config } from '#base/config'
import type { JsonObject } from '#base/kernel'

/** This project as authenticators know it. */
export interface RelyingParty {
  readonly id: string
  readonly name: string
  readonly origins: readonly string[]
}

/** A public key somebody registered. Byte strings are base64url. */
export interface Credential {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly transports: readonly string[]
  readonly aaguid: string
  readonly attestationType: string
  readonly isBackupEligible: boolean
  readonly isBackedUp: boolean
  readonly isUserVerified: boolean
}

export interface KeyOwner {
  readonly id: string
  readonly name: string
  readonly displayName: string
}

/** Five minutes, as long as a challenge is good for. */
export const ceremonyMs = 300_000

/** `[auth.webauthn]`; what is not set follows from `auth.site_url`. */
export function relyingPartyOf(config: Config): RelyingParty {
  const site = config['auth.site_url']
  const url = URL.canParse(site) ? new URL(site) : null
  const id = config['auth.webauthn.rp_id'] || url?.hostname || 'localhost'
  const origins = config['auth.webauthn.rp_origins']
  return {
    id,
    name: config['auth.webauthn.rp_display_name'] || id,
    origins: origins.length > 0 || url === null ? origins : [url.origin],
  }
}

/** EdDSA, ES256, RS256 (COSE's numbers). */
const algorithms = [-8, -7, -257]

/** For `navigator.credentials.create`. `isDiscoverable` asks for a key that can be found without a name: a passkey. */
export function creationOptions(
  party: RelyingParty,
  owner: KeyOwner,
  challenge: string,
  known: readonly string[],
  isDiscoverable: boolean,
): JsonObject {
  return {
    rp: { name: party.name, id: party.id },
    user: {
      id: Buffer.from(owner.id).toString('base64url'),
      name: owner.name,
      displayName: owner.displayName,
    },
    challenge,
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: ceremonyMs,
    ...(known.length === 0 ? {} : { excludeCredentials: known.map(descriptor) }),
    authenticatorSelection: {
      ...(isDiscoverable ? { requireResidentKey: true, residentKey: 'required' } : {}),
      userVerification: 'preferred',
    },
    attestation: 'none',
  }
}

/** For `navigator.credentials.get`; any key of the user's when `allowed` is empty. */
export function requestOptions(
  party: RelyingParty,
  challenge: string,
  allowed: readonly string[],
): JsonObject {
  return {
    challenge,
    timeout: ceremonyMs,
    rpId: party.id,
    ...(allowed.length === 0 ? {} : { allowCredentials: allowed.map(descriptor) }),
    userVerification: 'preferred',
  }
}

function descriptor(id: string): JsonObject {
  return { type: 'public-key', id }
}

/** The new key, or null when the answer does not hold: another challenge, origin or party, a false signature. */
export async function checkCreation(
  party: RelyingParty,
  challenge: string,
  response: JsonObject,
): Promise<Credential | null> {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  try {
    const { registrationInfo: info } = await verifyRegistrationResponse({
      response: response as never,
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    })
    if (info === undefined) return null
    return {
      id: info.credential.id,
      publicKey: info.credential.publicKey,
      signCount: info.credential.counter,
      transports: transportsOf(response),
      aaguid: info.aaguid,
      attestationType: info.fmt,
      isBackupEligible: info.credentialDeviceType === 'multiDevice',
      isBackedUp: info.credentialBackedUp,
      isUserVerified: info.userVerified,
    }
  } catch {
    // it says by throwing what is wrong with an answer; there is nothing else it could throw for
    return null
  }
}

const knownTransports = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']

function transportsOf({ response }: JsonObject): string[] {
  const listed = (response as JsonObject | null)?.['transports']
  return Array.isArray(listed) ? knownTransports.filter((name) => listed.includes(name)) : []
}

export interface UsedKey {
  readonly signCount: number
  readonly isBackedUp: boolean
}

/** Null when the answer does not hold; a counter that does not go up is a copied key. */
export async function checkUse(
  party: RelyingParty,
  challenge: string,
  response: JsonObject,
  credential: Pick<Credential, 'id' | 'publicKey' | 'signCount'>,
): Promise<UsedKey | null> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  try {
    const { verified, authenticationInfo: info } = await verifyAuthenticationResponse({
      response: response as never,
      expectedChallenge: challenge,
      expectedOrigin: [...party.origins],
      expectedRPID: party.id,
      requireUserVerification: false,
      credential: {
        id: credential.id,
        publicKey: new Uint8Array(credential.publicKey),
        counter: credential.signCount,
      },
    })
    return verified ? { signCount: info.newCounter, isBackedUp: info.credentialBackedUp } : null
  } catch {
    return null
  }
}
