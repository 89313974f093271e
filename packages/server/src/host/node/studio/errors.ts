/** What can be wrong with a request to Studio. */
import { defineErrors } from '#base/kernel'

export const studioErrors = defineErrors({
  studio_host_refused: {
    status: 421,
    message: 'Studio is not at this address',
    hint: 'Open it at 127.0.0.1 or localhost, or set basalt.studio.external_url to where it is.',
  },
  studio_origin_refused: {
    status: 403,
    message: 'Only Studio’s own page may ask this',
    hint: 'Programs use /admin/v1 of the API with an operator’s token.',
  },
  studio_header_missing: {
    status: 403,
    message: 'The header x-basalt-studio is missing',
  },
  studio_json_expected: {
    status: 415,
    message: 'This takes a body of the type application/json',
  },
  studio_signed_out: {
    status: 401,
    message: 'Nobody is signed in, or not any more',
    hint: 'Sign in again: nothing that was typed is lost.',
  },
  studio_key_refused: {
    status: 401,
    message: 'This is neither the service_role key, the secret key, nor a link that is still good',
    hint: '`basalt status` shows the keys, and a link that signs in once.',
  },
  studio_sign_in_invalid: {
    status: 400,
    message: 'An e-mail address and a password are needed',
  },
  studio_too_many_attempts: {
    status: 429,
    message: 'Too many sign-ins have failed',
    hint: 'Try again in a minute.',
  },
  studio_starting: {
    status: 503,
    message: 'The server is starting',
    hint: 'Try again in a second.',
  },
})
