/** SQL that applications write around the API: functions, triggers, views, constraints, indexes. */

const people = `
  create table users (id uuid primary key default gen_random_uuid(), name text not null, email text unique check (email ~ '^[^@ ]+@[^@ ]+$'));
  create table posts (id int generated always as identity primary key, user_id uuid not null references users on delete cascade,
    user_name text, title text not null, body text default '', published boolean not null default true, search tsvector,
    created_at timestamptz not null default now(), deleted_at timestamptz, deleted_by text);
  create table comments (id int generated always as identity primary key, post_id int not null references posts on delete cascade, body text);
  create table tags (id int primary key, name text unique);
  create table post_tags (post_id int references posts on delete cascade, tag_id int references tags, primary key (post_id, tag_id));

  -- a copy of the author's name beside each post, kept up to date
  create function copy_user_name() returns trigger language plpgsql as $$ begin
    select name into new.user_name from users where id = new.user_id; return new; end $$;
  create trigger copy_user_name before insert on posts for each row execute function copy_user_name();
  create function sync_user_name() returns trigger language plpgsql security definer set search_path = public as $$ begin
    update posts set user_name = new.name where user_id = new.id; return new; end $$;
  create trigger sync_user_name after update of name on users for each row execute function sync_user_name();

  -- weighted full text
  create function weigh() returns trigger language plpgsql as $$ begin
    new.search = setweight(to_tsvector('english', new.title), 'A') || setweight(to_tsvector('english', coalesce(new.body, '')), 'B');
    return new; end $$;
  create trigger weigh before insert or update of title, body on posts for each row execute function weigh();
  create index posts_search on posts using gin (search);
  create function search_posts(query text) returns table (title text, rank real) language sql stable as $$
    select title, ts_rank(search, q) from posts, to_tsquery('english', query) q where search @@ q order by 2 desc $$;

  -- soft deletion
  create function soft_delete() returns trigger language plpgsql security definer set search_path = public as $$ begin
    update posts set deleted_at = now(), deleted_by = current_setting('app.user_id', true) where id = old.id; return null; end $$;
  create trigger soft_delete before delete on posts for each row when (old.deleted_at is null) execute function soft_delete();
  create view active_posts with (security_invoker) as select * from posts where deleted_at is null;

  create view top_posts as select u.name, top.title from users u cross join lateral (
    select title from posts p where p.user_id = u.id order by p.id desc limit 2) top;
  insert into users (id, name, email) values
    ('00000000-0000-4000-8000-000000000001', 'ann', 'ann@example.com'), ('00000000-0000-4000-8000-000000000002', 'ben', 'ben@example.com');
  insert into posts (user_id, title, body, published, created_at) values
    ('00000000-0000-4000-8000-000000000001', 'Postgresql tips', 'about databases', true, '2026-01-01'),
    ('00000000-0000-4000-8000-000000000001', 'Gardening', 'no postgresql here', true, '2026-01-02'),
    ('00000000-0000-4000-8000-000000000001', 'A draft', '', false, '2026-01-03'),
    ('00000000-0000-4000-8000-000000000002', 'Cooking', '', true, '2026-01-04');
  insert into comments (post_id, body) values (1, 'a'), (1, 'b'), (2, 'c');
  insert into tags values (1, 'sql'), (2, 'life');
  insert into post_tags values (1, 1), (2, 2), (1, 2);`

const shop = `
  create table products (id int primary key, category text, name text, price numeric not null check (price >= 0), stock int not null default 0, metadata jsonb not null default '{}');
  create table orders (id int generated always as identity primary key, product_id int references products, quantity int check (quantity > 0), total numeric, day date not null default '2026-01-01');
  insert into products values (1, 'paper', 'notepad', 3, 5, '{"featured":true,"price":120,"colours":["red","blue"]}'), (2, 'paper', 'notebook', 7, 0, '{"price":90}'),
    (3, 'pens', 'fountain', 40, 2, '{"featured":true,"price":5}');
  insert into orders (product_id, quantity, total, day) values (1, 2, 6, '2026-01-10'), (1, 1, 3, '2026-02-10'), (3, 1, 40, '2026-02-11');
  create function calculate_discount(price numeric, percent numeric) returns numeric language sql immutable parallel safe as $$ select round(price * (1 - percent / 100), 2) $$;
  create function get_monthly_revenue(year int) returns table (month int, revenue numeric) language sql stable parallel safe as $$
    select extract(month from day)::int, sum(total) from orders where extract(year from day) = year group by 1 $$;
  create function validate_and_create_order(product int, amount int) returns table (success boolean, order_id int, message text) language plpgsql as $$
    declare found_stock int; made int; begin
      select stock into found_stock from products where id = product for update;
      if found_stock is null then return query select false, null::int, 'no such product'; return; end if;
      if found_stock < amount then return query select false, null::int, 'not enough in stock'; return; end if;
      update products set stock = stock - amount where id = product;
      insert into orders (product_id, quantity) values (product, amount) returning id into made;
      return query select true, made, 'created'; end $$;
  create table balances (id int primary key, amount numeric not null check (amount >= 0));
  insert into balances values (1, 100), (2, 0);
  create function safe_transfer(source int, target int, sum numeric) returns json language plpgsql as $$ begin
    perform 1 from balances where id in (source, target) order by id for update;
    update balances set amount = amount + sum where id = target;
    update balances set amount = amount - sum where id = source;
    return json_build_object('ok', true);
  exception when others then return json_build_object('ok', false, 'code', sqlstate); end $$;
  create view price_statistics as select category, count(*) filter (where price > 5) as dear,
    percentile_cont(0.5) within group (order by price) as median, grouping(category) as is_total from products group by grouping sets ((category), ());
  create view ranked_products as select name, category, rank() over w, dense_rank() over (order by category) as category_rank, row_number() over (order by id),
    sum(price) over (order by id) as running_total, avg(price) over (order by id rows between 6 preceding and current row) as moving_average,
    lag(name) over (order by id) as previous, lead(name) over (order by id) as next from products window w as (partition by category order by price desc);
  create view product_colours as select p.id, c.colour from products p cross join lateral jsonb_array_elements_text(coalesce(p.metadata->'colours', '[]')) as c (colour);
  create view catalogue as select category, jsonb_agg(jsonb_build_object('name', name, 'price', price) order by id) as items from products group by category;`

const documents = `
  create table categories (id int primary key, name text, parent_id int references categories, level int, path text[]);
  create function place_category() returns trigger language plpgsql as $$ begin
    select coalesce(max(p.level), 0) + 1, coalesce(max(p.path), '{}') || new.name into new.level, new.path from categories p where p.id = new.parent_id; return new; end $$;
  create trigger place before insert or update of parent_id, name on categories for each row execute function place_category();
  create view category_tree as with recursive roots as (select id, name, 1 as level from categories where parent_id is null),
    tree as (select * from roots union all select c.id, c.name, t.level + 1 from categories c join tree t on c.parent_id = t.id) select * from tree;

  create table documents (id int primary key, version int not null default 1, title text, content text, created_at timestamptz not null default now(), updated_at timestamptz not null default now(), created_by text, updated_by text);
  create table document_versions (document_id int references documents on delete cascade, version int, title text, content text, changed_by text, changed_at timestamptz default now(), unique (document_id, version));
  create function set_created_by() returns trigger language plpgsql as $$ begin
    new.created_by = current_setting('app.user_id', true); new.updated_by = new.created_by; return new; end $$;
  create trigger set_created_by before insert on documents for each row execute function set_created_by();
  create function keep_version() returns trigger language plpgsql as $$ begin
    insert into document_versions (document_id, version, title, content, changed_by) values (old.id, old.version, old.title, old.content, current_setting('app.user_id', true));
    new.version = old.version + 1; new.updated_at = clock_timestamp(); new.updated_by = current_setting('app.user_id', true); return new; end $$;
  create trigger keep_version before update on documents for each row execute function keep_version();

  create table audit_logs (id int generated always as identity primary key, table_name text, operation text, old_data json, new_data json, user_id text, created_at timestamptz default now());
  create table accounts (id int primary key, name text);
  create function audit_trigger() returns trigger language plpgsql security definer set search_path = public as $$ begin
    insert into audit_logs (table_name, operation, old_data, new_data, user_id) values (tg_table_name, tg_op,
      case when tg_op <> 'INSERT' then row_to_json(old) end, case when tg_op <> 'DELETE' then row_to_json(new) end, current_setting('app.user_id', true));
    return coalesce(new, old); end $$;
  create trigger audit after insert or update or delete on accounts for each row execute function audit_trigger();
  revoke insert, update, delete on audit_logs from anon, authenticated;

  create table secrets (id int primary key, owner uuid);
  alter table secrets enable row level security;
  create policy own on secrets using (owner = auth.uid());
  insert into secrets values (1, gen_random_uuid());
  create function count_secrets_as_invoker() returns bigint language sql stable security invoker as $$ select count(*) from secrets $$;
  create function count_secrets_as_definer() returns bigint language sql stable security definer set search_path = public as $$ select count(*) from secrets $$;

  create function calculate_user_stats(user_uuid uuid) returns table (post_count bigint, comment_count bigint) language sql stable as $$
    select count(distinct p.id), count(c.id) from posts p left join comments c on c.post_id = p.id where p.user_id = user_uuid $$;
  create function get_user_feed(user_uuid uuid) returns setof posts language sql stable as $$ select * from posts where user_id <> user_uuid $$;
  create function test_calculate_user_stats() returns text language plpgsql as $$ declare stats record; begin
    select * into stats from calculate_user_stats('00000000-0000-4000-8000-000000000001');
    if stats.post_count <> 3 then raise exception 'expected 3 posts, found %', stats.post_count; end if;
    if stats.comment_count <> 3 then raise exception 'expected 3 comments, found %', stats.comment_count; end if;
    return 'ok'; end $$;
  create function test_that_fails() returns text language plpgsql as $$ begin raise exception 'expected % but found %', 1, 2 using hint = 'look again'; end $$;`

const rules = `
  create extension if not exists pg_trgm with schema extensions;
  create extension if not exists btree_gist with schema extensions;
  create type post_status as enum ('draft', 'published', 'archived');
  create table post_statuses (id int primary key, name text unique, color text, display_order int, is_active boolean default true);
  insert into post_statuses values (1, 'draft', 'grey', 1, true), (2, 'live', 'green', 2, true), (3, 'old', 'black', 3, false);
  create table articles (id int primary key, status post_status not null default 'draft', status_id int references post_statuses default 1);
  create table members (id int primary key, team int, email text, deleted_at timestamptz, starts date, ends date, unique (team, email), check (starts <= ends));
  create unique index one_active_email on members (email) where deleted_at is null;
  create table bookings (id int primary key, room_id int not null, from_day date, to_day date, exclude using gist (room_id with =, daterange(from_day, to_day) with &&));
  create function similar_products(query text) returns table (name text, score real) language sql stable set search_path = public, extensions as $$
    select name, similarity(name, query) from products where name % query order by 2 desc $$;
  create table indexed (id int primary key, a int, b int, email text, doc jsonb, tags text[], done boolean, body tsvector);
  create index i_btree on indexed (a);
  create index i_columns on indexed (b, a);
  create index i_partial on indexed (id) where done;
  create index i_expression on indexed (lower(email));
  create index i_json on indexed using gin (doc);
  create index i_array on indexed using gin (tags);
  create index i_text on indexed using gin (body);
  create index i_trigram on indexed using gin (email extensions.gin_trgm_ops);
  create function indexes_of(condition text) returns setof text language plpgsql set enable_seqscan = off set search_path = public, extensions as $$ declare line text; begin
    for line in execute 'explain select from indexed where ' || condition loop
      if line ~ 'i_[a-z]+' then return next substring(line from 'i_[a-z]+'); end if; end loop; end $$;`

export const featureSchema = [people, shop, documents, rules].join('\n')
