/** app: the frame around all sections. */
export { App } from './app.tsx'
