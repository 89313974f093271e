/** ui: what every section is made of. */
export { Button, Hint, IconButton } from './button.tsx'
export type { ButtonProps } from './button.tsx'
export {
  Check,
  Field,
  SearchField,
  Segments,
  Select,
  SelectField,
  TextArea,
  TextField,
} from './field.tsx'
export type { Option } from './field.tsx'
export { ConfirmDialog, Dialog, Menu, Popover, Sheet } from './overlay.tsx'
export type { MenuEntry } from './overlay.tsx'
export { Badge, EmptyState, ErrorNotice, Loading, Notice, Progress } from './notice.tsx'
export { Toasts, toast } from './toast.tsx'
export { CodeSample, KeyField, copyText } from './copy.tsx'
export { DataTable } from './data-table.tsx'
export type { Column } from './data-table.tsx'
export { Facts, Page, Split, Stat, Tabs } from './page.tsx'
export type { TabItem } from './page.tsx'
export { ago, bytes, clockTime, count, milliseconds, plural } from './words.ts'
export { saveFile } from './save-file.ts'
