/** meta: `/pg`, the structure of the database for tools: types for TypeScript. */
export { meta } from './meta-service.ts'
export { generateTypes, generateTypesOf } from './generate-types.ts'
export type { TypesOptions } from './generate-types.ts'
export { metaErrors } from './errors.ts'
