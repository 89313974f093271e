-- sessions of Studio's page end when nobody uses them
alter table basalt_control.sessions add column idle_seconds integer;
