-- Roles of Perdura's database: perdura_owner has the tables, perdura works on them and can neither change nor drop them.
-- As an administrator of the server, in Perdura's database:
--   psql "$ADMIN_URL" -v owner_password=… -v password=… -f deploy/postgres/roles.sql
-- Then migrate as perdura_owner, and run everything else as perdura.
\set ON_ERROR_STOP on

create role perdura_owner login password :'owner_password';
create role perdura login password :'password';

select current_database() as database \gset
revoke all on database :"database" from public;
grant connect, create, temporary on database :"database" to perdura_owner;
grant connect on database :"database" to perdura;

-- In this schema alone, and by nobody else.
revoke all on schema public from public;
grant usage, create on schema public to perdura_owner;
grant usage on schema public to perdura;

-- What the owner will make.
alter default privileges for role perdura_owner in schema public grant select, insert, update, delete on tables to perdura;
alter default privileges for role perdura_owner in schema public grant usage, select on sequences to perdura;

-- A statement that hangs must not hold locks for ever; migrations may take their time.
alter role perdura set statement_timeout = '60s';
alter role perdura set idle_in_transaction_session_timeout = '60s';
