-- name: AddContract :exec
insert into smart_contracts (id, key, deal_id, revision, contact_id, template, template_version, approval_id, state, title, language,
                             amount_minor, currency, content_sha256, document_sha256, expires_at, created_at)
values (@id, @key, @deal_id, @revision, @contact_id, @template, @template_version, sqlc.narg(approval_id), 'issued', @title, @language,
        @amount_minor, @currency, @content_sha256, @document_sha256, @expires_at, @created_at);

-- name: AddContractDocument :exec
insert into contract_documents (contract_id, pdf) values (@contract_id, @pdf);

-- name: GetContract :one
select * from smart_contracts where id = $1;

-- name: GetContractByKey :one
select * from smart_contracts where key = $1;

-- name: LockContract :one
select * from smart_contracts where id = $1 for no key update;

-- name: GetContractDocument :one
select pdf from contract_documents where contract_id = $1;

-- name: ListOpenContracts :many
-- Those of a deal that could still come to be signed.
select id from smart_contracts where deal_id = @deal_id and state in ('issued', 'viewed', 'signed') order by id;

-- name: MoveContract :one
-- What does not change stays as it is.
update smart_contracts
set state = @state, version = version + 1,
    signer_name = coalesce(sqlc.narg(signer_name), signer_name),
    signed_at = coalesce(sqlc.narg(signed_at), signed_at),
    countersigned_at = coalesce(sqlc.narg(countersigned_at), countersigned_at),
    closed_reason = coalesce(sqlc.narg(closed_reason), closed_reason)
where id = @id
returning *;

-- name: AnchorContract :exec
update smart_contracts set anchor = @anchor where id = @id;

-- name: ListContractPage :many
-- The newest first, below a place.
select * from smart_contracts
where (sqlc.narg(deal_id)::uuid is null or deal_id = sqlc.narg(deal_id))
  and (sqlc.narg(state)::text is null or state = sqlc.narg(state))
  and (not sqlc.arg(before)::bool or (created_at, id) < (sqlc.arg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
order by created_at desc, id desc
limit sqlc.arg(max_rows);

-- name: GetContractSource :one
-- What a contract is written from: the deal, its customer, and whether the price was approved on this revision.
select d.id, d.name, d.contact_id, d.amount_minor, d.list_minor, d.currency, d.close_on, d.revision,
       trim(concat_ws(' ', c.first_name, c.last_name))::text as customer_name,
       coalesce(c.company, '')::text  as company,
       coalesce(c.email, '')::text    as email,
       concat_ws(', ', nullif(c.street, ''), nullif(trim(concat_ws(' ', c.postcode, c.city)), ''), nullif(c.country, ''))::text as address,
       coalesce(u.display_name, '')::text as owner_name,
       exists (select 1 from approvals a
               where a.id = sqlc.narg(approval_id)::uuid and a.subject_kind = 'deal' and a.subject_id = d.id
                 and a.revision = d.revision and a.state = 'approved')::bool as approved
from sales_pipeline d
join contacts c on c.id = d.contact_id
left join users u on u.id = d.owner_id
where d.id = sqlc.arg(deal_id)
for no key update of d;

-- name: GetCustomerZone :one
-- Where the customer of a contract lives.
select coalesce(c.time_zone, '')::text as time_zone from smart_contracts k join contacts c on c.id = k.contact_id where k.id = $1;

-- name: FindCountersigner :one
-- Whose key it is that signs for our side.
select k.name as key_name, k.user_id, coalesce(u.display_name, '')::text as user_name
from api_keys k
left join users u on u.id = k.user_id
where k.id = $1;

-- name: EndCountersignTask :many
update tasks set state = @state, outcome = coalesce(sqlc.narg(outcome), outcome), completed_at = @now, version = version + 1
where kind = 'countersign' and deal_id = sqlc.arg(deal_id)::uuid and context ->> 'contract_id' = sqlc.arg(contract_id)::text and state in ('open', 'acknowledged', 'started')
returning id, version, coalesce(lead_id, deal_id, id)::uuid as subject;
