import { expect, test } from 'vitest'
import { DatabaseError } from '#base/db'
import { fileError } from './file-error.ts'
import { splitStatements } from './split-statements.ts'

// not provoked: the locks are those of the server, which other tests use
test('a file that locks more than there is room for is told what to do, not only what to turn', () => {
  const fields = {
    C: '53200',
    M: 'out of shared memory',
    H: 'You might need to increase "max_locks_per_transaction".',
  }
  const statements = splitStatements('create table a ();\ncreate table b ();')
  const { message } = fileError(
    'supabase/migrations/1_a.sql',
    statements,
    1,
    new DatabaseError(fields, null),
  )
  expect(message).toMatch(
    /^supabase\/migrations\/1_a\.sql, line 2 \(statement 2\): out of shared memory \(SQLSTATE 53200\)\n.*Split it, or raise max_locks_per_transaction in \[db\.settings\]/,
  )
})
