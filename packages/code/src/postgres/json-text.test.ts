/** JSON that Postgres takes, whatever text is in it. */
import { expect, test } from 'vitest'
import { jsonText } from './open-database.ts'

test.for([
  ['zero \0 character', 'zero \uFFFD character'],
  ['half \uD83D of a pair', 'half \uFFFD of a pair'],
  ['other half \uDE00', 'other half \uFFFD'],
  ['a pair 😀', 'a pair 😀'],
  ['as code: \\u0000, \\ud83d, \\\\ud83d', 'as code: \\u0000, \\ud83d, \\\\ud83d'],
])('%j', ([text, expected]) => {
  expect(JSON.parse(jsonText({ text }))).toEqual({ text: expected })
})
