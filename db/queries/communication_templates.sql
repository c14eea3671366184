-- name: ReadPublishedTemplate :one
select * from communication_templates where name = $1 and state = 'published';

-- name: ReadTemplate :one
-- The newest version, or the one asked for.
select * from communication_templates
where name = @name and version = coalesce(sqlc.narg(wanted)::int, version)
order by version desc limit 1;

-- name: LockTemplate :exec
select pg_advisory_xact_lock(hashtextextended('template/' || @name::text, 0));

-- name: AddTemplateVersion :one
insert into communication_templates (name, version, state, class, purpose, topic, definition, author, created_at)
values (@name, @version, 'draft', @class, @purpose, @topic, @definition, @author, @created_at)
returning *;

-- name: RetireTemplate :execrows
update communication_templates set state = 'retired' where name = @name and state = 'published';

-- name: PublishTemplate :one
update communication_templates set state = 'published', published_at = @now
where name = @name and version = @version
returning *;

-- name: SeedTemplate :execrows
-- Writes nothing where a template of that name stands, whatever its state.
insert into communication_templates (name, version, state, class, purpose, topic, definition, author, created_at, published_at)
select s.name, 1, 'published', @class, @purpose, @topic, @definition, @author, s.at, s.at
from (select sqlc.arg(name)::text as name, sqlc.arg(now)::timestamptz as at) as s
where not exists (select from communication_templates t where t.name = s.name)
on conflict do nothing;

-- name: ListTemplatePage :many
-- The newest version of each template, by name, with the version that is sent.
select n.name, n.version, n.state, n.class, n.purpose, n.topic, n.definition, n.author, n.created_at,
       coalesce(p.version, 0)::int as published, p.published_at
from communication_templates n left join communication_templates p on p.name = n.name and p.state = 'published'
where n.version = (select max(v.version) from communication_templates v where v.name = n.name)
  and n.name > sqlc.arg(after_name)::text
  and (sqlc.narg(class)::text is null or n.class = sqlc.narg(class)::text)
order by n.name limit @max_rows;

-- name: ListTemplateVersions :many
select version, state, class, author, created_at, published_at from communication_templates
where name = @name order by version desc limit @max_rows;
