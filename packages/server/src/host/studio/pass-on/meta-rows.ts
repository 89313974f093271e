/** What the project's database looks like to TypeScript. */
import type { ServiceRow } from './service-rows.ts'

export const metaRows: readonly ServiceRow[] = [
  {
    method: 'GET',
    path: 'types/typescript',
    least: 'read-only',
    to: '/pg/generators/typescript',
    summary: 'Types of its tables and functions for supabase-js: ?included_schemas=public,app',
  },
]
