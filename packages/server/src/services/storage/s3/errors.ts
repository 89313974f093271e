/** Errors of the S3 protocol: their codes are what SDKs decide by. */
import { defineErrors } from '#base/kernel'

export const s3Errors = defineErrors({
  AccessDenied: { status: 403, message: (p: { message: string }) => p.message },
  HeaderNotSigned: {
    code: 'AccessDenied',
    status: 403,
    message: (p: { name: string }) =>
      `There were headers present in the request which were not signed: ${p.name}`,
  },
  InvalidAccessKeyId: {
    status: 403,
    message: 'The AWS Access Key Id you provided does not exist in our records.',
  },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: 'The difference between the request time and the current time is too large.',
  },
  ExpiredToken: { status: 400, message: 'The provided token has expired.' },
  AuthorizationHeaderMalformed: {
    status: 400,
    message: (p: { reason: string }) => `The authorization header is malformed: ${p.reason}`,
  },
  InvalidArgument: { status: 400, message: (p: { message: string }) => p.message },
  MalformedXML: {
    status: 400,
    message: 'The XML you provided was not well-formed or did not validate',
  },
  InvalidPart: {
    status: 400,
    message: 'One or more of the specified parts could not be found, or their ETags do not match.',
  },
  InvalidPartOrder: { status: 400, message: 'The list of parts was not in ascending order.' },
  IncompleteBody: { status: 400, message: 'You did not provide the number of bytes you specified' },
  BadDigest: { status: 400, message: 'The checksum you specified did not match what we received.' },
  XAmzContentSHA256Mismatch: {
    status: 400,
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  PreconditionFailed: {
    status: 412,
    message: 'At least one of the pre-conditions you specified did not hold',
  },
  MethodNotAllowed: {
    status: 405,
    message: 'The specified method is not allowed against this resource.',
  },
  NotImplemented: {
    status: 501,
    message: (p: { what: string }) => `${p.what} is not implemented`,
  },
})
