/** Options of Auth that concern other parties: providers, hooks, SMS services, foreign tokens. */
import { boolean, duration, secret, tables, text, unset } from './option.ts'

export const authProviderOptions = {
  'auth.external': tables(
    {
      enabled: boolean(false, 'Lets users sign in with this provider.'),
      client_id: text('', 'Client ID; several separated by commas.'),
      secret: secret(text('', 'Client secret.')),
      redirect_uri: unset(text('', 'Callback URL; default <URL of Auth>/callback.')),
      url: unset(text('', "The provider's own URL, for self-hosted ones.")),
      skip_nonce_check: boolean(false, 'Accepts ID tokens without a nonce.'),
      email_optional: boolean(false, 'Accepts users without an e-mail address.'),
    },
    'An OAuth provider (apple, azure, github, google, …).',
  ),
  'auth.hook': tables(
    {
      enabled: boolean(false, 'Calls the hook.'),
      uri: text('', '`pg-functions://postgres/<schema>/<function>` or an https URL.'),
      secrets: secret(
        text('', 'Secret that signs requests: `v1,whsec_…`, several separated by `|`.'),
      ),
    },
    'A hook of Auth.',
    [
      'mfa_verification_attempt',
      'password_verification_attempt',
      'custom_access_token',
      'send_sms',
      'send_email',
      'before_user_created',
      'after_user_created',
    ],
  ),
  'auth.sms.twilio.enabled': boolean(false, 'Sends SMS through Twilio.'),
  'auth.sms.twilio.account_sid': text('', 'Account SID.'),
  'auth.sms.twilio.message_service_sid': text('', 'Message service SID.'),
  'auth.sms.twilio.auth_token': secret(text('', 'Auth token.')),
  'auth.sms.twilio_verify.enabled': boolean(false, 'Sends codes through Twilio Verify.'),
  'auth.sms.twilio_verify.account_sid': text('', 'Account SID.'),
  'auth.sms.twilio_verify.message_service_sid': text('', 'Verify service SID.'),
  'auth.sms.twilio_verify.auth_token': secret(text('', 'Auth token.')),
  'auth.sms.messagebird.enabled': boolean(false, 'Sends SMS through MessageBird.'),
  'auth.sms.messagebird.originator': text('', 'Sender.'),
  'auth.sms.messagebird.access_key': secret(text('', 'Access key.')),
  'auth.sms.textlocal.enabled': boolean(false, 'Sends SMS through Textlocal.'),
  'auth.sms.textlocal.sender': text('', 'Sender.'),
  'auth.sms.textlocal.api_key': secret(text('', 'API key.')),
  'auth.sms.vonage.enabled': boolean(false, 'Sends SMS through Vonage.'),
  'auth.sms.vonage.from': text('', 'Sender.'),
  'auth.sms.vonage.api_key': secret(text('', 'API key.')),
  'auth.sms.vonage.api_secret': secret(text('', 'API secret.')),

  'auth.third_party.firebase.enabled': boolean(false, 'Accepts tokens of a Firebase project.'),
  'auth.third_party.firebase.project_id': text('', 'Firebase project.'),
  'auth.third_party.auth0.enabled': boolean(false, 'Accepts tokens of an Auth0 tenant.'),
  'auth.third_party.auth0.tenant': text('', 'Tenant.'),
  'auth.third_party.auth0.tenant_region': text('', "Tenant's region."),
  'auth.third_party.aws_cognito.enabled': boolean(false, 'Accepts tokens of a Cognito user pool.'),
  'auth.third_party.aws_cognito.user_pool_id': text('', 'User pool.'),
  'auth.third_party.aws_cognito.user_pool_region': text('', "User pool's region."),
  'auth.third_party.clerk.enabled': boolean(false, 'Accepts tokens of a Clerk instance.'),
  'auth.third_party.clerk.domain': text('', 'Domain of the instance.'),
  'auth.third_party.workos.enabled': boolean(false, 'Accepts tokens of WorkOS.'),
  'auth.third_party.workos.issuer_url': text('', 'Issuer of the tokens.'),
  'auth.web3.solana.enabled': boolean(false, 'Lets users sign in with a Solana wallet.'),
  'auth.web3.ethereum.enabled': boolean(false, 'Lets users sign in with an Ethereum wallet.'),
  'auth.saml.enabled': boolean(false, 'Lets users sign in with SAML identity providers.'),
  'auth.saml.private_key': secret(
    unset(
      text('', 'RSA key that signs requests, PKCS#1 DER in base64; default they are unsigned.'),
    ),
  ),
  'auth.saml.allow_encrypted_assertions': boolean(
    false,
    'Takes assertions encrypted with the certificate of our metadata.',
  ),
  'auth.saml.relay_state_validity_period': duration(
    '2m',
    'A sign-in has to come back within this time.',
  ),
  'auth.saml.external_url': unset(
    text('', 'URL of Auth as identity providers know it; default its own.'),
  ),
  'auth.oauth_server.enabled': boolean(false, 'Makes Auth an OAuth server for others.'),
  'auth.oauth_server.authorization_url_path': text(
    '/oauth/consent',
    "The application's consent page.",
  ),
  'auth.oauth_server.allow_dynamic_registration': boolean(
    false,
    'Lets clients register themselves.',
  ),
}
