/** The PKCE parameters of requests that begin a flow (RFC 7636 section 4.2). */
import { createHash } from 'node:crypto'
import { constantTimeEqual } from '#base/token'
import { authErrors } from './errors.ts'

export interface CodeChallenge {
  readonly challenge: string
  readonly method: 's256' | 'plain'
}

/** Null for the implicit flow, when neither is given. @throws PlatformError 400 */
export function parseCodeChallenge(challenge: string, method: string): CodeChallenge | null {
  if (challenge === '' && method === '') return null
  if (challenge === '' || method === '') {
    throw invalid('PKCE flow requires code_challenge_method and code_challenge')
  }
  if (challenge.length < 43 || challenge.length > 128) {
    throw invalid('code challenge has to be between 43 and 128 characters')
  }
  if (!/^[a-zA-Z0-9._~-]+$/.test(challenge)) {
    throw invalid(
      'code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes',
    )
  }
  const known = method.toLowerCase()
  if (known !== 's256' && known !== 'plain') throw invalid('invalid code challenge method')
  return { challenge, method: known }
}

/** True for the verifier only the client that began knows (section 4.6). */
export function isAnswer({ challenge, method }: CodeChallenge, verifier: string): boolean {
  const answer =
    method === 'plain' ? verifier : createHash('sha256').update(verifier).digest('base64url')
  return constantTimeEqual(challenge, answer)
}

const invalid = (message: string) => authErrors.invalid({ message })
