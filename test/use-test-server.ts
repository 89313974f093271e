/** Before each file of database tests: the server that the global set-up has started. */
import { inject } from 'vitest'
import { useTestServer } from '#testing'

declare module 'vitest' {
  interface ProvidedContext {
    testServer: { readonly url: string; readonly template: string }
  }
}

useTestServer(inject('testServer'))
