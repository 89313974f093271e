/** The public API in a browser. */
export { DocstoreError, errorCodes, errorTable, type ErrorCode } from '#kernel'
export { decodeKey, encodeKey, type Key } from '#key'
export {
  defineStore,
  type Caller,
  type Doc,
  type KeyRange,
  type Policies,
  type StoreDefinition,
} from '#document'
export { Docstore, Handle, Transaction, type Stores } from '#database'
export { AuthKit, type PasswordHasher, type Session, type User } from '#auth'
export { Series } from '#series'
export { openBrowserEngine, openDocstore, openSeries, type BrowserOptions } from './open-browser.ts'
export { createAuth } from './create-auth.ts'
