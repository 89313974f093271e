/** Up to where the log is done with: the end of the last transaction before which every change has been sent. */

interface Transaction {
  readonly endLsn: bigint
  isDone: boolean
}

export class Confirmations {
  readonly #open: Transaction[] = []
  #lsn = 0n

  /** What may be forgotten by Postgres. */
  get lsn(): bigint {
    return this.#lsn
  }

  get isEmpty(): boolean {
    return this.#open.length === 0
  }

  /** A transaction ends in the log; the function says that it has been sent. */
  add(endLsn: bigint): () => void {
    const transaction: Transaction = { endLsn, isDone: false }
    this.#open.push(transaction)
    return () => {
      transaction.isDone = true
      while (this.#open[0]?.isDone === true) {
        const [first] = this.#open.splice(0, 1)
        this.reach(first?.endLsn ?? 0n)
      }
    }
  }

  /** Nothing up to `lsn` concerns us. */
  reach(lsn: bigint): void {
    if (lsn > this.#lsn) this.#lsn = lsn
  }
}
