/** What can be wrong with whole tables in and out. */
import { defineErrors } from '#base/kernel'

interface Line {
  readonly line: string
  readonly message: string
  readonly code: string
}

export const transferErrors = defineErrors({
  studio_import_invalid: {
    status: 400,
    message: (p: { reason: string }) => `This cannot be imported: ${p.reason}`,
  },
  studio_import_failed: {
    status: 400,
    message: (p: Line) => `${p.line}${p.message} (SQLSTATE ${p.code}). No row was kept`,
    hint: 'Mend the line, or map its column otherwise, and import again: it was all or nothing.',
  },
  studio_import_cancelled: {
    status: 409,
    message: 'The import was cancelled. No row was kept',
  },
  studio_import_not_found: {
    status: 404,
    message: 'There is no such import here',
    hint: 'The last 100 are known, on the node that ran them.',
  },
})
