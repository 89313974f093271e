/** Clones a script's value while its transaction is not active: getters cannot place requests. */
import { clone } from './clone.ts'
import type { TransactionCore } from './transaction-core.ts'

export function cloneIn(transaction: TransactionCore, value: unknown): unknown {
  transaction.state = 'inactive'
  try {
    return clone(value)
  } finally {
    // a getter may have aborted it
    if ((transaction.state as string) === 'inactive') transaction.state = 'active'
  }
}
