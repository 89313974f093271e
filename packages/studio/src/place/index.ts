/** place: addresses of views, links between them, and what is typed and not saved. */
export { forgetDrafts, useDraft } from './draft.ts'
export { Link } from './link.tsx'
export { hrefOf, parsePlace, usePlace } from './place.ts'
export type { Goto, Place, UsedPlace } from './place.ts'
