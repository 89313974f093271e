/** What can be wrong with SQL from Studio, and with its files. */
import { defineErrors } from '#base/kernel'

export const sqlErrors = defineErrors({
  studio_too_many_statements: {
    status: 400,
    message: (p: { most: number }) => `A script has at most ${p.most} statements here`,
    hint: 'Longer ones are for psql, or a migration.',
  },
  studio_sql_running: {
    status: 409,
    message: 'Something with this id runs already',
  },
  studio_snippet_name_invalid: {
    status: 400,
    message: 'A snippet is named with up to 100 letters, digits, spaces, - . and _',
  },
  studio_snippet_not_found: {
    status: 404,
    message: 'There is no such snippet',
  },
  studio_snippet_changed: {
    status: 409,
    message: 'The snippet was changed elsewhere, so it was not saved',
    hint: 'Read it again, or save under another name.',
  },
  studio_migration_name_invalid: {
    status: 400,
    message: 'A migration is named with up to 100 letters, digits, - and _',
  },
  studio_migration_not_found: {
    status: 404,
    message: 'There is no such migration',
  },
  studio_migration_failed: {
    status: 400,
    message: (p: { reason: string }) => `The migration was not applied: ${p.reason}`,
  },
  studio_no_folder: {
    status: 409,
    message: 'This project has no folder of migrations here',
    hint: 'Apply it at once, or write the file where its repository is.',
  },
})
