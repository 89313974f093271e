/** auth/testing: auth for tests: opened as the gateway does, and the servers around it. Not part of the build. */
export { Authenticator } from './authenticator.fixture.ts'
export type { CreationOptions, RequestOptions, Twist } from './authenticator.fixture.ts'
export { claimsOf, openAuth } from './open-auth.fixture.ts'
export type { Answer, AuthFixture } from './open-auth.fixture.ts'
export { openOutside } from './outside-server.fixture.ts'
export type { OutsideServer } from './outside-server.fixture.ts'
