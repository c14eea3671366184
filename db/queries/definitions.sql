-- name: ReadDefinition :one
-- The newest version, or the one asked for.
select * from definitions
where kind = @kind and name = @name and version = coalesce(sqlc.narg(wanted)::int, version)
order by version desc limit 1;

-- name: ListDefinitionNames :many
select distinct name from definitions where kind = @kind order by name;

-- name: LockDefinition :exec
select pg_advisory_xact_lock(hashtextextended('definition/' || @name::text, 0));

-- name: WriteDefinition :one
-- No row when the newest version already says the same.
insert into definitions (kind, name, version, body, note, author, created_at)
select n.kind, n.name, n.previous + 1, n.body, @note, @author, @created_at
from (select sqlc.arg(kind)::text as kind, sqlc.arg(name)::text as name, sqlc.arg(previous)::int as previous, sqlc.arg(body)::jsonb as body) as n
where not exists (select from definitions d where d.kind = n.kind and d.name = n.name and d.version = n.previous and d.body = n.body)
returning version;

-- name: ListDefinitionPage :many
select version, note, author, created_at from definitions
where kind = @kind and name = @name and version < @below
order by version desc limit @max_rows;

-- name: SaysTheSame :one
select coalesce((select d.body = sqlc.arg(body)::jsonb from definitions d where d.kind = @kind and d.name = @name order by d.version desc limit 1), false)::boolean;

-- name: ListCurrentDefinitions :many
select distinct on (name) name, version, body from definitions where kind = $1 order by name, version desc;
