/** Errors that auth/hooks alone raises. */
import { defineErrors } from '#base/kernel'

export const hookErrors = defineErrors({
  hookFailed: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { uri: string }) => `Error running hook URI: ${p.uri}`,
  },
  hookOutputInvalid: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Error unmarshaling JSON output.',
  },
  hookClaimsMissing: {
    code: 'unexpected_failure',
    status: 500,
    message: 'output claims field is missing',
  },
  hookClaimsInvalid: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { problems: readonly string[] }) =>
      `output claims do not conform to the expected schema: \n${p.problems.map((line) => `- ${line}\n`).join('')}`,
  },
  hookTimeout: {
    code: 'hook_timeout',
    status: 422,
    message: (p: { seconds: number }) =>
      `Failed to reach hook within maximum time of ${p.seconds.toFixed(6)} seconds`,
  },
  hookUnreachable: {
    code: 'hook_timeout_after_retry',
    status: 422,
    message: 'Failed to reach hook after maximum retries',
  },
  hookTooLarge: {
    code: 'hook_payload_over_size_limit',
    status: 422,
    message: (p: { maxBytes: number }) => `Payload size exceeded size limit of ${p.maxBytes} bytes`,
  },
  hookContentTypeMissing: {
    code: 'hook_payload_invalid_content_type',
    status: 400,
    message: 'Invalid Content-Type: Missing Content-Type header',
  },
  hookContentType: {
    code: 'hook_payload_invalid_content_type',
    status: 400,
    message: (p: { type: string }) => `Invalid JSON response. Received content-type: ${p.type}`,
  },
  hookUnavailable: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Service currently unavailable due to hook',
  },
  hookPayloadRefused: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Invalid payload sent to hook',
  },
  hookUnauthorized: {
    code: 'unexpected_failure',
    status: 500,
    message: 'Hook requires authorization token',
  },
  hookStatus: {
    code: 'unexpected_failure',
    status: 500,
    message: (p: { status: number }) => `Unexpected status code returned from hook: ${p.status}`,
  },
  mfaRejected: {
    code: 'mfa_verification_rejected',
    status: 403,
    message: (p: { message: string }) => p.message,
  },
  passwordRejected: {
    code: 'invalid_credentials',
    status: 400,
    message: (p: { message: string }) => p.message,
  },
})
