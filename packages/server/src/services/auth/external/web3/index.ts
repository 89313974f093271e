/** auth/external/web3: messages wallets sign, and whether they did. No I/O. */
export { BadMessage, parseSignInMessage } from './sign-in-message.ts'
export type { Chain, SignInMessage } from './sign-in-message.ts'
export { isSignedByEthereum } from './verify-ethereum.ts'
export { isSignedBySolana } from './verify-solana.ts'
