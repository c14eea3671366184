-- name: ListOpenDataRequests :many
select * from data_requests where lead_id = $1 and state = 'open';

-- name: AddDataRequest :exec
insert into data_requests (id, lead_id, kind, fields, state, created_at) values ($1, $2, $3, $4, 'open', $5);

-- name: ChangeDataRequest :exec
update data_requests set fields = $2 where id = $1 and state = 'open';

-- name: CloseDataRequest :exec
update data_requests set state = $2, answered_at = $3 where id = $1 and state = 'open';

-- name: AddDataRequests :exec
insert into data_requests (id, lead_id, kind, fields, state, created_at)
select r.id, r.lead_id, r.kind, r.fields, 'open', r.created_at
from jsonb_to_recordset(@rows::jsonb) as r(id uuid, lead_id uuid, kind text, fields jsonb, created_at timestamptz);
