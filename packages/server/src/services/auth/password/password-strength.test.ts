import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { silentLog } from '#base/kernel'
import type { Project } from '#base/service'
import { findWeakness } from './password-strength.ts'

type Requirements =
  | ''
  | 'letters_digits'
  | 'lower_upper_letters_digits'
  | 'lower_upper_letters_digits_symbols'

const project = { log: silentLog } as Project
const reasons = async (password: string, requirements: Requirements = '') => {
  const config = defineConfig({ 'auth.password_requirements': requirements })
  return (await findWeakness({ config, project }, password))?.reasons ?? []
}

test.each([
  ['12345', '', ['length']],
  ['123456', '', []],
  ['ééé', '', []], // six bytes, as GoTrue counts
  ['abcdef', 'letters_digits', ['characters']],
  ['abcde1', 'letters_digits', []],
  ['abcde1', 'lower_upper_letters_digits', ['characters']],
  ['Abcde1', 'lower_upper_letters_digits', []],
  ['Abcde1', 'lower_upper_letters_digits_symbols', ['characters']],
  ['Abcde1!', 'lower_upper_letters_digits_symbols', []],
  ['Abcde1~', 'lower_upper_letters_digits_symbols', []],
  ['a', 'letters_digits', ['length', 'characters']],
] as const)('%s under "%s": %j', async (password, requirements, expected) => {
  expect(await reasons(password, requirements)).toEqual(expected)
})
