/** Options of Auth: sign-up, tokens, e-mail, SMS, second factors. */
import {
  boolean,
  choice,
  duration,
  integer,
  list,
  port,
  secret,
  tables,
  text,
  textTable,
  unset,
} from './option.ts'

const mailTemplate = {
  subject: unset(text('', 'Subject line.')),
  content: unset(text('', 'HTML of the mail.')),
  content_path: unset(text('', 'File with the HTML, relative to the working directory.')),
}

const passwordRequirements = [
  '',
  'letters_digits',
  'lower_upper_letters_digits',
  'lower_upper_letters_digits_symbols',
] as const

export const authOptions = {
  'auth.enabled': boolean(true, 'Serves Auth.'),
  'auth.site_url': text(
    'http://127.0.0.1:3000',
    "The application's URL: where mail links and providers return to.",
  ),
  'auth.external_url': unset(
    text('', 'URL Auth is reached at; default <api.external_url>/auth/v1.'),
  ),
  'auth.additional_redirect_urls': list(
    ['https://127.0.0.1:3000'],
    'Further URLs that may be returned to; `*` and `**` match.',
  ),
  'auth.jwt_secret': secret(
    text(
      'super-secret-jwt-token-with-at-least-32-characters-long',
      'Secret tokens are signed with (HS256).',
    ),
  ),
  'auth.anon_key': secret(
    unset(text('', 'API key of the role anon; default a token signed with the JWT secret.')),
  ),
  'auth.service_role_key': secret(
    unset(
      text('', 'API key of the role service_role; default a token signed with the JWT secret.'),
    ),
  ),
  'auth.publishable_key': secret(
    text('sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH', 'API key for clients.'),
  ),
  'auth.secret_key': secret(
    unset(
      text(
        '',
        "API key for servers. Default: the Supabase CLI's, or one made of a jwt_secret of one's own.",
      ),
    ),
  ),
  'auth.jwt_expiry': integer(3600, 'Seconds an access token is valid.', 1, 604_800),
  'auth.jwt_issuer': unset(text('', 'Issuer of tokens; default the URL of Auth.')),
  'auth.signing_keys_path': unset(
    text('', 'File with private JWKs, relative to supabase/; the first signs.'),
  ),
  'auth.enable_refresh_token_rotation': boolean(true, 'A refresh token is good for one use.'),
  'auth.refresh_token_reuse_interval': integer(
    10,
    'Seconds a used refresh token may be used again.',
  ),
  'auth.enable_signup': boolean(true, 'Lets new users sign up.'),
  'auth.enable_anonymous_sign_ins': boolean(false, 'Lets users sign in without credentials.'),
  'auth.enable_manual_linking': boolean(false, 'Lets users link identities.'),
  'auth.minimum_password_length': integer(6, 'Fewest characters of a password.', 1, 72),
  'auth.password_requirements': choice(
    passwordRequirements,
    '',
    'Characters a password must contain.',
  ),

  'auth.rate_limit.header': unset(
    text(
      '',
      'Header in which the proxy in front names the client (`X-Forwarded-For`: its last address counts, which the proxy adds itself); default the peer of the connection.',
    ),
  ),
  'auth.rate_limit.email_sent': integer(
    2,
    'Mails an hour, of all users together, through `[auth.email.smtp]`.',
  ),
  'auth.rate_limit.sms_sent': integer(30, 'SMS an hour.'),
  'auth.rate_limit.anonymous_users': integer(30, 'Anonymous sign-ins an hour and address.'),
  'auth.rate_limit.token_refresh': integer(150, 'Refreshes in 5 minutes and address.'),
  'auth.rate_limit.sign_in_sign_ups': integer(
    30,
    'Sign-ins and sign-ups in 5 minutes and address.',
  ),
  'auth.rate_limit.token_verifications': integer(30, 'OTP verifications in 5 minutes and address.'),
  'auth.rate_limit.web3': integer(30, 'Web3 sign-ins in 5 minutes and address.'),

  'auth.email.enable_signup': boolean(true, 'Lets users sign up with e-mail.'),
  'auth.email.double_confirm_changes': boolean(
    true,
    'A change of address is confirmed at both addresses.',
  ),
  'auth.email.enable_confirmations': boolean(
    false,
    'A user must confirm the address before signing in.',
  ),
  'auth.email.secure_password_change': boolean(
    false,
    'A change of password needs a recent sign-in.',
  ),
  'auth.email.max_frequency': duration('1s', 'Least time between two mails to a user.'),
  'auth.email.otp_length': integer(6, 'Digits of a code.', 6, 10),
  'auth.email.otp_expiry': integer(3600, 'Seconds a code is valid.', 1, 86_400),
  'auth.email.smtp.enabled': boolean(
    false,
    'Sends mail through this server instead of catching it.',
  ),
  'auth.email.smtp.host': text('', "The server's name."),
  'auth.email.smtp.port': port(587, "The server's port."),
  'auth.email.smtp.user': text('', 'User name.'),
  'auth.email.smtp.pass': secret(text('', 'Password.')),
  'auth.email.smtp.admin_email': text('', "Sender's address."),
  'auth.email.smtp.sender_name': text('', "Sender's name."),
  'auth.email.template': tables(mailTemplate, 'Text of a mail.', [
    'invite',
    'confirmation',
    'recovery',
    'magic_link',
    'email_change',
    'reauthentication',
  ]),
  'auth.email.notification': tables(
    { enabled: boolean(false, 'Sends this notification.'), ...mailTemplate },
    'Mail that tells a user of a change.',
    [
      'password_changed',
      'email_changed',
      'phone_changed',
      'identity_linked',
      'identity_unlinked',
      'mfa_factor_enrolled',
      'mfa_factor_unenrolled',
    ],
  ),

  'auth.sms.enable_signup': boolean(false, 'Lets users sign up with a phone number.'),
  'auth.sms.enable_confirmations': boolean(
    false,
    'A user must confirm the number before signing in.',
  ),
  'auth.sms.template': text('Your code is {{ .Code }}', 'Text of the SMS.'),
  'auth.sms.max_frequency': duration('5s', 'Least time between two SMS to a user.'),
  'auth.sms.test_otp': textTable('Codes that are accepted without an SMS, by phone number.'),

  'auth.sessions.timebox': unset(duration('0s', 'A session ends after this time.')),
  'auth.sessions.inactivity_timeout': unset(
    duration('0s', 'A session ends when not used for this time.'),
  ),

  'auth.mfa.max_enrolled_factors': integer(10, 'Most second factors of a user.'),
  'auth.mfa.totp.enroll_enabled': boolean(false, 'Lets users enrol an authenticator app.'),
  'auth.mfa.totp.verify_enabled': boolean(false, 'Lets users verify with an authenticator app.'),
  'auth.mfa.phone.enroll_enabled': boolean(false, 'Lets users enrol a phone number.'),
  'auth.mfa.phone.verify_enabled': boolean(false, 'Lets users verify with a phone number.'),
  'auth.mfa.phone.otp_length': integer(6, 'Digits of a code.', 6, 10),
  'auth.mfa.phone.template': text('Your code is {{ .Code }}', 'Text of the SMS.'),
  'auth.mfa.phone.max_frequency': duration('5s', 'Least time between two SMS to a user.'),
  'auth.mfa.web_authn.enroll_enabled': boolean(false, 'Lets users enrol a security key.'),
  'auth.mfa.web_authn.verify_enabled': boolean(false, 'Lets users verify with a security key.'),

  'auth.captcha.enabled': boolean(false, 'Sign-in and sign-up need a solved captcha.'),
  'auth.captcha.provider': choice(['hcaptcha', 'turnstile'], 'hcaptcha', 'Whose captcha.'),
  'auth.captcha.secret': secret(unset(text('', "The captcha service's secret."))),
  'auth.passkey.enabled': boolean(false, 'Lets users sign in with a passkey.'),
  'auth.webauthn.rp_display_name': text('', 'Name shown by the authenticator.'),
  'auth.webauthn.rp_id': text('', 'Domain passkeys belong to.'),
  'auth.webauthn.rp_origins': list([], 'Origins passkeys may be used from.'),
}
