-- name: EnsureLoads :exec
insert into representative_loads (user_id) select unnest(@user_ids::uuid[]) on conflict do nothing;

-- name: ChangeLoads :execrows
-- delta may be negative; a load never falls below zero. last_assigned_at moves forward only.
update representative_loads l
set open_leads       = greatest(l.open_leads + r.delta, 0),
    last_assigned_at = greatest(l.last_assigned_at, r.assigned_at)
from jsonb_to_recordset(@rows::jsonb) as r(user_id uuid, delta int, assigned_at timestamptz)
where l.user_id = r.user_id;
