/** What can be wrong with a question about the catalog. */
import { defineErrors } from '#base/kernel'

export const catalogErrors = defineErrors({
  studio_relation_not_found: {
    status: 404,
    message: (p: { oid: number | string }) => `There is no table or view ${p.oid}`,
    hint: 'It may have been dropped or made anew: GET /admin/v1/projects/{ref}/catalog lists what there is.',
  },
  studio_column_not_found: {
    status: 400,
    message: (p: { relation: string; name: string }) =>
      `${p.relation} has no column ${p.name.slice(0, 80)}`,
    hint: 'It may have been renamed or dropped: take its filters and its order away.',
  },
  studio_secret_not_found: {
    status: 404,
    message: 'The vault has no such secret',
  },
})
