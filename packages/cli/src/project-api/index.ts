/** project-api: how commands ask the project that runs here, or a server elsewhere. */
export { FunctionsApi, checkName, openApi } from './functions-api.ts'
export type { DeployedFunction, KeptVersion, RemoteOptions } from './functions-api.ts'
