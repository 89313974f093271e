/** Every error Storage answers with, but for those of S3's protocol, which are AWS's. For the page of errors. */
import { blobErrors } from '#base/blob'
import { storageErrors } from '#services/storage/core'
import { renderErrors } from '#services/storage/render'
import { resumableErrors } from '#services/storage/resumable'

export const storageErrorTables: readonly object[] = [
  storageErrors,
  renderErrors,
  resumableErrors,
  blobErrors,
]
