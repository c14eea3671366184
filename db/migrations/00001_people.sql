-- +goose Up
-- Times are business time and come as parameters: no column defaults to now().
create extension if not exists pg_trgm;

create table users (
    id           uuid primary key,
    display_name text        not null,
    email        text        not null unique,
    role         text        not null check (role in ('representative', 'manager', 'admin')),
    team         text        not null,
    manager_id   uuid references users,
    time_zone    text        not null default 'UTC',
    territories  text[]      not null default '{}', -- ISO 3166-1 alpha-2; empty means everywhere
    capacity     int         not null default 50 check (capacity >= 0),
    webhook_url  text,
    active       boolean     not null default true,
    created_at   timestamptz not null
);

-- What a representative carries now. Apart from users, because every assignment writes it.
create table representative_loads (
    user_id          uuid primary key references users,
    open_leads       int         not null default 0 check (open_leads >= 0),
    last_assigned_at timestamptz
);

create table contacts (
    id          uuid primary key,
    email       text, -- as the person wrote it
    phone       text, -- E.164 when it could be read as a number
    first_name  text,
    last_name   text,
    company     text,
    street      text,
    city        text,
    postcode    text,
    region      text,
    country     text, -- ISO 3166-1 alpha-2
    time_zone   text, -- IANA
    language    text, -- BCP 47
    attributes  jsonb       not null default '{}',
    owner_id    uuid references users,
    lifecycle   text        not null default 'lead',
    merged_into uuid references contacts,
    version     int         not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null
);
create index contacts_owner on contacts (owner_id);

-- Canonical identifiers that belong to one contact only: e-mail, phone.
create table contact_identities (
    kind       text not null,
    value      text not null,
    contact_id uuid not null references contacts,
    primary key (kind, value)
);
create index contact_identities_contact on contact_identities (contact_id);

-- Blocking keys for fuzzy duplicate search: few contacts share one.
create table contact_keys (
    kind       text not null,
    value      text not null,
    contact_id uuid not null references contacts,
    primary key (kind, value, contact_id)
);
create index contact_keys_contact on contact_keys (contact_id);

create table consents (
    contact_id uuid        not null references contacts,
    purpose    text        not null,
    granted    boolean     not null,
    source     text        not null,
    at         timestamptz not null,
    primary key (contact_id, purpose, at)
);

create table business_calendars (
    id         text primary key,
    definition jsonb       not null, -- calendar.Definition
    updated_at timestamptz not null
);

create table settings (
    name  text primary key,
    value jsonb not null
);

-- +goose Down
drop table settings, business_calendars, consents, contact_keys, contact_identities, contacts, representative_loads, users;
