import { expect, test } from 'vitest'
import { matchesFirebaseHash } from './firebase-scrypt.ts'
import { isImportableHash, parseFirebaseHash } from './password-hash-formats.ts'

/** The example of github.com/firebase/scrypt, password `user1password`. */
const signer =
  'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
const digest =
  'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
const firebase = (costs = 'n=14,r=8,p=1') =>
  `$fbscrypt$v=1,${costs},ss=Bw==,sk=${signer}$42xEC+ixf3L2lw==$${digest}`

test("Firebase's scrypt matches its password and no other", async () => {
  const parsed = parseFirebaseHash(firebase())
  if (parsed === null) throw new Error('not read')
  expect(await matchesFirebaseHash(parsed, 'user1password')).toBe(true)
  expect(await matchesFirebaseHash(parsed, 'user2password')).toBe(false)
})

const bcryptTail = 'N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'

test.each([
  firebase(),
  `$2a$10$${bcryptTail}`,
  `$2y$04$${bcryptTail}`,
  '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g',
])('%s may be imported', (hash) => expect(isImportableHash(hash)).toBe(true))

test.each([
  'plain',
  '$2a$10$short',
  `$2a$20$${bcryptTail}`,
  `$2a$03$${bcryptTail}`,
  '$argon2d$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g',
  '$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g',
  '$argon2id$v=19$m=19456,t=200,p=1$c2FsdHNhbHQ$aGFzaGhhc2g',
  '$argon2id$v=19$m=19456,t=2,p=1$$',
  firebase('n=0,r=8,p=1'),
  firebase('n=14,r=0,p=1'),
  firebase('n=24,r=8,p=1'),
  firebase('n=14,r=8,p=99'),
  firebase().replace('v=1', 'v=2'),
])('%s may not: no hash we know, or one that costs too much', (hash) =>
  expect(isImportableHash(hash)).toBe(false),
)
