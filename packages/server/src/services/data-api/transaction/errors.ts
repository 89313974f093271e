/** Errors of the client transaction as a whole; what a step meets are the errors of a request. */
import { defineErrors } from '#base/kernel'

export const transactionErrors = defineErrors({
  /** The body is not a list of steps. */
  BTX01: {
    status: 400,
    message: 'The transaction is malformed',
    details: (p: { details: string }) => p.details,
  },
  /** A reference leads nowhere, or is used where nothing can be bound. */
  BTX02: {
    status: 400,
    message: (p: { reference: string; details: string }) =>
      `The reference '${p.reference}' cannot be resolved`,
    details: (p: { reference: string; details: string }) => p.details,
  },
  BTX03: {
    status: 413,
    message: (p: { maxBytes: number }) =>
      `The results of the transaction are larger than ${p.maxBytes} bytes`,
    hint: 'Read less in it: limit, fewer columns, or return=minimal.',
  },
  BTX04: { status: 504, message: 'The transaction took too long and was rolled back' },
  BTX05: {
    status: 400,
    message: 'The Idempotency-Key header must have 1 to 255 printable ASCII characters',
  },
  BTX06: {
    status: 409,
    message: 'A transaction with this Idempotency-Key is still running',
    hint: 'Send it again: it is answered with the stored result, or run if nothing came of the first.',
  },
  BTX07: {
    status: 422,
    message: 'This Idempotency-Key was used for another transaction',
    hint: 'A key belongs to one body. Use a new key.',
  },
  BTX08: {
    status: 501,
    message: 'This database has no place for idempotency keys',
    hint: 'Start it with `basalt start`, which applies the migrations of the data API.',
  },
})
