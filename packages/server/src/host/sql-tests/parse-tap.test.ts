import { expect, test } from 'vitest'
import { parseTap } from './parse-tap.ts'

const problems = (text: string): readonly string[] => parseTap(text.split('\n')).problems

test('counts what ran and what failed, and keeps what was said of it', () => {
  const output = '1..3\nok 1 - a\nnot ok 2 - b\n# have: 1\n# want: 2\nok 3 - c\n# a note'
  expect(parseTap([output])).toEqual({
    ran: 3,
    failed: 1,
    problems: ['not ok 2 - b', '# have: 1', '# want: 2'],
  })
})

test('a failure marked TODO is none, nor are the lines of subtests', () => {
  expect(
    problems('not ok 1 - a # TODO later\n    not ok 1 - inner\nok 2 - b # SKIP\n1..2'),
  ).toEqual([])
})

test('a plan that was not kept, none at all, and a bail-out are failures', () => {
  expect(problems('1..2\nok 1')).toEqual(['2 tests were planned, 1 ran.'])
  expect(problems('ok 1')[0]).toMatch(/^There is no plan/)
  expect(problems('')[0]).toMatch(/^No tests were run/)
  expect(problems('1..1\nok 1\nBail out!  no')).toEqual(['Bail out!  no'])
})
