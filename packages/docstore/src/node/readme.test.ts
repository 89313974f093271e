/** What the README claims: the closed table of errors, and that a test provokes each. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, expectTypeOf, test } from 'vitest'
import { defineStore } from '#document'
import { errorCodes } from '#kernel'
import { openDocstore } from './open-docstore.ts'

const source = resolve(import.meta.dirname, '..')
const readme = readFileSync(resolve(source, '../README.md'), 'utf8')
const tests = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(source, path), 'utf8'))
  .join('\n')

test('its table of errors is the table in the code, and each is provoked by a test', () => {
  const rows = readme.slice(readme.indexOf('## Errors')).matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)
  const documented = [...rows].flatMap(([, codes]) =>
    (codes as string).replaceAll('`', '').split(', '),
  )
  expect(documented.toSorted()).toEqual(errorCodes().toSorted())
  expect(
    errorCodes().filter((code) => !tests.includes(`'${code}'`) && code !== 'database_locked'),
  ).toEqual([])
})

test('documents are typed by the definition or by the name of their store', async () => {
  interface Todo {
    id: string
    done: boolean
  }
  const db = await openDocstore<{ todos: Todo }>()
  const notes = defineStore<{ id: number; text: string }>('notes', { key: 'id' })
  await db.applySchemas([defineStore<Todo>('todos', { key: 'id' }), notes])
  expectTypeOf(await db.get('todos', '1')).toEqualTypeOf<Todo | undefined>()
  expectTypeOf(await db.get(notes, 1)).toEqualTypeOf<{ id: number; text: string } | undefined>()
  expectTypeOf(await db.query('todos').collect()).toEqualTypeOf<Todo[]>()
  // @ts-expect-error: a field is missing
  await db.put('todos', { id: '1' })
  expect(await db.count('todos')).toBe(1)
  await db.close()
})
