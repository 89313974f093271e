/** api-key-commands: `basalt apikeys`, on the project that runs here, a server elsewhere, or a database. */
export { defineApiKeys } from './define-api-keys.ts'
