/** storage/resumable: uploads that go on where they broke off (TUS). */
export { describeProtocol, resumable } from './endpoints.ts'
export { resumableErrors } from './errors.ts'
