/** A client that sends no more: gone, or waiting for its answer. TCP does not tell which. */

/** An answer that takes no longer reaches who waits; reads for who is gone are stopped then. */
const patienceMs = 1_000

/** Gives up `exchange` after a while; returns what ends the wait. */
export function giveUpLater(exchange: { cancel(): void }): () => void {
  const timer = setTimeout(() => exchange.cancel(), patienceMs)
  timer.unref()
  return () => clearTimeout(timer)
}
