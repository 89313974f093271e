/** The standard's exceptions, each with what happened in words. https://w3c.github.io/IndexedDB/#exceptions */
const messages = {
  AbortError: 'The transaction was aborted.',
  ConstraintError: 'The record or name is there already, or breaks a unique index.',
  DataCloneError: 'The value cannot be cloned.',
  DataError: 'This is not a valid key, or the key does not fit the store.',
  InvalidAccessError: 'The arguments do not go together, or no store was named.',
  InvalidStateError: 'The object was deleted, or the call is not possible in this state.',
  NotFoundError: 'There is no store or index of this name.',
  ReadOnlyError: 'The transaction is readonly.',
  SyntaxError: 'The key path is not valid.',
  TransactionInactiveError:
    'The transaction is not active: it has finished, or no callback of it is running.',
  VersionError: 'The database has a higher version than was asked for.',
  QuotaExceededError: 'The disk takes no more.',
  UnknownError: 'The storage failed.',
} as const

export type DomErrorName = keyof typeof messages

export function domError(name: DomErrorName, message: string = messages[name]): DOMException {
  return new DOMException(message, name)
}
