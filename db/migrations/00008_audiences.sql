-- +goose Up
-- Remarketing audiences: who may be shown advertisements, and who must be taken off the lists at the platforms.
create table audience_members (
    audience   text        not null,
    contact_id uuid        not null references contacts,
    reason     text        not null,
    added_at   timestamptz not null,
    removed_at timestamptz,
    primary key (audience, contact_id)
);

-- +goose Down
drop table audience_members;
