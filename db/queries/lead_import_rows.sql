-- name: LockImportRows :many
select row_no, raw from lead_import_rows
where import_id = @import_id and state = 'waiting' and row_no > @after and row_no <= @upto
order by row_no for no key update;

-- name: NextImportRow :one
-- 0 when no row after this one waits.
select coalesce(min(row_no), 0)::int from lead_import_rows
where import_id = @import_id and state = 'waiting' and row_no > @after;

-- name: SettleImportRows :exec
update lead_import_rows i
set state = r.state, lead_id = r.lead_id, errors = r.errors
from jsonb_to_recordset(@rows::jsonb) as r(row_no int, state text, lead_id uuid, errors jsonb)
where i.import_id = @import_id and i.row_no = r.row_no and i.state = 'waiting';
