/** What a verifier says of a token. */
import type { JsonObject } from '#base/kernel'

/** Why a token is refused. The wire spelling is each service's own. */
export type TokenFailure =
  | 'malformed' // not three base64url parts of JSON
  | 'algorithm' // an `alg` we do not accept, `none` included
  | 'key' // no configured key fits the `kid`
  | 'signature'
  | 'claims' // exp, nbf, iat or aud of the wrong type, or payload not an object
  | 'expired'
  | 'not-yet-valid'
  | 'issued-in-future'
  | 'audience'

export type Verification =
  | { readonly ok: true; readonly claims: JsonObject; readonly claimsJson: string }
  | { readonly ok: false; readonly failure: TokenFailure; readonly message: string }

/** Verifies bearer tokens of one project; verified tokens are kept in a bounded cache until they expire. */
export interface Verifier {
  verify(token: string): Verification
  /** Forgets verified tokens: a key was rotated out. */
  clear(): void
}
