/** Every error of Storage. Codes, labels and wording are supabase/storage's: clients match on them. */
import { defineErrors } from '#base/kernel'

/** `status` is the meaning (`statusCode` in the body); which status the message itself has is `formatError`'s to say. `details` is the older label. */
export const storageErrors = defineErrors({
  NoSuchBucket: { status: 404, message: 'Bucket not found', details: 'Bucket not found' },
  NoSuchKey: { status: 404, message: 'Object not found', details: 'not_found' },
  /** The row is there, its bytes are not. */
  BytesMissing: {
    code: 'NoSuchKey',
    status: 404,
    message: 'The resource was not found',
    details: 'Not found',
  },
  NoSuchUpload: { status: 404, message: 'Upload not found' },
  AccessDenied: {
    status: 403,
    message: (p: { message: string }) => p.message,
    details: 'Unauthorized',
  },
  /** `AccessDenied` on the wire, with a status of its own. */
  InvalidRole: { status: 403, message: 'Access denied: Invalid role', details: 'Unauthorized' },
  KeyAlreadyExists: { status: 409, message: 'The resource already exists', details: 'Duplicate' },
  BucketAlreadyExists: {
    status: 409,
    message: 'The resource already exists',
    details: 'Duplicate',
  },
  ResourceAlreadyExists: {
    status: 409,
    message: 'The resource already exists',
    details: 'Duplicate',
  },
  ResourceNotEmpty: { status: 409, message: 'The bucket you tried to delete is not empty' },
  ResourceReferenced: { status: 409, message: 'The resource is referenced by another one' },
  RelatedResourceNotFound: {
    code: 'InvalidRequest',
    status: 404,
    message: 'The related resource does not exist',
  },
  ResourceLocked: { status: 423, message: 'The resource is locked' },
  InvalidBucketName: { status: 400, message: 'Bucket name invalid', details: 'Invalid Input' },
  InvalidKey: { status: 400, message: (p: { key: string }) => `Invalid key: ${p.key}` },
  InvalidMimeType: {
    status: 415,
    message: (p: { type: string }) => `mime type ${p.type} is not supported`,
    details: 'invalid_mime_type',
  },
  InvalidContentType: {
    code: 'InvalidMimeType',
    status: 415,
    message: 'Invalid Content-Type header',
    details: 'invalid_mime_type',
  },
  EntityTooLarge: {
    status: 413,
    message: 'The object exceeded the maximum allowed size',
    details: 'Payload too large',
  },
  InvalidRobotsTag: {
    code: 'InvalidRequest',
    status: 400,
    message: (p: { reason: string }) => `Invalid X-Robots-Tag header: ${p.reason}`,
    details: 'invalid_x_robots_tag',
  },
  /** A request whose shape is wrong: `body must have required property 'name'`. */
  Malformed: {
    code: 'InvalidRequest',
    status: 400,
    message: (p: { message: string }) => p.message,
    details: 'Error',
  },
  InvalidFileSizeUnit: {
    code: 'InvalidRequest',
    status: 400,
    message: 'Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B',
  },
  RouteNotFound: {
    code: 'InvalidRequest',
    status: 404,
    message: (p: { method: string; path: string }) => `Route ${p.method}:${p.path} not found`,
    details: 'Not Found',
  },
  InvalidJWT: { status: 400, message: (p: { message: string }) => p.message },
  InvalidSignature: { status: 400, message: (p: { message: string }) => p.message },
  InvalidRange: { status: 416, message: 'invalid range provided', details: 'invalid_range' },
  InvalidParameter: {
    status: 400,
    message: (p: { name: string }) => `Invalid Parameter ${p.name}`,
  },
  MissingContentLength: {
    status: 400,
    message: 'You must provide the Content-Length HTTP header.',
  },
  NoFolderBytes: {
    code: 'InvalidRequest',
    status: 400,
    message: 'A .emptyFolderPlaceholder must have no bytes',
  },
  DatabaseTimeout: { status: 544, message: 'The connection to the database timed out' },
  DatabaseReadOnly: { status: 503, message: 'The database is read-only' },
  SlowDown: {
    status: 429,
    message: 'Too many connections to the database: send the request again in a moment',
    details: 'too_many_connections',
  },
  DatabaseSchemaMismatch: {
    status: 503,
    message:
      'The schema `storage` is not what it has to be: start Basalt again to bring it up to date',
  },
  /** What a trigger, a check or a function of the project says. */
  DatabaseError: { status: 500, message: (p: { message: string }) => p.message },
  BackendFull: {
    code: 'InternalError',
    status: 507,
    message: 'There is no space left where objects are kept',
  },
  DatabaseUnavailable: {
    code: 'InternalError',
    status: 503,
    message: 'The database cannot be reached: send the request again in a moment',
  },
  Aborted: { code: 'AbortedTerminate', status: 499, message: 'Request aborted' },
  InternalError: { status: 500, message: 'Internal Server Error', details: 'Internal' },
})
