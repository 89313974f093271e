/** `npm run projects`, on a project with one statement that fails. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('each failing statement is named with its place, and what is there without it starts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-projects-'))
  const supabase = join(folder, 'supabase')
  mkdirSync(join(supabase, 'migrations'), { recursive: true })
  writeFileSync(
    join(supabase, 'migrations', '1_first.sql'),
    `-- a comment\ncreate table a (id int primary key);\n\n/* two\nlines */\ncreate policy p\n  on nowhere using (true);\ncreate table b (a int references a);\n`,
  )
  writeFileSync(join(supabase, 'seed.sql'), 'insert into a values (1); insert into b values (1);')
  const missing = join(folder, 'missing')
  const { status, stdout } = spawnSync(
    process.execPath,
    ['tools/projects.mjs', '--keep-going', folder, missing],
    { encoding: 'utf8' },
  )
  rmSync(folder, { recursive: true })
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(
      /^FAIL  \S+  supabase\/migrations\/1_first\.sql:[67]  create policy p  — relation "nowhere" does not exist \(SQLSTATE 42P01\)$/,
    ),
    `FAIL  ${missing}  — ${missing}: there is no supabase/ folder`,
    '0 of 2 start',
    '',
  ])
  expect(status).toBe(1)
  expect(existsSync(folder)).toBe(false)
})
