-- Keys that tokens are verified with, so that those signed before a change of keys stay good until they run out.
-- Sealed with a key that only the process has, as `overrides` of basalt.project_config from now on are too.

create table basalt.signing_keys (
  ref text not null,
  -- RFC 7638 thumbprint
  thumbprint text not null,
  sealed text not null,
  -- null while the project has the key; then the moment the last token signed with it has run out
  retired_until timestamptz,
  primary key (ref, thumbprint)
);

revoke all on basalt.signing_keys from public;
alter table basalt.signing_keys enable row level security;
