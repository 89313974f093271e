/** sql-editor: loaded when a section needs it. */
export { Editor, preloadEditor } from './lazy-editor.tsx'
export { useCompletion } from './names.ts'
