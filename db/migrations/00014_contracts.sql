-- +goose Up
-- A contract that is to be signed. Its words are in the document, which never changes.
create table smart_contracts (
    id               uuid primary key,
    key              text        not null unique, -- the business step that wrote it
    deal_id          uuid        not null references sales_pipeline,
    revision         int         not null,        -- of the deal's terms
    contact_id       uuid        not null references contacts,
    template         text        not null,
    template_version int         not null,
    approval_id      uuid references approvals,
    state            text        not null check (state in ('issued', 'viewed', 'signed', 'in-force', 'declined', 'expired', 'voided')),
    title            text        not null,
    language         text        not null,
    amount_minor     bigint      not null,
    currency         text        not null,
    content_sha256   bytea       not null, -- of the words, as the document's footer has it
    document_sha256  bytea       not null, -- of the PDF
    expires_at       timestamptz not null,
    signer_name      text,                 -- as typed by the customer
    signed_at        timestamptz,
    countersigned_at timestamptz,
    closed_reason    text,                 -- why it was declined or voided, as a code
    anchor           jsonb       not null default '[]', -- proofs of logs
    created_at       timestamptz not null,
    version          int         not null default 1
);
create index smart_contracts_deal on smart_contracts (deal_id, created_at);
create index smart_contracts_page on smart_contracts (created_at, id);

create table contract_documents (
    contract_id uuid primary key references smart_contracts,
    pdf         bytea not null
);

-- What happened to a contract. Each record holds the hash of the one before; none is ever changed.
create table evidence_records (
    contract_id   uuid        not null references smart_contracts,
    position      int         not null check (position > 0),
    kind          text        not null,
    at            timestamptz not null,
    payload       jsonb       not null,
    previous_hash bytea       not null,
    hash          bytea       not null,
    primary key (contract_id, position)
);

-- One-time codes by which a signer shows that the mailbox is theirs. The code itself stands nowhere: it is worked out
-- from the id and a key of the house.
create table signing_codes (
    id          uuid primary key,
    contract_id uuid        not null references smart_contracts,
    tries       int         not null default 0,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    used_at     timestamptz
);
create index signing_codes_contract on signing_codes (contract_id, created_at);

-- +goose Down
drop table signing_codes;
drop table evidence_records;
drop table contract_documents;
drop table smart_contracts;
