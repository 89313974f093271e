/** Strings of statements, however they are quoted, and nothing else of them. */
import { expect, test } from 'vitest'
import { maskLiterals } from './mask-literals.ts'

test.each([
  ["alter role x password 'it''s'", "alter role x password '[redacted]'"],
  [
    'alter role x password $$it$$ valid until $a$1$$2$a$',
    "alter role x password '[redacted]' valid until '[redacted]'",
  ],
  ["alter role x password E'a\\'b' login", "alter role x password '[redacted]' login"],
  ["alter role x password U&'a\\0062'", "alter role x password U&'[redacted]'"],
  [
    "create user mapping for x server s options (password 'it')",
    "create user mapping for x server s options (password '[redacted]')",
  ],
  [
    "alter database d set app.jwt_secret to 'it",
    "alter database d set app.jwt_secret to '[redacted]'",
  ],
  ['do $body$ it $$ it', "do '[redacted]'"],
  [
    "select \"it's\", $1, $2 from t$x$ -- it's\nwhere a = $3 /* it's */",
    "select \"it's\", $1, $2 from t$x$ -- it's\nwhere a = $3 /* it's */",
  ],
])('%s', (query, wanted) => {
  expect(maskLiterals(query)).toBe(wanted)
})
