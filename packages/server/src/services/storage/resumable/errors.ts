/** What can be wrong with a resumable upload; the answers are text, with the status they mean (TUS 1.0). */
import { defineErrors } from '#base/kernel'

export const resumableErrors = defineErrors({
  version: { status: 412, message: 'Tus-Resumable: 1.0.0 is required' },
  invalidLength: { status: 400, message: 'Upload-Length or Upload-Defer-Length header required' },
  invalidOffset: { status: 403, message: 'Upload-Offset header required' },
  invalidType: {
    status: 403,
    message: 'Content-Type must be application/offset+octet-stream',
  },
  invalidMetadata: { status: 400, message: 'Invalid Upload-Metadata header' },
  noSignature: { status: 400, message: 'Missing x-signature header' },
  notFound: { status: 404, message: 'The file for this url was not found' },
  expired: { status: 410, message: 'The upload has expired' },
  conflict: { status: 409, message: 'Upload-Offset conflict' },
  takenOver: { status: 423, message: 'Another request goes on with this upload' },
  tooLarge: { status: 413, message: 'Maximum size exceeded' },
  beyondLength: { status: 400, message: 'More bytes than Upload-Length says' },
  lengthIsKnown: { status: 400, message: 'Upload-Length cannot be changed' },
})
