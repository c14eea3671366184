-- name: LockLeadImport :one
select * from lead_imports where id = $1 for no key update;

-- name: CountImportRows :exec
update lead_imports
set state = 'running', processed = processed + @processed, created = created + @created, merged = merged + @merged,
    rejected = rejected + @rejected
where id = @id;

-- name: CloseLeadImport :execrows
update lead_imports set state = @state, completed_at = @now where id = @id and state in ('receiving', 'running');
